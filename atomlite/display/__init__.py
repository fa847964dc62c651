"""Plain values to text and HTML, for terminals and notebooks."""

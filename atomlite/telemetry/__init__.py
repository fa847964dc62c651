"""What a session records of its own work: spans, metrics, and the store of traces."""

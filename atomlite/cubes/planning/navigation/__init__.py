"""Measures at other cells: how each of the nodes that navigate becomes SQL."""

"""What a cube's numbers mean, computed a second time: rows in plain Python, no SQL, no planner.

Slow and obvious on purpose. It reads the values that say what was asked (`CubeModel`, `Query`, the
trees of measures), and shares nothing else with the package.
"""

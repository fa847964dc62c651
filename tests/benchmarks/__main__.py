"""All benchmarks, one after the other: ``python -m tests.benchmarks``."""

from __future__ import annotations

import subprocess
import sys

for module in ("starting", "serving", "loading", "searching", "cubes", "ssb"):
    print(f"\n## {module}\n", flush=True)
    subprocess.run([sys.executable, "-m", f"tests.benchmarks.{module}"], check=True)

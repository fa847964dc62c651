"""Programs that run in a process of their own: they fork, get signals, end or are killed."""

from __future__ import annotations

import os
import subprocess
import sys
from textwrap import dedent

_PREAMBLE = """
from __future__ import annotations
import os, signal, sys, threading, time
import pandas as pd
import atomlite as al
"""


def start(*parts: str) -> subprocess.Popen[str]:
    """Start a program given in parts; its output is piped."""
    source = "\n".join([_PREAMBLE, *(dedent(part) for part in parts)])
    return subprocess.Popen(
        [sys.executable, "-W", "error", "-c", source],
        # Not measured: to save coverage would be part of how these programs end.
        env={
            **{name: value for name, value in os.environ.items() if "COVERAGE" not in name},
            "PYTHONPATH": os.pathsep.join(path for path in sys.path if path),
        },
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def run(*parts: str, code: int = 0) -> list[str]:
    """Return the lines that a program prints; it must end with a code and without complaints."""
    program = start(*parts)
    output, complaints = program.communicate(timeout=60)
    assert complaints == "", complaints
    assert program.returncode == code
    return output.splitlines()

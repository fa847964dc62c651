"""Programs for a process of their own: OpenTelemetry's globals can be set once in each."""

from __future__ import annotations

import os
import subprocess
import sys
from textwrap import dedent

_PREAMBLE = """
from opentelemetry import metrics, trace
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from atomlite.config import TracingConfig
from atomlite.sql import Statement
from atomlite.telemetry.tracing import Tracing
from tests.telemetry.calls import arrive
"""


def run(*parts: str, **variables: str) -> list[str]:
    """Return the lines that a program in parts prints, run with variables of the environment."""
    clean = {name: value for name, value in os.environ.items() if not name.startswith("OTEL_")}
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", "\n".join([_PREAMBLE, *map(dedent, parts)])],
        env={
            **clean,
            "PYTHONPATH": os.pathsep.join(path for path in sys.path if path),
            **variables,
        },
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.splitlines()

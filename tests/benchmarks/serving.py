"""Requests per second over loopback, and memory after many of them. Needs ``wrk``.

``python -m tests.benchmarks.serving``
"""

from __future__ import annotations

import contextlib
import os
import re
import statistics
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass

import psutil

from tests.benchmarks.pairs import HEADER, Measurement

ROUNDS = 5
SECONDS = 3
CONNECTIONS = 64


@dataclass(frozen=True, slots=True)
class Running:
    """A server that runs."""

    url: str
    pid: int


@contextlib.contextmanager
def server(kind: str) -> Iterator[Running]:
    """Run a server on core 0 while the block runs."""
    command = [sys.executable, "-m", "tests.benchmarks.servers", kind]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            url = process.stdout.readline().strip()
            for thread in psutil.Process(process.pid).threads():
                os.sched_setaffinity(thread.id, {0})
            yield Running(url, process.pid)
        finally:
            process.kill()


def requests_per_second(url: str, seconds: float = SECONDS) -> float:
    """Return what ``wrk`` counts from core 1; raise if any answer was an error."""
    command = ["wrk", "-t1", f"-c{CONNECTIONS}", f"-d{seconds:g}s", url]
    pinned = ["taskset", "-c", str(min(1, (os.cpu_count() or 1) - 1)), *command]
    output = subprocess.run(pinned, capture_output=True, text=True, check=True).stdout
    if "Non-2xx" in output or "Socket errors" in output:
        raise RuntimeError(output)
    found = re.search(r"Requests/sec:\s*([\d.]+)", output)
    assert found is not None, output
    return float(found[1])


def throughput() -> list[Measurement]:
    """Compare the seed's GET count with the same number from others, in alternating rounds."""
    kinds = ("ours", "tornado", "fastapi")
    counts: dict[str, list[float]] = {kind: [] for kind in kinds}
    with contextlib.ExitStack() as stack:
        running = {kind: stack.enter_context(server(kind)) for kind in kinds}
        for kind in kinds:
            requests_per_second(running[kind].url, 1)
        for number in range(ROUNDS):
            for kind in kinds if number % 2 else reversed(kinds):
                counts[kind].append(requests_per_second(running[kind].url))
    middle = {kind: statistics.median(values) for kind, values in counts.items()}
    what = f"GET count with spans, {CONNECTIONS} connections"
    return [
        Measurement(
            what, "bare Tornado RequestHandler", middle["ours"], middle["tornado"], "/s", 1.3, True
        ),
        Measurement(
            what,
            "FastAPI + uvicorn, sync, 3 SDK spans",
            middle["ours"],
            middle["fastapi"],
            "/s",
            3.0,
            True,
        ),
    ]


def memory_growth() -> str:
    """Return how much more memory the server holds after 100,000 requests than after 10,000."""
    with server("ours") as running:
        process = psutil.Process(running.pid)
        held, done = {}, 0.0
        for goal in (10_000, 100_000):
            while done < goal:
                done += requests_per_second(running.url, 1)
            held[goal] = process.memory_info().rss / 1e6
    growth = held[100_000] - held[10_000]
    verdict = "kept" if growth <= 5 else "MISSED"
    return (
        f"Memory after 100,000 requests: {held[100_000]:.1f} MB, after 10,000: "
        f"{held[10_000]:.1f} MB; {growth:+.1f} MB, promised at most +5: {verdict}."
    )


if __name__ == "__main__":
    print(HEADER)
    print(*throughput(), sep="\n")
    print()
    print(memory_growth())

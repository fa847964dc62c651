"""Import, start and first answer, each in fresh processes.

``python -m tests.benchmarks.starting``
"""

from __future__ import annotations

import subprocess
import sys

from tests.benchmarks.pairs import HEADER, Measurement, alternate

ROUNDS = 15
_TIMED = "import time; began = time.perf_counter(); {}; print(time.perf_counter() - began)"

_FIRST_ANSWER = """
import time
began = time.perf_counter()
import atomlite
imported = time.perf_counter()
session = atomlite.Session.start()
started = time.perf_counter()
session.endpoint("one")(lambda request, user, session: 1)
client = session.client.http_client
connected = time.perf_counter()
assert client.get("proxy/one").json() == 1
answered = time.perf_counter()
print(imported - began, started - imported, connected - started, answered - connected)
session.close()
"""


def timed(program: str) -> list[float]:
    """Run a program in a fresh interpreter and return the numbers that it prints."""
    command = [sys.executable, "-c", program]
    output = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    return [float(text) for text in output.split()]


def imports(rounds: int) -> list[Measurement]:
    """Compare ``import atomlite``, without and with its use, with what it is built on."""
    bare = "import duckdb, tornado, opentelemetry.sdk"
    used = "import duckdb, tornado.httpserver, opentelemetry.sdk.trace"
    plain = alternate(
        lambda: timed(_TIMED.format("import atomlite"))[0] * 1e3,
        lambda: timed(_TIMED.format(bare))[0] * 1e3,
        rounds,
    )
    first_use = alternate(
        lambda: timed(_TIMED.format("import atomlite; atomlite.Session"))[0] * 1e3,
        lambda: timed(_TIMED.format(used))[0] * 1e3,
        rounds,
    )
    return [
        Measurement("import atomlite", bare, *plain, "ms", 1.3),
        Measurement("import atomlite, first use of Session", used, *first_use, "ms", 1.3),
    ]


def first_answer(rounds: int) -> str:
    """Return where the time goes from nothing to the first answer over HTTP."""
    runs = sorted((timed(_FIRST_ANSWER) for _ in range(rounds)), key=sum)
    steps = ("import", "Session.start()", "endpoint and HTTP client", "first request")
    middle = runs[len(runs) // 2]
    parts = ", ".join(
        f"{step} {seconds * 1e3:.0f} ms" for step, seconds in zip(steps, middle, strict=True)
    )
    return f"From nothing to the first answer: {sum(middle) * 1e3:.0f} ms ({parts})."


if __name__ == "__main__":
    print(HEADER)
    print(*imports(ROUNDS), sep="\n")
    print()
    print(first_answer(ROUNDS))

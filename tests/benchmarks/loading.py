"""Loads, upserts and memory, against the same work written by hand on the bare engine.

``python -m tests.benchmarks.loading [rows]``
"""

from __future__ import annotations

import statistics
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, Self

import duckdb
import psutil
import pyarrow as pa

from atomlite.session import Session
from tests.benchmarks.data import mixed_frame
from tests.benchmarks.pairs import HEADER, Measurement, alternate, seconds

if TYPE_CHECKING:
    import pandas as pd

ROUNDS = 5


def bare_load(frame: pd.DataFrame) -> duckdb.DuckDBPyConnection:
    """Load by hand: pandas to Arrow to ``CREATE TABLE AS``, then ``CHECKPOINT``."""
    connection = duckdb.connect()
    rows = pa.Table.from_pandas(frame, preserve_index=False)
    connection.register("came", rows)
    connection.execute("CREATE TABLE t AS SELECT * FROM came")
    connection.unregister("came")
    connection.execute("CHECKPOINT")
    return connection


def timed_bare_load(frame: pd.DataFrame) -> float:
    """Return the seconds of `bare_load`, without the opening of the database."""
    connection = duckdb.connect()
    connection.execute("SELECT 1").fetchall()

    def load() -> None:
        rows = pa.Table.from_pandas(frame, preserve_index=False)
        connection.register("came", rows)
        connection.execute("CREATE TABLE t AS SELECT * FROM came")
        connection.unregister("came")
        connection.execute("CHECKPOINT")

    try:
        return seconds(load)
    finally:
        connection.close()


def timed_load(frame: pd.DataFrame, keys: set[str]) -> float:
    """Return the seconds of `Session.read_pandas`, without the start of the session."""
    with Session.start() as session:
        return seconds(lambda: session.read_pandas(frame, table_name="t", keys=keys))


def loads(rows: int, rounds: int) -> list[Measurement]:
    """Compare first loads without and with keys."""
    frame = mixed_frame(rows)
    timed_load(frame.head(1000), set())
    found = []
    ours, theirs = alternate(
        lambda: timed_load(frame, set()), lambda: timed_bare_load(frame), rounds
    )
    found.append(Measurement(f"load {rows:,} rows", "by hand, bare engine", ours, theirs, "s", 1.3))
    for label, keys, bound in (
        ("one whole-number key", {"id"}, 1.5),
        ("one whole-number key in random order", {"code"}, 1.5),
        ("two keys, one of them text", {"id", "product"}, 3.0),
    ):
        ours, theirs = alternate(
            partial(timed_load, frame, keys), partial(timed_load, frame, set()), rounds
        )
        what = f"first load of {rows:,} rows, {label}"
        found.append(Measurement(what, "without keys", ours, theirs, "s", bound))
    return found


def upserts(rows: int, batch: int, rounds: int) -> list[Measurement]:
    """Compare an upsert of a batch, half of it new."""
    frame = mixed_frame(rows)
    bare = bare_load(frame)
    with Session.start() as session:
        table = session.read_pandas(frame, table_name="t", keys={"id"})
        step = 0

        def fresh() -> pd.DataFrame:
            nonlocal step
            step += 1
            part = frame.sample(batch, random_state=step).copy()
            part.loc[part.index[: batch // 2], "id"] += rows + step * batch
            return part

        def theirs(part: pd.DataFrame) -> None:
            came = pa.Table.from_pandas(part, preserve_index=False)
            bare.register("came", came)
            bare.execute("BEGIN")
            bare.execute("DELETE FROM t USING came WHERE t.id = came.id")
            bare.execute("INSERT INTO t SELECT * FROM came")
            bare.execute("COMMIT")
            bare.unregister("came")

        def ours_measured() -> float:
            part = fresh()
            return seconds(lambda: table.load(part))

        def theirs_measured() -> float:
            part = fresh()
            return seconds(lambda: theirs(part))

        ours, other = alternate(ours_measured, theirs_measured, rounds)
    bare.close()
    what = f"upsert {batch:,} rows into {rows:,}"
    return [Measurement(what, "DELETE USING + INSERT by hand", ours, other, "s", 1.3)]


def one_row(rows: int, rounds: int) -> list[Measurement]:
    """Compare one row added to a keyed table."""
    frame = mixed_frame(rows)
    bare = duckdb.connect()
    bare.register("came", pa.Table.from_pandas(frame, preserve_index=False))
    bare.execute("CREATE TABLE t AS SELECT * FROM came LIMIT 0")
    bare.execute("ALTER TABLE t ADD PRIMARY KEY (id)")
    bare.execute("INSERT INTO t SELECT * FROM came")
    bare.unregister("came")
    bare.execute("CHECKPOINT")
    first = pa.Table.from_pandas(frame.iloc[5:6], preserve_index=False).to_pylist()[0]
    row = tuple(first.values())
    holes = ", ".join("?" * len(row))
    with Session.start() as session:
        table = session.read_pandas(frame, table_name="t", keys={"id"})
        step = rows

        def ours() -> float:
            nonlocal table, step
            step += 1

            def add() -> None:
                nonlocal table
                table += (step, *row[1:])

            return seconds(add)

        def theirs() -> float:
            nonlocal step
            step += 1
            values = [step, *row[1:]]
            return seconds(
                lambda: bare.execute(f"INSERT OR REPLACE INTO t VALUES ({holes})", values)
            )

        ours_median, theirs_median = alternate(ours, theirs, rounds)
    bare.close()
    what = f"one row += into {rows:,} keyed rows"
    against = "one-row upsert with a primary key, by hand"
    return [Measurement(what, against, ours_median * 1e3, theirs_median * 1e3, "ms", 3.0)]


class Peak:
    """The most memory that this process holds while a block runs, in MB above its start."""

    def __enter__(self) -> Self:
        """Begin to watch."""
        self._process = psutil.Process()
        self.base = self._process.memory_info().rss
        self.peak = self.base
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._watch)
        self._thread.start()
        return self

    def _watch(self) -> None:
        while not self._stop.wait(0.005):
            self.peak = max(self.peak, self._process.memory_info().rss)

    def __exit__(self, *_: object) -> None:
        """Stop watching."""
        self._stop.set()
        self._thread.join()

    @property
    def megabytes(self) -> float:
        """The peak so far."""
        return (self.peak - self.base) / 1e6


_HELD = "SELECT sum(memory_usage_bytes) / 1e6 FROM duckdb_memory()"


def _memory_of(kind: str, rows: int) -> tuple[float, float]:
    """Return memory held and peak in MB; run in a process of its own."""
    frame = mixed_frame(rows)
    if kind == "bare":
        bare_load(frame.head(1000)).close()
        with Peak() as peak:
            connection = bare_load(frame)
        held = connection.execute(_HELD).fetchall()[0][0]
        return float(held), peak.megabytes
    with Session.start() as session:
        session.read_pandas(frame.head(1000), table_name="warm")
        with Peak() as peak:
            session.read_pandas(frame, table_name="t")
        held = session.sql(_HELD).to_numpy()[0, 0]
        return float(held), peak.megabytes


def memory(rows: int, rounds: int) -> list[Measurement]:
    """Compare memory after and during a load, each in a fresh process."""
    runs = [
        (_memory_in_process("ours", rows), _memory_in_process("bare", rows)) for _ in range(rounds)
    ]
    ours_held, bare_held, ours_peak, bare_peak = (
        statistics.median(run[kind][figure] for run in runs) for figure in (0, 1) for kind in (0, 1)
    )
    what = f"memory held after {rows:,} rows"
    peak = f"peak while loading {rows:,} rows"
    return [
        Measurement(what, "bare engine", ours_held, bare_held, "MB", 1.2),
        Measurement(peak, "by hand", ours_peak, bare_peak, "MB", 1.3),
    ]


def _memory_in_process(kind: str, rows: int) -> tuple[float, float]:
    command = [sys.executable, "-m", "tests.benchmarks.loading", "memory", kind, str(rows)]
    output = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    held, peak = (float(text) for text in output.split())
    return held, peak


def main(arguments: list[str]) -> None:
    """Print the table."""
    if arguments[:1] == ["memory"]:
        print(*_memory_of(arguments[1], int(arguments[2])))
        return
    rows = int(arguments[0]) if arguments else 10_000_000
    steps: list[Callable[[], list[Measurement]]] = [
        lambda: loads(1_000_000, ROUNDS),
        lambda: loads(rows, 3),
        lambda: upserts(rows, 100_000, 9),
        lambda: one_row(1_000_000, 51),
        lambda: memory(rows, 3),
    ]
    print(HEADER)
    for step in steps:
        for measurement in step():
            print(measurement, flush=True)
        time.sleep(1)


if __name__ == "__main__":
    main(sys.argv[1:])

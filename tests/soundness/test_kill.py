"""A process that is killed loses nothing that it had acknowledged, and keeps nothing half done."""

from __future__ import annotations

import os
import random
import signal
import time
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import settings

import atomlite as al
from tests.programs import start

if TYPE_CHECKING:
    import pyarrow as pa

_LOADS = """
    import pyarrow
    import atomlite.tables.creation, atomlite.tables.mapping

    def work():
        session = al.Session.start(al.SessionConfig(database={path!r}))
        if "plain" not in session.tables:
            types = {{"load": "int64"}}
            session.create_table("plain", data_types=types)
            session.create_table("keyed", data_types={{"id": "int64", **types}}, keys={{"id"}})
            session.create_table("left", data_types=types)
            session.create_table("right", data_types=types)
        plain, keyed = session.tables["plain"], session.tables["keyed"]
        number = session.tables["left"].row_count // {size}
        session.create_table(f"made as {{len(session.tables)}}", data_types={{"a": "int64"}})
        print("ready", os.getpid(), flush=True)
        while True:
            with session.tables.data_transaction():
                session.tables["left"].load(pd.DataFrame({{"load": [number] * {size}}}))
                session.tables["right"].load(pd.DataFrame({{"load": [number] * {size}}}))
            print("pair", number, session.version.number, flush=True)
            keyed.load(pd.DataFrame({{"id": range({size}), "load": number}}))
            print("keyed", number, session.version.number, flush=True)
            plain.load(pd.DataFrame({{"load": [number] * {size}}}))
            print("plain", number, session.version.number, flush=True)
            number += 1

    # Each round is a process of its own; forked before there is any session, after the imports.
    for _ in sys.stdin:
        pid = os.fork()
        if pid == 0:
            work()
        os.waitpid(pid, 0)
        print("killed", flush=True)
"""


class _Rounds:
    """Starts, kills and looks, again and again, on one file.

    Args:
        path: The file.
        size: Rows of each load.
    """

    def __init__(self, path: Path, size: int) -> None:
        self._program = start(_LOADS.format(path=str(path), size=size))
        self._path = path
        self._size = size
        self._version = 0
        self._said: dict[str, set[int]] = {"pair": set(), "keyed": set(), "plain": set()}
        self._chance = random.Random(size)  # noqa: S311 -- moments, not secrets

    def kill_one(self) -> None:
        """Kill a process as it loads and hear what it had acknowledged."""
        told, said = self._program.stdin, self._program.stdout
        assert told is not None
        assert said is not None
        print("go", file=told, flush=True)
        ready, pid = said.readline().split()
        assert ready == "ready"
        time.sleep(self._chance.random() * 0.25)
        os.kill(int(pid), signal.SIGKILL)
        while (line := said.readline()) != "killed\n":
            if line.endswith("killed\n"):
                break  # killed as it spoke: what it did not say to the end, it did not acknowledge
            what, number, version = line.split()
            self._said[what].add(int(number))
            self._version = int(version)

    def end(self) -> None:
        """End the program that starts the others."""
        assert self._program.communicate(timeout=20) == ("", "")

    def look(self) -> None:
        """Open the file and hold what is there against what was acknowledged."""
        with al.Session.start(al.SessionConfig(database=self._path)) as session:
            tables = session.tables
            pairs = self._loads(tables["left"])
            plain = self._loads(tables["plain"])
            assert pairs == self._loads(tables["right"])  # both sides of a transaction, or none
            assert pairs == list(range(len(pairs)))
            assert set(pairs) >= self._said["pair"]
            assert set(plain) >= self._said["plain"]

            keyed = tables["keyed"].to_arrow()
            written = set(_integers(keyed, "load"))
            assert len(written) <= 1  # one load wrote all rows
            assert _integers(keyed, "id") == (list(range(self._size)) if written else [])
            assert max(written, default=-1) >= max(self._said["keyed"], default=-1)

            # Each load and each definition is one version, so what is there makes the number.
            least = len(tables) + len(pairs) + len(plain) + len(self._said["keyed"])
            most = len(tables) + len(pairs) + len(plain) + len(pairs)
            assert max(least, self._version) <= session.version.number <= most
            assert tables["keyed"].keys == ("id",)

    def _loads(self, table: al.Table) -> list[int]:
        """Return the numbers of the loads that a table has; each must be whole, and in order."""
        values = _integers(table.to_arrow(), "load")
        assert len(values) == table.row_count
        numbers = values[:: self._size]
        assert values == [number for number in numbers for _ in range(self._size)]
        assert numbers == sorted(set(numbers))
        return numbers


def _integers(table: pa.Table, column: str) -> list[int]:
    return [int(value) for value in table[column].to_numpy()]


def _run(path: Path, size: int, rounds: int) -> None:
    runner = _Rounds(path, size)
    for _ in range(rounds):
        runner.kill_one()
        runner.look()
    runner.end()


@pytest.mark.parametrize("size", [10, 20_000])
def test_a_killed_process_loses_no_load_and_keeps_no_part(size: int, tmp_path: Path) -> None:
    """Appends, upserts and transactions over two tables, killed at random moments."""
    _run(tmp_path / "data.db", size, 10)


@pytest.mark.slow
@pytest.mark.timeout(600)
@pytest.mark.parametrize("size", [10, 20_000])
def test_a_process_killed_many_times_loses_nothing(size: int, tmp_path: Path) -> None:
    """The same, more often, most of all in the long profile."""
    _run(tmp_path / "data.db", size, max(30, settings().max_examples // 100))

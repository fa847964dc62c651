"""Searches over HTTP against other products, and against the bare engine. Needs ``wrk``.

``python -m tests.benchmarks.searching [clearskies] [pokie] [datap] [engine] [parse]`` runs the
named parts, or all. An opponent that cannot be installed or started is named, and the rest runs.
Both sides hold the same rows, and must give the same answers before they are timed.
"""

from __future__ import annotations

import itertools
import json
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager
from functools import partial
from pathlib import Path
from urllib.parse import urlsplit

from pyarrow import parquet

import atomlite as al
from tests.benchmarks import pages
from tests.benchmarks.asking import Ask, Asker
from tests.benchmarks.by_hand import ByHand
from tests.benchmarks.opponents import Running, Unavailable, interpreter, serving
from tests.benchmarks.orders import orders
from tests.benchmarks.pairs import HEADER, Measurement, alternate
from tests.benchmarks.parameters import PARAMETERS, microseconds
from tests.benchmarks.people import LAST_NAMES, MANY_LAST_NAMES, people, write_csv, write_sqlite
from tests.benchmarks.postgres import PORT, postgres
from tests.benchmarks.search_server import mount

ROUNDS = 5
SLOW_ROUNDS = 3
SINGLE_ROUNDS = 51
CONNECTIONS = 4
WRK_SECONDS = 4
CACHE_BYTES = 64 * 1024 * 1024
_CHECKED = range(1_000, 1_005)
_REPEATED = 20
_NOTES: list[str] = []
_SearchOf = Callable[[str, int], list[Ask]]
_AnswerOf = Callable[[list[object]], pages.Answer]


def clearskies_pairs() -> Iterator[Measurement]:
    """Compare AdvancedSearch with that of clear-skies, in memory and on SQLite."""
    program = interpreter("clearskies")
    for last_names, what, bounds in (
        (LAST_NAMES, "1M people, 4 % by name, total", (150, 2.5)),
        (MANY_LAST_NAMES, "the same with 20,000 names", (None, None)),
    ):
        rows = people(last_names=last_names)
        with tempfile.TemporaryDirectory() as folder, ours("people", last_names=last_names) as mine:
            file = Path(folder) / "people.sqlite"
            write_sqlite(rows, file)
            own = asker(mine, pages.people_search)
            for kind, against, searches, rounds, bound in (
                ("memory", "clear-skies, MemoryBackend", 6, SLOW_ROUNDS, bounds[0]),
                ("sqlite", "clear-skies, SQLite, index on level and score", 40, ROUNDS, bounds[1]),
            ):
                with serving(program, "clearskies_server", kind, str(file)) as server:
                    other = asker(server, pages.people_search)
                    check(own, other, pages.search_answer, pages.search_answer, ("name", "id"))
                    rates = alternate(
                        partial(own.rate, 60, CONNECTIONS),
                        partial(other.rate, searches, CONNECTIONS),
                        rounds,
                    )
                yield rated(what, against, rates, bound)
                note(f"{what}, against {against}", own, other)


def pokie_pairs() -> Iterator[Measurement]:
    """Compare DbGrid with pokie's RestView on PostgreSQL, without and with fitting indexes."""
    program = interpreter("pokie")
    with tempfile.TemporaryDirectory() as folder, postgres() as database, ours("people") as mine:
        file = Path(folder) / "people.csv"
        write_csv(people(), file)
        database.run(
            "CREATE TABLE people (id text PRIMARY KEY, name text, level integer, "
            "score double precision, age integer, company_id text)"
        )
        database.run("COPY people FROM STDIN (FORMAT csv, HEADER)", file)
        own = asker(Running(mine.url.replace("/people", "/grid"), mine.pid), pages.grid_search)
        place = (str(database.folder), PORT, database.user)
        with serving(program, "pokie_server", *place) as server:
            other = asker(server, pages.grid_search, [database.pid])
            for columns in ("", "level", "level, name"):
                if columns:
                    database.run(f"CREATE INDEX ON people ({columns})")
                database.run("VACUUM ANALYZE people")
                against = f"pokie, PostgreSQL, index on {columns or 'the key alone'}"
                check(own, other, pages.grid_answer, pages.grid_answer, ("name", "id"))
                rates = alternate(
                    partial(own.rate, 60, CONNECTIONS),
                    partial(other.rate, 12, CONNECTIONS),
                    SLOW_ROUNDS,
                )
                bound = None if columns else 20  # the table as pokie leaves it
                yield rated("1M people, 2 % by part of a name, total", against, rates, bound)
                note(against, own, other)


def datap_pairs() -> Iterator[Measurement]:
    """Compare AdvancedSearch with datap-rs over the orders of TPC-H."""
    program = interpreter("datap")
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "orders.parquet"
        parquet.write_table(orders(), file)
        with serving(program, "datap_server", str(file)) as theirs:
            with ours("orders") as mine:
                yield from orders_pairs(mine, theirs)
            with ours("orders", cache_bytes=CACHE_BYTES) as mine:
                own = asker(mine, repeated(partial(pages.orders_search, total=True)))
                other = asker(theirs, repeated(partial(pages.datap_search, total=True)))
                what = f"1.5M orders, {_REPEATED} searches repeating, total, our cache on"
                yield from wrk_pair(what, "datap-rs, page and count", own, other, 3)


def orders_pairs(mine: Running, theirs: Running) -> Iterator[Measurement]:
    """Compare searches that all differ, with our cache off."""
    for total, what, against in (
        (True, "total", "datap-rs, page and count"),
        (False, "no total", "datap-rs, page"),
    ):
        own = asker(mine, partial(pages.orders_search, total=total))
        other = asker(theirs, partial(pages.datap_search, total=total))
        check(own, other, pages.search_answer, pages.datap_answer, ("o_clerk", "o_orderkey"))
        yield from wrk_pair(f"1.5M orders, 4 % by clerk, {what}", against, own, other, 0.7)


def repeated(search: _SearchOf) -> _SearchOf:
    """Return a search of which only some different ones exist."""
    return lambda target, number: search(target, number % _REPEATED)


def wrk_pair(
    what: str, against: str, own: Asker, other: Asker, bound: float
) -> Iterator[Measurement]:
    """Compare the searches per second that wrk counts, in turns."""
    rates = alternate(
        partial(own.wrk_rate, WRK_SECONDS, CONNECTIONS),
        partial(other.wrk_rate, WRK_SECONDS, CONNECTIONS),
        ROUNDS,
    )
    yield rated(what, against, rates, bound)
    note(f"{what}, against {against}", own, other)


def engine_pairs() -> Iterator[Measurement]:
    """Compare the time of one search within the server with the bare engine, asked by hand."""
    rows = people()
    hand = ByHand(rows)
    with al.Session.start(al.SessionConfig(limits=al.Limits(cache_bytes=0))) as session:
        table = session.read_arrow(rows, table_name="people", keys={"id"})
        mount(session, table, "people")
        own = Asker(Running(session.url, 0), partial(pages.people_search, "/proxy/people"))
        for against, answer in (
            ("page and count as first written, orjson", hand.plain),
            ("count and last name, then rows up to it, orjson", hand.narrowed),
        ):
            for number in _CHECKED:
                if json.loads(answer(*pages.people_values(number))) != own.once(number)[0]:
                    raise RuntimeError(f"The answers to search {number} differ")
            numbers, others = itertools.count(), itertools.count()
            times = alternate(
                partial(served_milliseconds, own, numbers),
                partial(hand_milliseconds, answer, others),
                SINGLE_ROUNDS,
            )
            yield Measurement("1M people, one search, in the server", against, *times, "ms", 1.3)
    hand.close()


def served_milliseconds(own: Asker, numbers: Iterator[int]) -> float:
    """Return how long our server works on one search, by its own account."""
    return own.server_milliseconds(next(numbers))


def hand_milliseconds(answer: Callable[[int, float], bytes], numbers: Iterator[int]) -> float:
    """Return how long one answer by hand takes."""
    level, score = pages.people_values(next(numbers))
    began = time.perf_counter()
    answer(level, score)
    return (time.perf_counter() - began) * 1e3


def parse_pairs() -> Iterator[Measurement]:
    """Compare the reading of grid parameters with pokie's."""
    program = interpreter("pokie")
    with al.Session.start() as session:
        table = session.read_arrow(people(1_000), table_name="people", keys={"id"})

        def parse(given: dict[str, str]) -> dict[str, object]:
            request = al.DbGridRequest(table)
            if not request.is_valid(given):
                raise ValueError(request.errors)
            return dict(request.dbgrid_parameters(0, ["name"]))

        def theirs(kind: str) -> float:
            command = [program, "-m", "tests.benchmarks.pokie_parse", kind]
            output = subprocess.run(command, capture_output=True, text=True, check=True).stdout
            found = json.loads(output)
            if found["says"] != parse(PARAMETERS[kind]):
                raise RuntimeError(f"They read {found['says']}, we {parse(PARAMETERS[kind])}")
            return float(found["microseconds"])

        for kind, given in PARAMETERS.items():
            own = partial(microseconds, partial(parse, given))
            rates = tuple(1e6 / time for time in alternate(own, partial(theirs, kind), ROUNDS))
            yield rated(f"DbGridRequest, {kind} parameters", "pokie's", (rates[0], rates[1]), 2)


def ours(
    kind: str, *, cache_bytes: int = 0, last_names: int = LAST_NAMES
) -> AbstractContextManager[Running]:
    """Run our server while a block runs; its result cache is off unless it is given bytes."""
    return serving(sys.executable, "search_server", kind, str(cache_bytes), str(last_names))


def asker(server: Running, search: _SearchOf, others: Sequence[int] = ()) -> Asker:
    """Return what asks a server for searches at its own path."""
    return Asker(server, partial(search, urlsplit(server.url).path), others)


def check(
    own: Asker, other: Asker, read: _AnswerOf, read_other: _AnswerOf, names: tuple[str, str]
) -> None:
    """Raise unless both give the same total and the same rows to several searches."""
    for number in _CHECKED:
        mine, theirs = read(own.once(number)), read_other(other.once(number))
        difference = mine.difference(theirs, *names)
        if difference:
            raise RuntimeError(f"The answers to search {number} differ: {difference}")


def rated(what: str, against: str, rates: tuple[float, float], bound: float | None) -> Measurement:
    """Return a line of searches per second."""
    return Measurement(what, against, *rates, "/s", bound, more_is_better=True)


def note(about: str, own: Asker, other: Asker) -> None:
    """Keep what a search costs both, all processes and threads of a side added up."""
    mine, theirs = (statistics.median(side.milliseconds) for side in (own, other))
    _NOTES.append(f"{about}: ours {mine:.1f} ms, theirs {theirs:.1f} ms")
    own.milliseconds.clear()
    other.milliseconds.clear()


PARTS: dict[str, Callable[[], Iterator[Measurement]]] = {
    "clearskies": clearskies_pairs,
    "pokie": pokie_pairs,
    "datap": datap_pairs,
    "engine": engine_pairs,
    "parse": parse_pairs,
}


def main(names: list[str]) -> None:
    """Print the table; a part whose opponent is missing gives one line that says so."""
    unknown = [name for name in names if name not in PARTS]
    if unknown:
        sys.exit(f"No part is named {', '.join(unknown)}. Parts: {', '.join(PARTS)}.")
    print(HEADER)
    for name in names or PARTS:
        try:
            for measurement in PARTS[name]():
                print(measurement, flush=True)
        except Unavailable as reason:
            print(f"| {name} | | | | | | not measured: {reason} |", flush=True)
    if _NOTES:
        print("\nProcessor time of a search:\n")
        print(*(f"- {line}" for line in _NOTES), sep="\n")


if __name__ == "__main__":
    main(sys.argv[1:])

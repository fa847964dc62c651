"""Readers beside writers see whole transactions, or nothing of them."""

from __future__ import annotations

import random
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pandas as pd
import pytest

import atomlite as al
from atomlite.sql import Statement

_ACCOUNTS = 50
_TOTAL = _ACCOUNTS * 100
_SECONDS = 2.0


@contextmanager
def _beside(*works: Callable[[], None]) -> Iterator[None]:
    """Run works again and again on threads while the block runs; raise what they raise."""
    done = threading.Event()
    errors: list[BaseException] = []

    def repeat(work: Callable[[], None]) -> None:
        try:
            while not done.is_set():
                work()
        except BaseException as error:  # noqa: BLE001 -- raised by the test
            errors.append(error)

    threads = [threading.Thread(target=repeat, args=[work]) for work in works]
    for thread in threads:
        thread.start()
    try:
        yield
    finally:
        done.set()
        for thread in threads:
            thread.join(20)
    for error in errors:
        raise error


@pytest.mark.parametrize("in_a_file", [False, True])
def test_amounts_that_move_are_never_lost_nor_doubled(in_a_file: bool, tmp_path: object) -> None:
    """Transfers keep the sum; every reader, in Python and over HTTP, sees that sum."""
    config = al.SessionConfig(database=f"{tmp_path}/data.db" if in_a_file else None)
    with al.Session.start(config) as session:
        accounts = session.read_pandas(
            pd.DataFrame({"id": range(_ACCOUNTS), "amount": 100}),
            keys={"id"},
            table_name="accounts",
        )
        moves = session.create_table("moves", data_types={"amount": "int64"})
        reads = {"python": 0, "sql": 0, "http": 0, "count": 0, "writes": 0}

        @session.endpoint("sum")
        def total(_request: al.Request, _user: al.User, session: al.Session, /) -> list[int]:
            found = session.tables["accounts"].to_arrow()
            return [found.num_rows, int(found["amount"].to_numpy().sum())]

        def write(seed: random.Random) -> None:
            one, two = seed.sample(range(_ACCOUNTS), 2)
            amount = seed.randrange(10)
            with session.tables.data_transaction():
                now = accounts.query(filter=accounts["id"].isin([one, two]), order_by="id")
                low, high = now["amount"].tolist()
                accounts.load(
                    pd.DataFrame(
                        {"id": sorted([one, two]), "amount": [low - amount, high + amount]}
                    )
                )
                moves.load(pd.DataFrame({"amount": [amount, -amount]}))
                if seed.random() < 0.1:
                    moved = accounts.query(filter=accounts["id"] == one)
                    accounts.drop(accounts["id"] == one)
                    accounts.load(moved)
            reads["writes"] += 1

        def by_python() -> None:
            found = accounts.to_arrow()
            assert (found.num_rows, int(found["amount"].to_numpy().sum())) == (_ACCOUNTS, _TOTAL)
            reads["python"] += 1

        def by_sql() -> None:
            found = session.sql(
                "SELECT (SELECT count(*) FROM accounts), (SELECT sum(amount) FROM accounts), "
                "(SELECT coalesce(sum(amount), 0) FROM moves), (SELECT count(*) % 2 FROM moves)"
            )
            assert found.iloc[0].tolist() == [_ACCOUNTS, _TOTAL, 0, 0]
            reads["sql"] += 1

        def by_http() -> None:
            answer = session.client.http_client.get("proxy/sum")
            assert answer.json() == [_ACCOUNTS, _TOTAL]
            reads["http"] += 1

        def by_count() -> None:
            assert accounts.row_count == _ACCOUNTS
            assert moves.row_count % 2 == 0
            time.sleep(0.001)
            reads["count"] += 1

        writers = [random.Random(seed) for seed in range(2)]  # noqa: S311 -- chance, no secrets
        works: list[Callable[[], None]] = [
            *(lambda seed=seed: write(seed) for seed in writers),
            by_python,
            by_sql,
            by_http,
            by_count,
        ]
        with _beside(*works):
            began = time.monotonic()
            while time.monotonic() - began < _SECONDS or min(reads.values()) < 5:
                time.sleep(0.05)


def test_a_row_count_is_that_of_the_rows(session: al.Session) -> None:
    """Inside one snapshot, and at rest, `row_count` equals the number of rows."""
    session.create_table("T", data_types={"a": "int64"}, keys={"a"})
    seed = random.Random(5)  # noqa: S311 -- chance, no secrets

    def write() -> None:
        table = session.tables["T"]
        table.load(pd.DataFrame({"a": [seed.randrange(200) for _ in range(20)]}))
        table.drop(table["a"] < seed.randrange(100))

    def read() -> None:
        with session._store.read() as snapshot:
            rows = snapshot.arrow(Statement("SELECT a FROM T"))
            assert rows.num_rows == snapshot.state.table("T").row_count

    with _beside(write, read, read):
        time.sleep(1)
    counted = session.sql("SELECT count(*) AS n, count(DISTINCT a) AS d FROM T").iloc[0].tolist()
    assert counted == [session.tables["T"].row_count] * 2


def test_a_table_that_is_made_anew_is_never_seen_half_made(session: al.Session) -> None:
    """Cells that run again replace tables; readers see the old or the new one, with its rows."""
    widths = {2: 10, 3: 20}

    def make(width: int) -> None:
        frame = pd.DataFrame({f"c{i}": range(widths[width]) for i in range(width)})
        session.read_pandas(frame, table_name="T")

    def read() -> None:
        found = session.tables["T"].to_arrow()
        assert found.num_rows == widths[found.num_columns]
        described = session.client.http_client.get("api/tables/T").json()
        assert described["row_count"] == widths[len(described["columns"])]

    make(2)
    with _beside(lambda: make(2), lambda: make(3), read, read):
        time.sleep(1)

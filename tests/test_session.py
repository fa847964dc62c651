from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pytest

import atomlite as al
from atomlite.errors import (
    DeadlineExceeded,
    InvalidConfiguration,
    OutOfMemory,
    PortInUse,
    QueryRefused,
    SessionClosed,
)
from tests.programs import run

_SLOW = "SELECT count(*) AS n FROM range(100000000) a, range(100000) b"


def _setting(session: al.Session, name: str) -> str:
    value = session.sql(f"SELECT value FROM duckdb_settings() WHERE name = '{name}'")  # noqa: S608
    return str(value["value"][0])


def test_a_session_starts_and_closes_more_than_once() -> None:
    """`close` is idempotent, also after the context manager has closed."""
    with al.Session.start() as session:
        assert session.client.http_client.get("health/live").status_code == 200
    session.close()
    session.close()

    assert "closed" in repr(session)


def test_a_failed_block_closes_its_session() -> None:
    """The context manager closes on an exception, and lets it pass."""
    with pytest.raises(ZeroDivisionError), al.Session.start() as session:
        raise ZeroDivisionError

    with pytest.raises(SessionClosed):
        _ = session.version


def test_close_from_several_threads_waits_for_the_same_end() -> None:
    """Each `close` returns once the session is closed, whoever began."""
    session = al.Session.start()
    ends: list[str] = []

    def close() -> None:
        session.close()
        ends.append(repr(session))

    threads = [threading.Thread(target=close) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(10)

    assert ends == [repr(session)] * 4
    assert "closed" in repr(session)


def test_wait_ends_when_another_thread_closes() -> None:
    """`wait` holds a script until the session is closed, and not longer."""
    session = al.Session.start()
    threading.Timer(0.2, session.close).start()
    began = time.monotonic()

    session.wait()

    assert 0.1 < time.monotonic() - began < 5
    session.wait()  # closed already: no wait


def test_wait_ends_with_ctrl_c() -> None:
    """Ctrl-C raises out of `wait`, and the program ends as interrupted programs do."""
    lines = run("""
        session = al.Session.start()
        threading.Timer(0.3, os.kill, (os.getpid(), signal.SIGINT)).start()
        try:
            session.wait()
        except KeyboardInterrupt:
            print("interrupted", len(session.tables))
    """)

    assert lines == ["interrupted 0"]


def test_the_address_is_shown_in_url_port_and_link() -> None:
    """The three name one place, base path included, and it answers."""
    config = al.SessionConfig(base_path="/analytics")
    with al.Session.start(config) as session:
        assert session.port > 0
        assert session.url == f"http://127.0.0.1:{session.port}/analytics"
        assert str(session.link).rstrip("/") == session.url
        assert session.client.http_client.get("api/version").status_code == 200


def test_a_session_listens_on_ipv6() -> None:
    """An IPv6 address stands in brackets in the URL."""
    try:
        session = al.Session.start(al.SessionConfig(host="::1"))
    except al.AtomliteError as error:
        pytest.skip(str(error))
    with session:
        assert session.url == f"http://[::1]:{session.port}"
        assert session.client.http_client.get("health/live").status_code == 200


def test_sessions_of_one_process_share_nothing() -> None:
    """Tables, versions and endpoints of a session are its own; closing one leaves the others."""
    with al.Session.start() as one, al.Session.start() as two:
        one.create_table("T", data_types={"a": "int64"})
        assert list(two.tables) == []
        assert one.version.epoch != two.version.epoch
        one.close()
        assert two.client.http_client.get("api/tables").json() is not None
        two.create_table("T", data_types={"a": "int64"})


_USES: dict[str, Callable[[al.Session, al.Table], object]] = {
    "client": lambda session, _: session.client,
    "create_table": lambda session, _: session.create_table("U", data_types={"a": "int64"}),
    "endpoint": lambda session, _: session.endpoint("x"),
    "with": lambda session, _: session.__enter__(),
    "trace": lambda session, _: session.trace(),
    "read_arrow": lambda session, _: session.read_arrow(pa.table({"a": [1]}), table_name="U"),
    "read_csv": lambda session, _: session.read_csv(__file__, table_name="U"),
    "read_pandas": lambda session, _: session.read_pandas(pd.DataFrame({"a": [1]}), table_name="U"),
    "sql": lambda session, _: session.sql("SELECT 1"),
    "version": lambda session, _: session.version,
    "tables[name]": lambda session, _: session.tables["T"],
    "del tables[name]": lambda session, _: session.tables.__delitem__("T"),
    "list(tables)": lambda session, _: list(session.tables),
    "tables.schema": lambda session, _: session.tables.schema,
    "data_transaction": lambda session, _: session.tables.data_transaction().__enter__(),
    "columns": lambda _, table: table.columns,
    "row_count": lambda _, table: table.row_count,
    "head": lambda _, table: table.head(),
    "query": lambda _, table: table.query(),
    "to_arrow": lambda _, table: table.to_arrow(),
    "load": lambda _, table: table.load(pd.DataFrame({"a": [1]})),
    "+=": lambda _, table: table.__iadd__((1,)),
    "drop": lambda _, table: table.drop(),
}


@pytest.mark.parametrize("use", _USES)
def test_use_after_close_says_so(use: str) -> None:
    """Whatever needs the engine or the server raises `SessionClosed`, also on tables held since."""
    with al.Session.start() as session:
        table = session.create_table("T", data_types={"a": "int64"})

    with pytest.raises(SessionClosed, match=r"Session\.start"):
        _USES[use](session, table)


def test_a_port_in_use_is_named() -> None:
    """Two sessions cannot share a port; the second says which one and what to do."""
    with (
        al.Session.start() as session,
        pytest.raises(PortInUse, match=f"{session.port}.*port=0"),
    ):
        al.Session.start(al.SessionConfig(port=session.port))


def test_a_failed_start_leaves_nothing_behind(tmp_path: Path) -> None:
    """When the port is taken, the database file is free again at once."""
    path = tmp_path / "data.db"
    with al.Session.start() as session:
        config = al.SessionConfig(port=session.port, database=path)
        with pytest.raises(PortInUse):
            al.Session.start(config)

    with al.Session.start(al.SessionConfig(database=path)) as session:
        assert list(session.tables) == []


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({"port": -1}, "port"),
        ({"base_path": "analytics"}, "base_path"),
        ({"memory_limit": "much"}, "memory_limit"),
        ({"threads": 0}, "threads"),
        ({"threads": 100_000}, "threads"),
        ({"cors_origins": "*"}, "cors_origins"),
        ({"cors_origins": ["app.example"]}, "cors_origins"),
        ({"cors_origins": ["https://app.example/path"]}, "cors_origins"),
        ({"cors_origins": None}, "cors_origins"),
        ({"allowed_hosts": ["http://app.example"]}, "allowed_hosts"),
        ({"allowed_hosts": ["app.example:80"]}, "allowed_hosts"),
        ({"allowed_hosts": [1]}, "allowed_hosts"),
        ({"trusted_proxies": [7]}, "trusted_proxies"),
        ({"port": "80"}, "port"),
        ({"port": True}, "port"),
        ({"threads": "2"}, "threads"),
        ({"threads": 1.5}, "threads"),
        ({"memory_limit": 4}, "memory_limit"),
        ({"base_path": None}, "base_path"),
        ({"host": None}, "host"),
        ({"database": ""}, "database"),
        ({"database": 7}, "database"),
        ({"limits": None}, "limits"),
        ({"limits": {"body_bytes": 1}}, "limits"),
        ({"tracing": True}, "tracing"),
    ],
)
def test_configuration_out_of_range_is_named(values: dict[str, object], field: str) -> None:
    """A value out of its range is refused when it is given, by its name."""
    with pytest.raises(InvalidConfiguration, match=field):
        al.SessionConfig(**values)  # type: ignore[arg-type] # wrong on purpose


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({"callback_seconds": "10"}, "callback_seconds"),
        ({"callback_seconds": float("nan")}, "callback_seconds"),
        ({"callback_seconds": 0}, "callback_seconds"),
        ({"query_seconds": float("inf")}, "query_seconds"),
        ({"concurrent_callbacks": 1.5}, "concurrent_callbacks"),
        ({"drain_seconds": -1}, "drain_seconds"),
        ({"rejected_samples": None}, "rejected_samples"),
    ],
)
def test_limits_out_of_range_are_named(values: dict[str, object], field: str) -> None:
    """A limit is a number that can be reached."""
    with pytest.raises(InvalidConfiguration, match=field):
        al.Limits(**values)  # type: ignore[arg-type] # wrong on purpose


def test_tracing_out_of_range_is_named() -> None:
    """The numbers of what is kept are whole ones."""
    with pytest.raises(InvalidConfiguration, match="kept_spans"):
        al.TracingConfig(kept_spans=0.5)  # type: ignore[arg-type] # wrong on purpose


def test_what_a_configuration_may_say_is_accepted() -> None:
    """Hosts, origins and sizes in all of their forms."""
    al.SessionConfig(
        allowed_hosts=["app.example", "::1", "[::1]", "10.0.0.1", "*"],
        cors_origins=("https://app.example", "http://localhost:3000", "http://[::1]:80", "*"),
        database=Path("data.db"),
        memory_limit="60%",
        limits=al.Limits(drain_seconds=0, query_seconds=1),
    )


def test_a_session_starts_with_a_named_configuration() -> None:
    """`config` is given by name too; what is no configuration is refused."""
    with al.Session.start(config=al.SessionConfig(base_path="/a")) as session:
        assert session.url.endswith("/a")
    with pytest.raises(InvalidConfiguration, match="config"):
        al.Session.start({"port": 0})  # type: ignore[arg-type] # wrong on purpose


def test_a_memory_limit_that_the_engine_refuses_is_named() -> None:
    """What only the engine can judge is refused at the start."""
    with pytest.raises(InvalidConfiguration, match="memory_limit"):
        al.Session.start(al.SessionConfig(memory_limit="900%"))


def test_memory_limit_and_threads_reach_the_engine() -> None:
    """The engine works within what the configuration says."""
    with al.Session.start(al.SessionConfig(memory_limit="512 MiB", threads=1)) as session:
        assert _setting(session, "memory_limit") == "512.0 MiB"
        assert _setting(session, "threads") == "1"


def test_a_query_that_needs_too_much_memory_fails_alone() -> None:
    """It is `OutOfMemory`, and the session goes on."""
    with al.Session.start(al.SessionConfig(memory_limit="64MiB")) as session:
        table = session.create_table("T", data_types={"a": "int64"})
        with pytest.raises(OutOfMemory):
            session.sql("SELECT list(range) AS l FROM range(30000000)")
        table += (1,)
        assert session.sql("SELECT a FROM T")["a"].tolist() == [1]


def test_a_query_beyond_its_seconds_is_stopped() -> None:
    """`limits.query_seconds` ends a query from Python; a shorter one runs on."""
    limits = al.Limits(query_seconds=0.3)
    with al.Session.start(al.SessionConfig(limits=limits)) as session:
        began = time.monotonic()
        with pytest.raises(DeadlineExceeded, match=r"0\.3 s.*query_seconds"):
            session.sql(_SLOW)
        assert time.monotonic() - began < 2
        assert session.sql("SELECT 1 AS one")["one"].tolist() == [1]


@pytest.mark.parametrize(
    "text",
    [
        "",
        "SELECT 1; SELECT 2",
        "CREATE TABLE x (a INT)",
        "SET threads = 1",
        "ATTACH ':memory:' AS other",
        "COPY (SELECT 1) TO 'x.csv'",
    ],
)
def test_sql_runs_one_select_only(session: al.Session, text: str) -> None:
    """Anything but exactly one SELECT is refused before it runs."""
    with pytest.raises(QueryRefused):
        session.sql(text)


@pytest.mark.parametrize(
    "text",
    [
        "WITH gone AS (DELETE FROM T RETURNING *) SELECT * FROM gone",
        "SELECT * FROM read_csv('/etc/passwd')",
        "SELECT * FROM '/etc/passwd'",
        "SELECT * FROM frame",
    ],
)
def test_a_select_reaches_nothing_but_tables(session: al.Session, text: str) -> None:
    """A SELECT changes no row, opens no file and sees no variable of the program."""
    frame = pd.DataFrame({"a": [1]})
    table = session.read_pandas(frame, table_name="T")

    with pytest.raises(al.AtomliteError):
        session.sql(text)

    assert table.row_count == 1
    assert session.sql("SELECT count(*) AS n FROM T")["n"].tolist() == [1]


def test_close_stops_a_query_of_another_thread() -> None:
    """The query raises `SessionClosed`, and `close` does not wait for it to end by itself."""
    session = al.Session.start()
    raised: list[BaseException] = []

    def work() -> None:
        try:
            session.sql(_SLOW)
        except al.AtomliteError as error:
            raised.append(error)

    thread = threading.Thread(target=work)
    thread.start()
    time.sleep(0.3)
    began = time.monotonic()
    session.close()
    thread.join(5)

    assert time.monotonic() - began < 1
    assert [type(error) for error in raised] == [SessionClosed]


def test_close_frees_the_file_though_a_transaction_is_open(tmp_path: Path) -> None:
    """An open transaction is rolled back by `close`, and the file can be opened at once."""
    path = tmp_path / "data.db"
    session = al.Session.start(al.SessionConfig(database=path))
    table = session.create_table("T", data_types={"a": "int64"})

    def leave_open() -> None:
        with session.tables.data_transaction():
            table.load(pd.DataFrame({"a": [1, 2]}))
            session.close()

    with pytest.raises(SessionClosed):
        leave_open()
    with al.Session.start(al.SessionConfig(database=path)) as again:
        assert again.tables["T"].row_count == 0


def test_a_writer_that_waits_hears_of_the_close() -> None:
    """A load that waits for another transaction ends with `SessionClosed`, not never."""
    session = al.Session.start()
    table = session.create_table("T", data_types={"a": "int64"})
    raised: list[BaseException] = []

    def work() -> None:
        try:
            table.load(pd.DataFrame({"a": [1]}))
        except al.AtomliteError as error:
            raised.append(error)

    def close_inside(thread: threading.Thread) -> None:
        with session.tables.data_transaction():
            thread.start()
            time.sleep(0.1)
            session.close()
            thread.join(5)

    with pytest.raises(SessionClosed):
        close_inside(threading.Thread(target=work))

    assert [type(error) for error in raised] == [SessionClosed]


def test_a_session_works_inside_a_running_event_loop() -> None:
    """As in a notebook: the program's own loop runs, and is left alone."""

    async def main() -> int:
        with al.Session.start() as session:
            table = session.read_pandas(pd.DataFrame({"a": [1, 2]}), table_name="T")

            @session.endpoint("count")
            def count(_request: al.Request, _user: al.User, _session: al.Session, /) -> int:
                return table.row_count

            answer = await asyncio.to_thread(session.client.http_client.get, "proxy/count")
            return int(answer.json())

    assert asyncio.run(main()) == 2


def test_the_link_leads_to_what_there_is_to_ask_for() -> None:
    """The root of a session names its own paths and the endpoints of its user."""
    with al.Session.start() as session:

        @session.endpoint("one")
        def one(request: al.Request, user: al.User, session: al.Session, /) -> int:
            return 1

        answer = session.client.http_client.get(session.link).raise_for_status().json()

        assert {"GET /proxy/one", "GET /api/tables", "GET /health/ready"} <= set(answer["answers"])
        assert answer["versions"]["data"] == str(session.version)

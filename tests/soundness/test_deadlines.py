"""A callback that passes its deadline has no effect after it."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator

import pandas as pd
import pytest

import atomlite as al
from atomlite.errors import DeadlineExceeded

_SECONDS = 0.5
_ENDLESS = "SELECT count(*) FROM range(100000000) a, range(100000) b"


@pytest.fixture
def session() -> Iterator[al.Session]:
    """Give a session with a short deadline, a table, and an endpoint that answers at once."""
    limits = al.Limits(callback_seconds=_SECONDS, drain_seconds=0.2)
    with al.Session.start(al.SessionConfig(limits=limits)) as session:
        session.create_table("T", data_types={"a": "int64"})

        @session.endpoint("count")
        def count(_request: al.Request, _user: al.User, session: al.Session, /) -> int:
            return session.tables["T"].row_count

        yield session


class _Late:
    """An endpoint whose callback works, hangs beyond its deadline, and works again."""

    def __init__(self, session: al.Session, work: Callable[[al.Session, _Late], None]) -> None:
        self.go_on = threading.Event()
        self.done = threading.Event()
        self.errors: list[BaseException] = []
        self._session = session

        @session.endpoint("late", method="POST")
        def late(_request: al.Request, _user: al.User, session: al.Session, /) -> None:
            try:
                work(session, self)
            except BaseException as error:
                self.errors.append(error)
                raise
            finally:
                self.done.set()

    def hang(self) -> None:
        """Wait until the deadline has long passed, in a way that nothing interrupts."""
        self.go_on.wait(10)

    def call(self) -> float:
        """Return the seconds until the answer, which says that the deadline passed."""
        began = time.monotonic()
        answer = self._session.client.http_client.post("proxy/late")
        seconds = time.monotonic() - began
        assert answer.status_code == 504
        assert answer.json()["error"]["code"] == "deadline_exceeded"
        return seconds


def void(_value: object) -> None:
    """Take a value that nobody needs."""


def _rows(count: int) -> pd.DataFrame:
    return pd.DataFrame({"a": range(count)})


def test_a_hung_callback_is_answered_at_the_deadline_and_others_go_on(session: al.Session) -> None:
    """504 comes on time; meanwhile other requests are answered as ever."""
    late = _Late(session, lambda _session, late: late.hang())
    slowest: list[float] = []
    stop = threading.Event()

    def others() -> None:
        while not stop.is_set():
            began = time.monotonic()
            assert session.client.http_client.get("proxy/count").json() == 0
            slowest.append(time.monotonic() - began)

    thread = threading.Thread(target=others)
    thread.start()
    seconds = late.call()
    stop.set()
    thread.join()
    late.go_on.set()

    assert _SECONDS * 0.9 < seconds < _SECONDS + 1
    assert len(slowest) > 3
    assert max(slowest) < _SECONDS


def test_its_query_is_interrupted(session: al.Session) -> None:
    """A callback that waits for the engine ends at the deadline, too."""
    late = _Late(session, lambda session, _late: void(session.sql(_ENDLESS)))
    late.call()

    assert late.done.wait(1)
    assert [type(error) for error in late.errors] == [DeadlineExceeded]


@pytest.mark.parametrize(
    "use",
    [
        lambda session: session.sql("SELECT 1"),
        lambda session: session.tables["T"].row_count,
        lambda session: session.tables["T"].load(_rows(1)),
        lambda session: session.tables["T"].drop(),
        lambda session: session.read_pandas(_rows(1), table_name="U"),
        lambda session: session.create_table("U", data_types={"a": "int64"}),
        lambda session: session.tables.__delitem__("T"),
        lambda session: session.version,
    ],
)
def test_its_later_calls_of_the_session_raise(
    use: Callable[[al.Session], object], session: al.Session
) -> None:
    """The callback hears of its deadline at the next call, which does nothing."""

    def work(session: al.Session, late: _Late) -> None:
        late.hang()
        use(session)

    version = session.version
    late = _Late(session, work)
    late.call()
    late.go_on.set()

    assert late.done.wait(2)
    assert [type(error) for error in late.errors] == [DeadlineExceeded]
    assert list(session.tables) == ["T"]
    assert session.version == version


def test_its_transaction_never_commits(session: al.Session) -> None:
    """What it loaded before the deadline is undone, and the next writer need not wait."""

    def work(session: al.Session, late: _Late) -> None:
        with session.tables.data_transaction():
            session.tables["T"].load(_rows(5))
            late.hang()

    late = _Late(session, work)
    late.call()
    late.go_on.set()
    assert late.done.wait(2)

    assert [type(error) for error in late.errors] == [DeadlineExceeded]
    assert session.tables["T"].row_count == 0
    session.tables["T"].load(_rows(1))
    assert session.sql("SELECT count(*) AS n FROM T")["n"].tolist() == [1]


def test_errors_that_it_swallows_do_not_commit_either(session: al.Session) -> None:
    """A callback that ignores its deadline cannot commit by stubbornness."""

    def work(session: al.Session, late: _Late) -> None:
        with session.tables.data_transaction():
            session.tables["T"].load(_rows(5))
            late.hang()
            for _ in range(3):
                try:
                    session.tables["T"].load(_rows(5))
                except al.AtomliteError as error:
                    late.errors.append(error)

    late = _Late(session, work)
    late.call()
    late.go_on.set()
    assert late.done.wait(2)

    assert [type(error) for error in late.errors] == [DeadlineExceeded] * 4
    assert session.tables["T"].row_count == 0


def test_a_callback_that_waits_for_a_writer_is_answered_in_time(session: al.Session) -> None:
    """Its load never happens, although the writer before it ends."""
    late = _Late(session, lambda session, _late: void(session.tables["T"].load(_rows(5))))
    with session.tables.data_transaction():
        session.tables["T"].load(_rows(1))
        seconds = late.call()
        assert late.done.wait(1)

    assert seconds < _SECONDS + 1
    assert session.tables["T"].row_count == 1


def test_a_load_is_there_exactly_when_its_callback_ended_well(session: al.Session) -> None:
    """Loads that end about the deadline are whole or absent, and the callback knows which."""
    ends: list[int] = []

    @session.endpoint("load/{milliseconds:int}", method="POST")
    def load(request: al.Request, _user: al.User, session: al.Session, /) -> str:
        time.sleep(float(str(request.path_parameters["milliseconds"])) / 1000)
        session.tables["T"].load(_rows(7))
        ends.append(7)
        return "done"

    milliseconds = int(_SECONDS * 1000)
    answers = []
    threads = []
    for early in range(0, 60, 3):

        def call(path: str = f"proxy/load/{milliseconds - early}") -> None:
            answers.append(session.client.http_client.post(path).status_code)

        threads.append(threading.Thread(target=call))
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    time.sleep(0.3)

    assert len(answers) == 20
    assert set(answers) <= {200, 504}
    assert session.tables["T"].row_count == sum(ends)
    assert session.sql("SELECT count(*) AS n FROM T")["n"].tolist() == [sum(ends)]
    assert sum(ends) >= 7 * answers.count(200)

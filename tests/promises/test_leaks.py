"""What a session takes from the machine, it gives back."""

from __future__ import annotations

import gc
import threading
import time

import pandas as pd
import psutil
import pytest

import atomlite as al


def _use_once() -> None:
    """Start a session, load, serve, trace and close it."""
    with al.Session.start() as session:
        table = session.read_pandas(pd.DataFrame({"n": range(1000)}), table_name="numbers")

        @session.endpoint("count")
        def count(_request: al.Request, _user: al.User, _session: al.Session, /) -> int:
            return table.row_count

        assert session.client.http_client.get("proxy/count").json() == 1000
        assert len(session.traces)


def _held() -> tuple[int, int]:
    """Return the open files and threads of this process, once those that end have ended."""
    process = psutil.Process()
    gc.collect()
    deadline = time.monotonic() + 2
    counts = (process.num_fds(), process.num_threads())
    while time.monotonic() < deadline:
        time.sleep(0.1)
        before, counts = counts, (process.num_fds(), process.num_threads())
        if before == counts:
            break
    return counts


@pytest.mark.slow
def test_closed_sessions_hold_no_files_and_no_threads() -> None:
    """After 50 sessions, at most 2 more files and threads are open than after the first."""
    _use_once()
    files, threads = _held()

    for _ in range(50):
        _use_once()

    files_after, threads_after = _held()
    assert files_after <= files + 2
    assert threads_after <= threads + 2


def test_no_thread_of_a_closed_session_lives_on() -> None:
    """Each thread that a session starts ends with it; one for all sessions waits for the next."""
    _use_once()
    before = set(threading.enumerate())

    _use_once()

    deadline = time.monotonic() + 2
    while (left := set(threading.enumerate()) - before) and time.monotonic() < deadline:
        time.sleep(0.01)
    assert not left

"""Sessions at the end of their process, and in its forked children.

At exit every session that still runs is closed, soon: an engine that works while the interpreter
ends would abort the process. In a forked child the sessions of the parent are marked, so that their
use is an error instead of a hang.
"""

from __future__ import annotations

import atexit
import contextlib
import os
import weakref
from typing import Protocol

from atomlite.engine.cancellation import wait_until_stopped

_STOP_SECONDS = 0.2


class Closable(Protocol):
    """What must be closed before the process ends."""

    def close_at_exit(self) -> None:
        """Close within a second or two, whatever runs."""

    def abandon_in_child(self, parent_pid: int) -> None:
        """Let go of what a fork copied."""


_live: weakref.WeakSet[Closable] = weakref.WeakSet()
_pid = os.getpid()


def watch(session: Closable) -> None:
    """Look after a session until it is closed or collected."""
    _live.add(session)


def forget(session: Closable) -> None:
    """Stop looking after a session."""
    _live.discard(session)


@atexit.register
def _close_all() -> None:
    with contextlib.ExitStack() as closing:  # one that fails does not keep the others open
        for session in list(_live):
            closing.callback(session.close_at_exit)
    wait_until_stopped(_STOP_SECONDS)


def _after_fork_in_child() -> None:
    global _pid  # noqa: PLW0603 -- the one fact that a fork changes
    for session in list(_live):
        session.abandon_in_child(_pid)
    _live.clear()
    _pid = os.getpid()


os.register_at_fork(after_in_child=_after_fork_in_child)

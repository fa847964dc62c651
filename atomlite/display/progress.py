"""How far long work is, in a notebook and a terminal; nothing is shown for short work."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

_DELAY_SECONDS = 1.0
_MANY_ROWS = 1_000_000


def _visible() -> bool:
    """Return whether somebody looks: a terminal, or a notebook's kernel."""
    return sys.stderr.isatty() or "ipykernel" in sys.modules


class Progress:
    """How far some work is; this one shows nothing."""

    def __call__(self, rows: int) -> None:
        """Count rows that were just done."""

    def step(self, doing: str) -> None:
        """Say what happens now, to all rows at once; empty when that is over."""


class _Bar(Progress):
    """A bar that comes up after a while, or at once for a step with many rows."""

    def __init__(self, what: str, bar: Any) -> None:  # noqa: ANN401 -- of a library without types
        self._what = what
        self._bar = bar

    def __call__(self, rows: int) -> None:
        self._bar.update(rows)

    def step(self, doing: str) -> None:
        bar = self._bar
        if bar.n >= _MANY_ROWS or bar.format_dict["elapsed"] >= bar.delay:
            bar.delay = 0  # nothing redraws it while the engine works
        text = f"{self._what}, {doing}" if doing else self._what
        bar.set_description(text, refresh=bar.delay == 0)


@contextmanager
def progress(what: str, total: int | None) -> Iterator[Progress]:
    """Give a `Progress` to call with the number of rows just done.

    Args:
        what: What is being done, in front of the bar.
        total: Number of rows; ``None`` when not known, then the bar only counts.
    """
    if total == 1 or not _visible():
        yield Progress()
        return
    from tqdm import tqdm  # noqa: PLC0415 -- only where a bar can show

    with tqdm(total=total, desc=what, unit=" rows", unit_scale=True, delay=_DELAY_SECONDS) as bar:
        yield _Bar(what, bar)

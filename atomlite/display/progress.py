"""How far long work is, in a notebook and a terminal; nothing is shown for short work."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager

_DELAY_SECONDS = 1.0


def _visible() -> bool:
    """Return whether somebody looks: a terminal, or a notebook's kernel."""
    return sys.stderr.isatty() or "ipykernel" in sys.modules


@contextmanager
def progress(what: str, total: int | None) -> Iterator[Callable[[int], object]]:
    """Give a function to call with the number of rows just done.

    Args:
        what: What is being done, in front of the bar.
        total: Number of rows; ``None`` when not known, then the bar only counts.
    """
    if not _visible():
        yield lambda _rows: None
        return
    from tqdm import tqdm  # noqa: PLC0415 -- only where a bar can show

    with tqdm(total=total, desc=what, unit=" rows", unit_scale=True, delay=_DELAY_SECONDS) as bar:
        yield bar.update

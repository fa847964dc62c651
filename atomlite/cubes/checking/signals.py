"""Why the second way gives no value; never seen by a user."""

from __future__ import annotations


class _NotChecked(Exception):
    """The second way does not know this kind of measure."""


class _Undecided(Exception):
    """Two floats are so near that the order of a sum decides which is greater."""


class _OutOfTime(Exception):
    """There is no time for another question."""


NotChecked, OutOfTime, Undecided = _NotChecked, _OutOfTime, _Undecided

"""The time that a query of a cube may take: one budget for all that is done for it.

>>> Budget(None).limit().seconds is None
True
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from time import monotonic

from atomlite.engine.cursors import TimeLimit
from atomlite.errors import DeadlineExceeded

_WHAT = "The query of the cube"
_SETTING = "limits.cube_seconds"
_LEAST = 0.5
_MOST = 5.0


def _fewer_levels() -> str:
    return "Ask for fewer levels, or filter them"


class Budget:
    """The time that is left for a query. It begins when it is made.

    Args:
        seconds: All of it; ``None`` for no end.

    Attributes:
        advice: Returns what to do when it does not do, as the beginning of a sentence.
    """

    __slots__ = ("_end", "_seconds", "advice")

    def __init__(self, seconds: float | None) -> None:
        self._seconds = seconds
        self.advice: Callable[[], str] = _fewer_levels
        self._end: float | None = None
        self.begin()

    def begin(self) -> None:
        """Begin anew: all of it is left."""
        self._end = None if self._seconds is None else monotonic() + self._seconds

    @property
    def left(self) -> float | None:
        """Seconds that are left, below 0 once it is over; ``None`` for no end."""
        return None if self._end is None else self._end - monotonic()

    def limit(self) -> TimeLimit:
        """Return the limit of the next statement.

        Raises:
            DeadlineExceeded: Nothing is left.
        """
        self.check()
        return TimeLimit(self.left, _WHAT, _SETTING)

    def for_counting(self) -> float:
        """Return the seconds in which to find out what to say of a query that is refused."""
        left = self.left
        return _MOST if left is None else min(max(left, _LEAST), _MOST)

    def check(self) -> None:
        """Raise if nothing is left.

        Raises:
            DeadlineExceeded: With what to do.
        """
        left = self.left
        if left is not None and left <= 0:
            raise self._exceeded()

    @contextmanager
    def held(self) -> Iterator[None]:
        """Tell of the whole budget where a statement of the block passed what was left of it."""
        try:
            yield
        except DeadlineExceeded as error:
            if error.details["limit"] != _SETTING:
                raise
            raise self._exceeded() from error

    def _exceeded(self) -> DeadlineExceeded:
        return DeadlineExceeded(_WHAT, self._seconds or 0.0, _SETTING, advice=self.advice())

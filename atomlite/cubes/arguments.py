"""Simple arguments and attributes of cubes, checked. Pure.

>>> checked_number("seconds", -1)
Traceback (most recent call last):
...
atomlite.errors.InvalidArgument: seconds is -1. It must be a number, 0 or more.
"""

from __future__ import annotations

from atomlite.errors import InvalidArgument


def text_or_none(argument: str, value: object) -> str | None:
    """Return a value that must be text or ``None``, or raise `InvalidArgument`."""
    if value is not None and not isinstance(value, str):
        raise InvalidArgument(argument, value, "text, or None")
    return value


def checked_number(argument: str, value: object, *, whole: bool = False) -> None:
    """Raise `InvalidArgument` for a value that is no number of 0 or more."""
    kinds = int if whole else int | float
    if not isinstance(value, kinds) or isinstance(value, bool) or not value >= 0:
        raise InvalidArgument(argument, value, f"a {'whole ' * whole}number, 0 or more")

"""Checks of the plain arguments of functions: numbers, flags, words.

>>> truth("ascending", "yes")
Traceback (most recent call last):
...
atomlite.errors.InvalidArgument: ascending is 'yes'. It must be True or False.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import get_args

from atomlite.data_types.values import described
from atomlite.errors import InvalidArgument

_MOST = 2**31 - 1


class Shown:
    """Shows in a message what kind of value was given, and which."""

    def __init__(self, value: object) -> None:
        self._value = value

    def __repr__(self) -> str:
        """Return kind and form of the value."""
        return described(self._value)


class Said:
    """Shows in a message what was given, in words."""

    def __init__(self, words: str) -> None:
        self._words = words

    def __repr__(self) -> str:
        """Return the words."""
        return self._words


MISSING = Said("missing")
"""Shows in a message that nothing was given."""


def chosen(name: str, value: object, choices: object) -> None:
    """Raise `InvalidArgument` for a value that is none of the words of a literal type."""
    known = get_args(choices)
    if not isinstance(value, str) or value not in known:
        raise InvalidArgument(name, value, f"one of {', '.join(map(repr, known))}")


def truth(name: str, value: object) -> bool:
    """Return a flag, or raise `InvalidArgument`."""
    if isinstance(value, bool):
        return value
    raise InvalidArgument(name, value, "True or False")


def whole(
    name: str, value: object, *, least: int = -_MOST, most: int = _MOST, of: str = "a whole number"
) -> int:
    """Return a whole number from ``least`` to ``most``, or raise `InvalidArgument`.

    Args:
        name: Name of the argument.
        value: What was given.
        least: The smallest.
        most: The greatest.
        of: What it is a number of, for the message.
    """
    if isinstance(value, int) and not isinstance(value, bool) and least <= value <= most:
        return value
    raise InvalidArgument(name, value, f"{of} from {least} to {most}")


def share(name: str, value: object) -> float:
    """Return a number from 0 to 1, or raise `InvalidArgument`."""
    if isinstance(value, int | float) and not isinstance(value, bool) and 0 <= value <= 1:
        return float(value)
    raise InvalidArgument(name, value, "a number from 0 to 1")


def pairs(name: str, value: object, expected: str) -> list[tuple[object, object]]:
    """Return the items of a dict that is not empty, or raise `InvalidArgument`."""
    if isinstance(value, Mapping) and value:
        return list(value.items())
    raise InvalidArgument(name, Shown(value), expected)

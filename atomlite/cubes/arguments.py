"""Simple arguments and attributes of cubes, checked. Pure.

>>> flag("visible", 1)
Traceback (most recent call last):
...
atomlite.errors.InvalidArgument: visible is 1. It must be True or False.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from atomlite.errors import InvalidArgument

if TYPE_CHECKING:
    from collections.abc import Sequence


def flag(argument: str, value: object) -> bool:
    """Return a value that must be True or False, or raise `InvalidArgument`."""
    if not isinstance(value, bool):
        raise InvalidArgument(argument, value, "True or False")
    return value


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


def choice(argument: str, value: object, choices: Sequence[str]) -> str:
    """Return a value that must be one of some words, or raise `InvalidArgument`."""
    if not isinstance(value, str) or value not in choices:
        raise InvalidArgument(argument, value, " or ".join(f'"{each}"' for each in choices))
    return value

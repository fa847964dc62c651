"""Short texts that stand for queries, down to the last value of a condition. Pure.

A ``repr`` of a condition is for readers and leaves out what is long; two long lists can look alike.

>>> city = LevelOperand(LevelKey("Shops", "Geography", "City"), pa.string())
>>> long, other = city.isin(*map(str, range(50))), city.isin(*map(str, range(49)), "x")
>>> repr(long) == repr(other), whole(long) == whole(other)
(True, False)
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import fields, is_dataclass

import pyarrow as pa  # noqa: F401 -- for the example

from atomlite.measures.coordinates import LevelKey, LevelOperand  # noqa: F401 -- as above
from atomlite.measures.nodes import Named

_BYTES = 16


def whole(value: object) -> str:
    """Return a text that differs for values that mean different things.

    Args:
        value: A value made of frozen dataclasses, tuples, levels and constants: a `Query`, a
            condition. A function in it stands for itself: keep it alive as long as the text.
    """
    if isinstance(value, LevelOperand):
        return f"level({value.key!r}, {value.data_type})"
    if isinstance(value, Named):  # a handle of a cube's measure, too
        return f"measure({value.name!r})"
    if isinstance(value, tuple):
        return f"({','.join(map(whole, value))})"
    if is_dataclass(value) and not isinstance(value, type):
        parts = ",".join(whole(getattr(value, field.name)) for field in fields(value))
        return f"{type(value).__name__}({parts})"
    if isinstance(value, Callable):  # type: ignore[arg-type] # as the standard library has it
        return f"function {id(value)}"
    return f"{type(value).__name__}:{value!r}"


def short(text: str) -> str:
    """Return 32 characters that differ for different texts.

    >>> len(short("SELECT 1"))
    32
    """
    encoded = text.encode("utf-8", "backslashreplace")
    return hashlib.blake2b(encoded, digest_size=_BYTES).hexdigest()

"""Short texts that stand for conditions, orders and statements, down to the last value. Pure.

A ``repr`` of a condition is for readers and leaves out what is long; two long lists can look alike.

>>> price = Column("Sales", "Price", pa.int64())
>>> long, other = price.isin(*range(50)), price.isin(*range(49), 99)
>>> repr(long) == repr(other), exact(long) == exact(other)
(True, False)
"""

from __future__ import annotations

import hashlib

import pyarrow as pa  # noqa: F401 -- for the example

from atomlite.expressions.columns import Column
from atomlite.expressions.rendering import Expression, render
from atomlite.sql import quote

_BYTES = 16


def exact(*expressions: Expression | None) -> str:
    """Return a text of 32 characters that differs for expressions that can mean different rows.

    Conditions that were written in another way but compare the same columns with the same values
    give the same text.

    Args:
        expressions: Conditions, operands and orderings, in an order that counts; ``None`` is one
            that is not there.
    """
    return digest(*(None if each is None else render(each, _named) for each in expressions))


def digest(*parts: object) -> str:
    """Return a text of 32 characters that differs for parts with different reprs.

    Args:
        parts: SQL text, and values as they are bound: texts, numbers, times, lists.
    """
    whole = repr(parts).encode("utf-8", "backslashreplace")
    return hashlib.blake2b(whole, digest_size=_BYTES).hexdigest()


def _named(column: Column) -> str:
    return f"{quote(column.table)}.{quote(column.name)}"

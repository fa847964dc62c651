r"""Values of a grid's ``match``, read from text by the type of their column.

A piece of a path is read in the same way.

>>> reader_of(pa.int64())("37"), reader_of(pa.bool_())("true"), reader_of(pa.float32())("5e1")
(37, True, 50.0)
>>> reader_of(pa.date32())("junk")
Traceback (most recent call last):
...
ValueError: value should be a date such as "2026-01-31"
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import TypeAlias

import pyarrow as pa  # noqa: TC002 -- the example uses it

from atomlite.search.values import kind_of

Reader: TypeAlias = Callable[[str], object]
"""Makes a value of a column's type from text, or raises `ValueError` that says what one is like."""


@cache
def reader_of(data_type: pa.DataType) -> Reader | None:
    """Return what reads the values of a type; ``None`` where text cannot say a value."""
    kind = kind_of(data_type)
    return kind.read_text if kind.compares else None

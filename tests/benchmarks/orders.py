"""The orders of TPC-H, made by the rules of its specification, the same for every run.

Scale 1 has 1,500,000 orders. Status and price come from the lines of each order, as there; the
lines themselves are not kept. Only the comment is simpler: random words of its lists.
"""

from __future__ import annotations

import datetime as dt
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

ORDERS = 1_500_000
PRIORITIES = ("1-URGENT", "2-HIGH", "3-MEDIUM", "4-NOT SPECIFIED", "5-LOW")
_CUSTOMERS, _CLERKS, _PARTS = 150_000, 1_000, 200_000
_FIRST = dt.date(1992, 1, 1)
_DAYS = (dt.date(1998, 12, 31) - _FIRST).days - 151
_TODAY = (dt.date(1995, 6, 17) - _FIRST).days
_EPOCH = (_FIRST - dt.date(1970, 1, 1)).days
_NOUNS = "foxes ideas theodolites instructions dependencies excuses platelets asymptotes deposits"
_VERBS = "sleep wake are cajole haggle nag use boost affix detect integrate maintain nod was lose"
_ADVERBS = "sometimes always never furiously slyly carefully blithely quickly fluffily slowly"


def orders(rows: int = ORDERS) -> pa.Table:
    """Return orders in the order of their keys, with the nine columns of TPC-H."""
    random = np.random.default_rng(42)
    number = np.arange(rows)
    customer = random.integers(1, _CUSTOMERS, rows)
    day = random.integers(0, _DAYS + 1, rows)
    status, price = _lines(random, day)
    clerks = np.array([f"Clerk#{clerk:09d}" for clerk in range(1, _CLERKS + 1)])
    columns: dict[str, Any] = {
        "o_orderkey": number // 8 * 32 + number % 8 + 1,  # A quarter of the keys is in use.
        "o_custkey": customer + (customer % 3 == 0),  # A third of the customers orders nothing.
        "o_orderstatus": np.array(["F", "O", "P"])[status],
        "o_totalprice": price,
        "o_orderdate": pa.array((day + _EPOCH).astype("int32"), type=pa.date32()),
        "o_orderpriority": np.array(PRIORITIES)[random.integers(0, len(PRIORITIES), rows)],
        "o_clerk": clerks[random.integers(0, _CLERKS, rows)],
        "o_shippriority": np.zeros(rows, dtype="int32"),
        "o_comment": _comments(random, rows),
    }
    return pa.table(columns)


def _lines(
    random: np.random.Generator, day: npt.NDArray[np.int64]
) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.float64]]:
    """Return status (0 all shipped, 1 none, 2 some) and price of each order from 1 to 7 lines."""
    rows = len(day)
    lines = random.integers(1, 8, rows)
    order = np.repeat(np.arange(rows), lines)
    count = len(order)
    part = random.integers(1, _PARTS + 1, count)
    retail = 90_000 + part // 10 % 20_001 + 100 * (part % 1_000)  # In cents.
    value = random.integers(1, 51, count) * retail / 100
    value *= (1 + random.integers(0, 9, count) / 100) * (1 - random.integers(0, 11, count) / 100)
    waits = day[order] + random.integers(1, 122, count) > _TODAY
    waiting = np.bincount(order, weights=waits, minlength=rows)
    status = np.where(waiting == 0, 0, np.where(waiting == lines, 1, 2))
    return status, np.round(np.bincount(order, weights=value, minlength=rows), 2)


def _comments(random: np.random.Generator, rows: int) -> pa.Array[Any]:
    words = []
    for text in (_ADVERBS, _NOUNS, _VERBS, _ADVERBS, _NOUNS):
        choices = np.array(text.split())
        words.append(pa.array(choices[random.integers(0, len(choices), rows)]))
    joined: pa.Array[Any] = pc.binary_join_element_wise(*words, " ")
    return joined

"""Parameters of a grid that both readers of them are timed with."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable

PARAMETERS = {
    "empty": {},
    "typical": {
        "limit": "50",
        "offset": "100",
        "sort": "name:asc,age:desc",
        "match": "level:3|company_id:c07",
        "search": "Bob",
    },
}
_CALLS = 1_000


def microseconds(parse: Callable[[], object], *, rounds: int = 7) -> float:
    """Return how long one call takes: the median of rounds of a thousand."""
    taken = []
    for _ in range(rounds):
        began = time.perf_counter()
        for _ in range(_CALLS):
            parse()
        taken.append((time.perf_counter() - began) / _CALLS * 1e6)
    return statistics.median(taken)

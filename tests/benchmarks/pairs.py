"""Two ways to do one thing, timed side by side.

The rounds alternate, so that whatever else the machine does disturbs both alike; medians are quoted
and the ratio is what counts.
"""

from __future__ import annotations

import gc
import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Measurement:
    """One line of the report.

    Args:
        what: What was done.
        against: What it is compared with.
        ours: Our median.
        theirs: The other's median.
        unit: Of both.
        bound: The ratio that the product promises; ``None`` where it promises nothing.
        more_is_better: Whether ``ours / theirs`` must be at least ``bound``; else at most.
    """

    what: str
    against: str
    ours: float
    theirs: float
    unit: str
    bound: float | None
    more_is_better: bool = False

    @property
    def ratio(self) -> float:
        """Ours by theirs."""
        return self.ours / self.theirs

    @property
    def kept(self) -> bool:
        """Whether the promise holds in this run."""
        if self.bound is None:
            return True
        return self.ratio >= self.bound if self.more_is_better else self.ratio <= self.bound

    def __str__(self) -> str:
        """Return a row of a Markdown table."""
        word = "at least" if self.more_is_better else "at most"
        promised = "none" if self.bound is None else f"{word} {self.bound:g}"
        verdict = "" if self.bound is None else "kept" if self.kept else "MISSED"
        return (
            f"| {self.what} | {self.against} | {self.ours:,.4g} {self.unit} | "
            f"{self.theirs:,.4g} {self.unit} | **{self.ratio:.2f}** | {promised} | "
            f"{verdict} |"
        )


HEADER = "| what | against | ours | theirs | ratio | promised | |\n|---|---|---|---|---|---|---|"


def seconds(call: Callable[[], object]) -> float:
    """Return how long a call takes, without the garbage of the one before."""
    gc.collect()
    began = time.perf_counter()
    call()
    return time.perf_counter() - began


def alternate(
    ours: Callable[[], float], theirs: Callable[[], float], rounds: int
) -> tuple[float, float]:
    """Return the medians of two measurements, taken in turn, the order changing each round."""
    results: tuple[list[float], list[float]] = ([], [])
    for number in range(rounds):
        pair = [(results[0], ours), (results[1], theirs)]
        for values, measure in pair if number % 2 else reversed(pair):
            values.append(measure())
    return statistics.median(results[0]), statistics.median(results[1])

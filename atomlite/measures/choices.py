"""Measures that choose between others, or that Python calculates from others. Pure.

>>> from atomlite.measures.calculations import Named
>>> Where(((Named("Units") > 0, Named("Revenue")),), Constant(None))
where(m["Units"] > 0, m["Revenue"], None)
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from atomlite.expressions.conditions import Condition
from atomlite.measures.calculations import Constant, MeasureExpression  # noqa: F401 -- for the example

if TYPE_CHECKING:
    import pyarrow as pa


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Where(MeasureExpression):
    """The first value whose condition holds in the cell, else the last one.

    Args:
        cases: Condition and value; a condition that is null does not hold.
        otherwise: The value where none holds.
    """

    cases: tuple[tuple[Condition, MeasureExpression], ...]
    otherwise: MeasureExpression

    def __repr__(self) -> str:
        """Return the call as it was written."""
        if len(self.cases) == 1:
            ((condition, value),) = self.cases
            return f"where({condition!r}, {value}, {self.otherwise})"
        cases = ", ".join(f"{condition!r}: {value}" for condition, value in self.cases)
        return f"where({{{cases}}}, default={self.otherwise})"


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Applied(MeasureExpression):
    """A Python function of other measures.

    Args:
        function: Takes one Arrow array per argument, with one value per cell, and returns as many
            values. It is called once for each level of the result, totals included.
        arguments: The measures.
        data_type: The type of what it returns.
    """

    function: Callable[..., object]
    arguments: tuple[MeasureExpression, ...]
    data_type: pa.DataType

    def __repr__(self) -> str:
        """Return the call as it was written."""
        name = getattr(self.function, "__name__", type(self.function).__name__)
        return f"apply({', '.join([name, *map(str, self.arguments)])})"

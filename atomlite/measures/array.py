"""Functions of lists, of columns and of measures alike: ``al.array.sum`` and so on.

Elements without a value are passed over. A list that is null gives null. Positions count from 0.

>>> paths = session.read_pandas(pd.DataFrame({"Losses": [[3.0, -1.0, 2.0]]}), table_name="Paths")
>>> al.array.n_lowest(paths["Losses"], 2)
array.n_lowest(Losses, 2)
>>> al.agg.mean(al.array.sum(paths["Losses"]))
agg.mean(array.sum(Losses))
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal, TypeVar, cast

from atomlite.errors import InvalidArgument
from atomlite.expressions.columns import Operand
from atomlite.measures.agg import SpreadMode
from atomlite.measures.aggregations import Interpolation, QuantileMode
from atomlite.measures.arguments import chosen, pairs, share, truth, whole
from atomlite.measures.calculations import MeasureExpression
from atomlite.measures.handles import checked_value
from atomlite.measures.rows_or_cells import called

__all__ = [
    "len",
    "max",
    "mean",
    "min",
    "n_greatest",
    "n_greatest_indices",
    "n_lowest",
    "n_lowest_indices",
    "negative_values",
    "nth_greatest",
    "nth_lowest",
    "positive_values",
    "prefix_sum",
    "prod",
    "quantile",
    "quantile_index",
    "replace",
    "sort",
    "std",
    "sum",
    "var",
]


def __dir__() -> list[str]:
    return __all__


Value = TypeVar("Value", Operand, MeasureExpression)

IndexInterpolation = Literal["lower", "higher", "nearest"]


def len(values: Value, /) -> Value:
    """Return the number of elements of a list, those without a value included."""
    return _of("len", values)


def sum(values: Value, /) -> Value:
    """Return the sum of the elements of a list; null if there is none."""
    return _of("sum", values)


def mean(values: Value, /) -> Value:
    """Return the mean of the elements of a list, a double; null if there is none."""
    return _of("mean", values)


def min(values: Value, /) -> Value:
    """Return the smallest element of a list; null if there is none."""
    return _of("min", values)


def max(values: Value, /) -> Value:
    """Return the greatest element of a list; null if there is none."""
    return _of("max", values)


def prod(values: Value, /) -> Value:
    """Return the product of the elements of a list, a double; null if there is none."""
    return _of("prod", values)


def negative_values(values: Value, /) -> Value:
    """Return a list in which elements above 0 are 0; elements keep their positions."""
    return _of("negative_values", values)


def positive_values(values: Value, /) -> Value:
    """Return a list in which elements below 0 are 0; elements keep their positions."""
    return _of("positive_values", values)


def prefix_sum(values: Value, /) -> Value:
    """Return the list of the sums of all elements up to each one; where it is null, null."""
    return _of("prefix_sum", values)


def n_greatest(values: Value, /, n: object) -> Value:
    """Return the list of the n greatest elements, the greatest first.

    Args:
        values: A list of numbers, texts or dates.
        n: How many; fewer where the list has not as many.
            A number, or a measure or column of whole numbers.
    """
    return _of("n_greatest", values, _count(n))


def n_lowest(values: Value, /, n: object) -> Value:
    """Return the list of the n lowest elements, the lowest first.

    Args:
        values: A list of numbers, texts or dates.
        n: How many; fewer where the list has not as many.
            A number, or a measure or column of whole numbers.
    """
    return _of("n_lowest", values, _count(n))


def n_greatest_indices(values: Value, /, n: object) -> Value:
    """Return the positions, from 0, of the n greatest elements, the greatest first.

    Args:
        values: A list of numbers, texts or dates.
        n: How many; of equal elements, the one that comes first is first.
            A number, or a measure or column of whole numbers.
    """
    return _of("n_greatest_indices", values, _count(n))


def n_lowest_indices(values: Value, /, n: object) -> Value:
    """Return the positions, from 0, of the n lowest elements, the lowest first.

    Args:
        values: A list of numbers, texts or dates.
        n: How many; of equal elements, the one that comes first is first.
            A number, or a measure or column of whole numbers.
    """
    return _of("n_lowest_indices", values, _count(n))


def nth_greatest(values: Value, /, n: object) -> Value:
    """Return the n-th greatest element.

    Args:
        values: A list of numbers, texts or dates.
        n: From 1, which is the greatest; null where there are not as many.
            A number, or a measure or column of whole numbers.
    """
    return _of("nth_greatest", values, _count(n))


def nth_lowest(values: Value, /, n: object) -> Value:
    """Return the n-th lowest element.

    Args:
        values: A list of numbers, texts or dates.
        n: From 1, which is the lowest; null where there are not as many.
            A number, or a measure or column of whole numbers.
    """
    return _of("nth_lowest", values, _count(n))


def sort(values: Value, /, *, ascending: bool = True) -> Value:
    """Return the list in order, elements without a value last.

    Args:
        values: A list of numbers, texts or dates.
        ascending: Whether the smallest is first.
    """
    return _of("sort:asc" if truth("ascending", ascending) else "sort:desc", values)


def std(values: Value, /, mode: SpreadMode = "sample") -> Value:
    """Return the standard deviation of the elements of a list, a double.

    Args:
        values: A list of numbers.
        mode: ``"sample"`` divides by n - 1, and is null for one element; ``"population"`` by n.
    """
    chosen("mode", mode, SpreadMode)
    return _of(f"std:{mode}", values)


def var(values: Value, /, mode: SpreadMode = "sample") -> Value:
    """Return the variance of the elements of a list, a double; arguments as for `std`."""
    chosen("mode", mode, SpreadMode)
    return _of(f"var:{mode}", values)


def quantile(
    values: Value,
    /,
    q: object,
    mode: QuantileMode = "inc",
    interpolation: Interpolation = "linear",
) -> Value:
    """Return a quantile of the elements of a list, a double.

    Args:
        values: A list of numbers.
        q: From 0 to 1, or a measure or column of such numbers; null for others.
        mode: As for `agg.quantile`.
        interpolation: As for `agg.quantile`.
    """
    chosen("mode", mode, QuantileMode)
    chosen("interpolation", interpolation, Interpolation)
    return _of(f"quantile:{mode}:{interpolation}", values, _share(q))


def quantile_index(
    values: Value,
    /,
    q: object,
    mode: QuantileMode = "inc",
    interpolation: IndexInterpolation = "lower",
) -> Value:
    """Return the position, from 0, of the element that is a quantile of a list.

    Args:
        values: A list of numbers; of equal elements, the first in the list comes first.
        q: As for `quantile`.
        mode: As for `agg.quantile`.
        interpolation: Which of two elements, where the quantile lies between them.
    """
    chosen("mode", mode, QuantileMode)
    chosen("interpolation", interpolation, IndexInterpolation)
    return _of(f"quantile_index:{mode}:{interpolation}", values, _share(q))


def replace(values: Value, /, replacements: Mapping[object, object]) -> Value:
    """Return the list with some elements replaced.

    Args:
        values: A list of numbers, texts or dates.
        replacements: The new element for each old one, constants; ``None`` is no value.
    """
    given = pairs("replacements", replacements, "a dict of old and new elements")
    constants = [each for pair in given for each in pair]
    for each in constants:
        if isinstance(each, Operand | MeasureExpression):
            raise InvalidArgument("replacements", each, "a dict of constants")
    return _of("replace", values, *constants)


def _of(function: str, values: Value, *others: object) -> Value:
    given = checked_value(values, f"array.{function.split(':', maxsplit=1)[0]}")
    return cast("Value", called(f"array.{function}", [given, *others]))


def _count(n: object) -> object:
    if isinstance(n, Operand | MeasureExpression):
        return n
    return whole("n", n, least=1)


def _share(q: object) -> object:
    return q if isinstance(q, Operand | MeasureExpression) else share("q", q)

"""Aggregates: many values made into one. ``al.agg.sum``, ``al.agg.mean`` and so on.

Of columns, and calculations with columns, they take the rows of a cell. Of measures they take the
cells that a ``scope`` names:

>>> sales = session.read_pandas(
...     pd.DataFrame({"Shop": ["a", "a", "b"], "Units": [1, 2, 5]}), table_name="Sales"
... )
>>> cube = session.create_cube(sales)
>>> units = al.agg.sum(sales["Units"] * 2)
>>> cube.measures["Units"] = units
>>> cube.measures["Best shop"] = al.agg.max(units, scope=al.OriginScope(cube.levels["Shop"]))
>>> cube.query(cube.measures["Units"], cube.measures["Best shop"], mode="raw").iloc[0].tolist()
[0, 16, 10]

Nulls are passed over; where nothing is left the result is null, but for counts. A cell without rows
has no value of any measure, not even a count.
"""

from __future__ import annotations

from typing import Literal, TypeAlias

from atomlite.data_types.values import described
from atomlite.errors import InvalidArgument, InvalidMeasure
from atomlite.expressions.columns import Operand
from atomlite.expressions.conditions import text_of
from atomlite.expressions.rendering import references_of
from atomlite.measures.aggregations import (
    AggregateName,
    AggregateOptions,
    Aggregation,
    BestMember,
    EndValue,
    Interpolation,
    QuantileMode,
    ScopedAggregation,
)
from atomlite.measures.arguments import Said, chosen, share
from atomlite.measures.calculations import LevelValue, MeasureExpression
from atomlite.measures.coordinates import LevelOperand
from atomlite.measures.data_types import rows_type
from atomlite.measures.handles import measure_of, no_level
from atomlite.measures.scopes import CumulativeScope, OriginScope, Scope, SiblingsScope

__all__ = [
    "count",
    "count_distinct",
    "distinct",
    "first",
    "last",
    "long",
    "max",
    "max_member",
    "mean",
    "median",
    "min",
    "min_member",
    "prod",
    "quantile",
    "short",
    "single_value",
    "square_sum",
    "std",
    "sum",
    "sum_product",
    "var",
]


def __dir__() -> list[str]:
    return __all__


Operated: TypeAlias = Operand | MeasureExpression
"""What is aggregated: a column or a calculation with columns, or a measure."""

Per: TypeAlias = Literal["fact", "partner"]
"""Of a joined table: count a value once for each fact, or once for each row of the table."""

SpreadMode: TypeAlias = Literal["sample", "population"]
"""Divide by n - 1, or by n."""

_PLAIN = AggregateOptions()


def sum(
    operand: Operated, /, *, scope: Scope | None = None, per: Per | None = None
) -> MeasureExpression:
    """Return the sum of numbers: exact for integers and decimals, else a double.

    The sum of a column of lists of numbers is a list: the sum at each position. Nulls are passed
    over there too, and lists that end before; where no list has an element, it is null.

    Args:
        operand: A column or calculation, of rows; or a measure, with a ``scope``.
        scope: Which cells' values of a measure are taken.
        per: For columns of a joined table: ``"fact"`` counts a value for each row of the fact
            table, ``"partner"`` once for each row of the joined table.

    Raises:
        InvalidMeasure: A measure without a scope, or a column with one.
        WrongType: Values that are no numbers.

    >>> sales = session.read_pandas(pd.DataFrame({"Units": [1, None, 5]}), table_name="Sales")
    >>> al.agg.sum(sales["Units"])
    agg.sum(Units)

    Gains and losses of two deals in three scenarios:

    >>> deals = session.read_pandas(pd.DataFrame({"PnL": [[1, -4, 2], [0, 5]]}), table_name="Deals")
    >>> cube = session.create_cube(deals)
    >>> cube.measures["PnL"] = al.agg.sum(deals["PnL"])
    >>> cube.query(cube.measures["PnL"])["PnL"].tolist()
    [[1, 1, 2]]
    """
    return _made("sum", operand, scope, per)


def mean(
    operand: Operated, /, *, scope: Scope | None = None, per: Per | None = None
) -> MeasureExpression:
    """Return the mean of numbers, a double; of lists at each position; arguments as for `sum`."""
    return _made("mean", operand, scope, per)


def min(
    operand: Operated, /, *, scope: Scope | None = None, per: Per | None = None
) -> MeasureExpression:
    """Return the smallest value, of any type with an order; of lists of numbers, at each position.

    Arguments as for `sum`.
    """
    return _made("min", operand, scope, per)


def max(
    operand: Operated, /, *, scope: Scope | None = None, per: Per | None = None
) -> MeasureExpression:
    """Return the greatest value, of any type with an order, NaN above all numbers.

    Of lists of numbers, the greatest at each position. Arguments as for `sum`.
    """
    return _made("max", operand, scope, per)


def median(
    operand: Operated, /, *, scope: Scope | None = None, per: Per | None = None
) -> MeasureExpression:
    """Return the median of numbers, a double: of two in the middle, their mean.

    Arguments as for `sum`.
    """
    return _made("median", operand, scope, per)


def prod(
    operand: Operated, /, *, scope: Scope | None = None, per: Per | None = None
) -> MeasureExpression:
    """Return the product of numbers, a double; arguments as for `sum`."""
    return _made("prod", operand, scope, per)


def count(
    operand: Operated | None = None,
    /,
    *,
    scope: Scope | None = None,
    per: Per | None = None,
) -> MeasureExpression:
    """Return how many values are not null; without operand, the number of rows.

    Arguments as for `sum`.

    >>> al.agg.count()
    agg.count()
    """
    if operand is not None:
        return _made("count", operand, scope, per)
    if scope is not None or per is not None:
        raise InvalidMeasure(
            "`agg.count` got a scope or `per`, and nothing to count there.",
            hint="`agg.count()` alone is the number of rows.",
        )
    return Aggregation("count")


def count_distinct(
    operand: Operated, /, *, scope: Scope | None = None, per: Per | None = None
) -> MeasureExpression:
    """Return how many different values there are, of any type; arguments as for `sum`."""
    return _made("count_distinct", operand, scope, per)


def distinct(
    operand: Operated, /, *, scope: Scope | None = None, per: Per | None = None
) -> MeasureExpression:
    """Return the list of the different values, ascending; arguments as for `sum`."""
    return _made("distinct", operand, scope, per)


def long(
    operand: Operated, /, *, scope: Scope | None = None, per: Per | None = None
) -> MeasureExpression:
    """Return the sum of the positive numbers, 0 if there are others only.

    Arguments as for `sum`.
    """
    return _made("long", operand, scope, per)


def short(
    operand: Operated, /, *, scope: Scope | None = None, per: Per | None = None
) -> MeasureExpression:
    """Return the sum of the negative numbers, 0 if there are others only.

    Arguments as for `sum`.
    """
    return _made("short", operand, scope, per)


def single_value(
    operand: Operated, /, *, scope: Scope | None = None, per: Per | None = None
) -> MeasureExpression:
    """Return the value that all have, null where they differ; arguments as for `sum`."""
    return _made("single_value", operand, scope, per)


def square_sum(
    operand: Operated, /, *, scope: Scope | None = None, per: Per | None = None
) -> MeasureExpression:
    """Return the sum of the squares of numbers; arguments as for `sum`."""
    return _made("square_sum", operand, scope, per)


def sum_product(
    operand: Operated, other: Operated, /, *, scope: Scope | None = None, per: Per | None = None
) -> MeasureExpression:
    """Return the sum of products of two numbers; arguments as for `sum`.

    A row or cell where one of the two is null adds nothing.

    >>> deals = session.read_pandas(pd.DataFrame({"Price": [2], "Units": [3]}), table_name="D")
    >>> al.agg.sum_product(deals["Price"], deals["Units"])
    agg.sum_product(Price, Units)
    """
    if isinstance(operand, MeasureExpression) or isinstance(other, MeasureExpression):
        both = measure_of(operand, "agg.sum_product") * measure_of(other, "agg.sum_product")
        return _made("sum", both, scope, per)
    return _made("sum_product", operand, scope, per, other=other)


def std(
    operand: Operated,
    /,
    *,
    mode: SpreadMode = "sample",
    scope: Scope | None = None,
    per: Per | None = None,
) -> MeasureExpression:
    """Return the standard deviation of numbers, a double.

    Args:
        operand: As for `sum`.
        mode: ``"sample"`` divides by n - 1, and is null for one value; ``"population"`` by n.
        scope: As for `sum`.
        per: As for `sum`.
    """
    return _made("std", operand, scope, per, options=_spread(mode))


def var(
    operand: Operated,
    /,
    *,
    mode: SpreadMode = "sample",
    scope: Scope | None = None,
    per: Per | None = None,
) -> MeasureExpression:
    """Return the variance of numbers, a double; arguments as for `std`."""
    return _made("var", operand, scope, per, options=_spread(mode))


def quantile(
    operand: Operated,
    /,
    q: float,
    *,
    mode: QuantileMode = "inc",
    interpolation: Interpolation = "linear",
    scope: Scope | None = None,
    per: Per | None = None,
) -> MeasureExpression:
    """Return a quantile of numbers, a double.

    Args:
        operand: As for `sum`.
        q: From 0 (the smallest value) to 1 (the greatest).
        mode: Where it lies among the n sorted values, counted from 1 and kept between 1 and n:
            ``"simple"`` at q·n, ``"centered"`` at q·n + 0.5, ``"exc"`` at q·(n + 1), ``"inc"`` at
            q·(n - 1) + 1.
        interpolation: What to take between two values: ``"linear"`` by distance, ``"lower"``,
            ``"higher"``, ``"midpoint"`` of the two, ``"nearest"`` (of two equally near, the one at
            the even position).
        scope: As for `sum`.
        per: As for `sum`.

    >>> sales = session.read_pandas(pd.DataFrame({"Units": [1, 2]}), table_name="Sales")
    >>> al.agg.quantile(sales["Units"], 0.95, mode="exc")
    agg.quantile(Units, q=0.95, mode="exc")
    """
    chosen("mode", mode, QuantileMode)
    chosen("interpolation", interpolation, Interpolation)
    options = AggregateOptions(q=share("q", q), mode=mode, interpolation=interpolation)
    return _made("quantile", operand, scope, per, options=options)


def first(
    operand: Operated, /, *, by: Operand | LevelOperand, per: Per | None = None
) -> MeasureExpression:
    """Return the value of the row where another column is smallest, or of the first member.

    Args:
        operand: A column, or a calculation with columns; or a measure.
        by: For a column: what the rows are ordered by. Rows where one of the two is null are left
            out; of rows with the same value here, the smallest value of the operand is taken. For
            a measure: a level. Its value at the level's first member within the cell is taken,
            members where it is null and the member ``None`` left out.
        per: As for `sum`.

    >>> stock = session.read_pandas(pd.DataFrame({"Day": [2, 1], "Units": [7, 9]}), table_name="S")
    >>> al.agg.first(stock["Units"], by=stock["Day"])
    agg.first(Units, by=Day)

    The stock at the end of the last day, of all shops:

    >>> cube = session.create_cube(stock)
    >>> cube.hierarchies["Day"] = [stock["Day"]]
    >>> m = cube.measures
    >>> m["closing"] = al.agg.last(m["Units.SUM"], by=cube.levels["Day"])
    >>> cube.query(m["closing"])["closing"].tolist()
    [7]
    """
    return _end("first", operand, by, per)


def last(
    operand: Operated, /, *, by: Operand | LevelOperand, per: Per | None = None
) -> MeasureExpression:
    """Return the value of the row where another column is greatest, or of the last member.

    Args:
        operand: As for `first`.
        by: As for `first`; of rows with the same value here, the greatest value is taken, and of
            members the last one.
        per: As for `sum`.
    """
    return _end("last", operand, by, per)


def max_member(measure: MeasureExpression, level: LevelOperand, /) -> MeasureExpression:
    """Return the member of a level, within the cell, where a measure is greatest.

    Args:
        measure: What is compared; members where it is null are passed over.
        level: Whose members; of several, the first in the level's order.

    >>> table = session.read_pandas(
    ...     pd.DataFrame({"City": ["Oslo", "Rome", "Rome"], "Units": [1, 2, 3]}), table_name="Sales"
    ... )
    >>> cube = session.create_cube(table)
    >>> h, l, m = cube.hierarchies, cube.levels, cube.measures
    >>> m["x"] = al.agg.max_member(m["Units.SUM"], l["City"])
    >>> cube.query(m["x"])["x"].tolist()
    ['Rome']
    """
    return _best("max_member", measure, level)


def min_member(measure: MeasureExpression, level: LevelOperand, /) -> MeasureExpression:
    """Return the member of a level, within the cell, where a measure is smallest.

    Args:
        measure: As for `max_member`.
        level: As for `max_member`.
    """
    return _best("min_member", measure, level)


def _spread(mode: SpreadMode) -> AggregateOptions:
    chosen("mode", mode, SpreadMode)
    return AggregateOptions(sample=mode == "sample")


def _best(function: str, measure: object, level: object) -> MeasureExpression:
    if not isinstance(level, LevelOperand):
        found, such_as = no_level(level)
        raise InvalidArgument("level", Said(found), f"a level, such as `{such_as}`")
    return BestMember(measure_of(measure, f"agg.{function}"), level, function == "max_member")


def _end(
    function: Literal["first", "last"], operand: object, by: object, per: Per | None
) -> MeasureExpression:
    if isinstance(operand, Operand):
        if isinstance(by, MeasureExpression):
            raise InvalidMeasure(
                f"`agg.{function}` of the column `{operand}` got the measure `{by}` to order by.",
                hint="Order rows by a column; or take a measure, by a level.",
            )
        return _made(function, operand, None, per, other=by)
    measure = measure_of(operand, f"agg.{function}")
    if not isinstance(by, LevelOperand):
        found, such_as = no_level(by)
        raise InvalidMeasure(
            f"`agg.{function}` of the measure `{measure}` is by {found}.",
            hint=f"Give a level: `by={such_as}`.",
        )
    if per is not None:
        raise InvalidMeasure(
            f"`agg.{function}` of the measure `{measure}` got `per`.",
            hint="`per` is about columns of joined tables; leave it out.",
        )
    return EndValue(measure, by, function == "last")


def _made(
    function: AggregateName,
    operand: object,
    scope: object,
    per: Per | None,
    *,
    other: object = None,
    options: AggregateOptions = _PLAIN,
) -> MeasureExpression:
    """Return the aggregate of a column or of a measure."""
    if isinstance(operand, LevelOperand) and scope is not None:
        operand = LevelValue(operand)
    if isinstance(operand, Operand):
        return _of_rows(function, operand, scope, per, other=other, options=options)
    if isinstance(operand, str):
        raise InvalidMeasure(
            f"`agg.{function}` got the text {text_of(operand)}, and needs a column.",
            hint=f"Give it with its table: `table[{text_of(operand)}]`; or give a measure with a "
            f"`scope`: `cube.measures[{text_of(operand)}]`.",
        )
    measure = measure_of(operand, f"agg.{function}")
    if not isinstance(scope, OriginScope | CumulativeScope | SiblingsScope):
        found = "no scope" if scope is None else described(scope)
        raise InvalidMeasure(
            f"`agg.{function}` of the measure `{measure}` got {found}.",
            hint="Say which cells' values are aggregated, as in "
            '`scope=al.OriginScope(cube.levels["City"])`; a column needs no scope.',
        )
    if per is not None:
        raise InvalidMeasure(
            f"`agg.{function}` of the measure `{measure}` got `per`.",
            hint="`per` is about columns of joined tables; leave it out.",
        )
    return ScopedAggregation(function, measure, scope, options)


def _of_rows(
    function: AggregateName,
    operand: Operand,
    scope: object,
    per: Per | None,
    *,
    other: object,
    options: AggregateOptions,
) -> Aggregation:
    if scope is not None:
        raise InvalidMeasure(
            f"`agg.{function}` of the column `{operand}` got a scope.",
            hint="Columns are aggregated over the rows of a cell; leave the scope out, or "
            "aggregate a measure.",
        )
    if per is not None:
        chosen("per", per, Per)
    operands = [operand]
    if other is not None:
        if not isinstance(other, Operand):
            raise InvalidMeasure(
                f"`agg.{function}` got {described(other)} beside the column `{operand}`.",
                hint="Give two columns.",
            )
        operands.append(other)
    for each in operands:
        _check_rows(function, each)
    rows_type(function, [each.data_type for each in operands])
    return Aggregation(function, operand, operands[1] if len(operands) > 1 else None, per, options)


def _check_rows(function: str, operand: Operand) -> None:
    if not references_of(operand):
        raise InvalidMeasure(
            f"`agg.{function}` got `{operand}`, which reads no column.",
            hint="Give a column, or a calculation with columns.",
        )

"""The types of measures, found from the types of what they are made of.

>>> from atomlite.measures.nodes import Aggregation, Named
>>> str(data_type_of(Aggregation("count") / 2, {}))
'double'
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Protocol

import pyarrow as pa

from atomlite.data_types.numbers import is_number
from atomlite.data_types.storage import MAX_PRECISION, is_nested
from atomlite.data_types.values import located, wrong_type
from atomlite.errors import InvalidMeasure, WrongType
from atomlite.expressions.arithmetic import result_type
from atomlite.expressions.calculating import common_type, has_common_number, same_kind
from atomlite.expressions.conditions import And, Condition, Not, Or, text_of
from atomlite.expressions.derived import constant_type
from atomlite.expressions.functions import function_type
from atomlite.measures.aggregations import (
    AggregateName,
    Aggregation,
    BestMember,
    EndValue,
    ScopedAggregation,
)
from atomlite.measures.calculations import (
    Arithmetic,
    Call,
    Constant,
    LevelValue,
    MeasureComparison,
    MeasureExpression,
    MeasureIsIn,
    MeasureIsNull,
    Named,
)
from atomlite.measures.choices import Applied, Where
from atomlite.measures.coordinates import LevelOperand
from atomlite.measures.navigating import (
    At,
    DateShift,
    Filtered,
    Lookup,
    ParentValue,
    Rank,
    Shift,
    Total,
)


class Typed(Protocol):
    """A measure whose type is known."""

    @property
    def data_type(self) -> pa.DataType:
        """The type of its values."""


_ANY = frozenset({"count_distinct", "distinct", "single_value", "min", "max", "first", "last"})
_DOUBLES = frozenset({"mean", "median", "prod", "quantile", "std", "var"})


def aggregate_type(function: AggregateName, types: Sequence[pa.DataType]) -> pa.DataType:
    """Return the type of an aggregate.

    Args:
        function: How many values become one.
        types: The types of its operand, if it has one, and of its second one.

    Raises:
        WrongType: It does not aggregate such values.

    >>> str(aggregate_type("sum", [pa.int8()])), str(aggregate_type("mean", [pa.int8()]))
    ('int64', 'double')
    """
    if function in {"count", "count_distinct"} and (
        function == "count" or not types or not is_nested(types[0])
    ):
        return pa.int64()
    found = _of_values(function, types)
    if found is None:
        shown = " and ".join(map(str, types))
        raise WrongType(
            f"`agg.{function}` got {shown}.",
            hint="Give values with an order: numbers, texts, dates."
            if function in _ANY
            else _numeric_hint(types),
        )
    return found


POSITIONWISE = frozenset({"sum", "mean", "min", "max"})
"""Aggregates that columns of lists have too, position by position."""


def rows_type(function: AggregateName, types: Sequence[pa.DataType]) -> pa.DataType:
    """Return the type of an aggregate of rows, which may be one of lists.

    Args:
        function: As for `aggregate_type`.
        types: As for `aggregate_type`.

    Raises:
        WrongType: It does not aggregate such values.

    >>> str(rows_type("sum", [pa.list_(pa.int8())]))
    'list<item: int64>'
    """
    first = types[0] if types else None
    if function == "count" or not isinstance(first, pa.ListType):
        return aggregate_type(function, types)
    if function in POSITIONWISE and is_number(first.value_type):
        return pa.list_(aggregate_type(function, [first.value_type]))
    raise WrongType(
        f"`agg.{function}` got {first}.",
        hint="Of lists of numbers there are `agg.sum`, `agg.mean`, `agg.min` and `agg.max`, "
        "position by position; or take one value of each list, as in `al.array.sum(column)`.",
    )


def _numeric_hint(types: Sequence[pa.DataType]) -> str:
    if all(map(is_number, types)):
        return "Its exact result has too many digits; add 0.0 to calculate with floats."
    return "Give numbers; of other values there are `agg.count`, `agg.count_distinct`, `agg.min`."


def _of_values(function: AggregateName, types: Sequence[pa.DataType]) -> pa.DataType | None:
    first = types[0]
    if function in _ANY:
        if any(map(is_nested, types)):
            return None
        return pa.list_(first) if function == "distinct" else first
    if not all(map(is_number, types)):
        return None
    if function in _DOUBLES:
        return pa.float64()
    if function in {"square_sum", "sum_product"}:
        product = result_type("*", first, types[-1])
        return None if product is None else _sum_type(product)
    return _sum_type(first)


def _sum_type(data_type: pa.DataType) -> pa.DataType:
    if isinstance(data_type, pa.Decimal128Type):
        return pa.decimal128(MAX_PRECISION, data_type.scale)
    return pa.int64() if pa.types.is_integer(data_type) else pa.float64()


def data_type_of(node: MeasureExpression, measures: Mapping[str, Typed]) -> pa.DataType:
    """Return the type of the values of a measure; that of null for the constant ``None`` alone.

    Args:
        node: The measure.
        measures: The measures of its cube by name, for those that it names.

    Raises:
        WrongType: Values that do not go together.
        InvalidMeasure: It names a measure that is not there, or has no type.
    """
    rule = next(_RULES[kind] for kind in type(node).__mro__ if kind in _RULES)
    return rule(node, measures)


def check_condition(condition: Condition, measures: Mapping[str, Typed]) -> None:
    """Raise `WrongType` for a comparison of measures with values that do not compare.

    Comparisons of levels and columns were checked when they were written.

    Args:
        condition: Any condition; its parts are looked at too.
        measures: As for `data_type_of`.
    """
    match condition:
        case And(conditions=conditions) | Or(conditions=conditions):
            for each in conditions:
                check_condition(each, measures)
        case Not(condition=inner):
            check_condition(inner, measures)
        case MeasureComparison():
            _check_comparison(condition, measures)
        case MeasureIsIn(measure=measure, values=values):
            found = data_type_of(measure, measures)
            for value in values:
                if value is not None:
                    _check_constant(condition, measure, found, value)
        case MeasureIsNull(measure=measure):
            data_type_of(measure, measures)


def _check_comparison(condition: MeasureComparison, measures: Mapping[str, Typed]) -> None:
    left = data_type_of(condition.left, measures)
    if isinstance(condition.right, Constant):
        _check_constant(condition, condition.left, left, condition.right.value)
        return
    right = data_type_of(condition.right, measures)
    if not same_kind(left, right):
        raise WrongType(
            f"Condition `{condition!r}` compares {left} with {right}.",
            hint="Compare values of one kind.",
        )
    if not has_common_number(left, right):
        raise WrongType(
            f"Condition `{condition!r}` needs decimals of more than {MAX_PRECISION} digits.",
            hint="Add 0.0 to one side to compare as floats.",
        )


def _check_constant(
    condition: Condition, measure: MeasureExpression, found: pa.DataType, value: object
) -> None:
    what = f"Condition `{condition!r}`: "
    if is_nested(found):
        message = f"{what}`{measure}` is {found}, which has no comparisons."
        raise WrongType(message, hint="Only `isnull()` can be asked of lists.")
    if value is None:
        raise wrong_type(value, found, column=str(measure), what=what, hint="Use `isnull()`.")
    located(value, found, column=str(measure), what=what)


# ---- one rule for each kind of node ------------------------------------------------------------

_Measures = Mapping[str, Typed]


def _named(node: Named, measures: _Measures) -> pa.DataType:
    if node.name in measures:
        return measures[node.name].data_type
    raise InvalidMeasure(
        f"There is no measure named {text_of(node.name)}.",
        hint="Define it first, or define both at once with `cube.measures.update`.",
    )


def _constant(node: Constant, measures: _Measures) -> pa.DataType:
    del measures
    return constant_type(node.value)


def _level_value(node: LevelValue, measures: _Measures) -> pa.DataType:
    del measures
    return node.level.data_type


def _arithmetic(node: Arithmetic, measures: _Measures) -> pa.DataType:
    types = []
    for side in (node.left, node.right):
        found = data_type_of(side, measures)
        if not is_number(found):
            shown = "null" if pa.types.is_null(found) else str(found)
            raise WrongType(
                f"Calculation `{node}`: `{side}` is {shown}.",
                hint="Only numbers can be calculated with; for dates there is `al.date_diff`.",
            )
        types.append(found)
    result = result_type(node.operator, types[0], types[1])
    if result is None:
        raise WrongType(
            f"Calculation `{node}` of {types[0]} and {types[1]} has no exact result.",
            hint="Add 0.0 to one side to calculate with floats.",
        )
    return result


def _call(node: Call, measures: _Measures) -> pa.DataType:
    return function_type(node.function, [data_type_of(each, measures) for each in node.arguments])


def _aggregation(node: Aggregation, measures: _Measures) -> pa.DataType:
    del measures
    operands = (node.operand, node.other)
    return rows_type(
        node.function, [operand.data_type for operand in operands if operand is not None]
    )


def _scoped(node: ScopedAggregation, measures: _Measures) -> pa.DataType:
    return aggregate_type(node.function, [data_type_of(node.measure, measures)])


def _best_member(node: BestMember, measures: _Measures) -> pa.DataType:
    _check_order(node, data_type_of(node.measure, measures))
    return node.level.data_type


def _where(node: Where, measures: _Measures) -> pa.DataType:
    for condition, _ in node.cases:
        check_condition(condition, measures)
    values = [*(value for _, value in node.cases), node.otherwise]
    return _shared(node, [data_type_of(value, measures) for value in values])


def _same(node: EndValue | Filtered | Total | Shift, measures: _Measures) -> pa.DataType:
    return data_type_of(node.measure, measures)


def _at(node: At, measures: _Measures) -> pa.DataType:
    for level, place in node.coordinates:
        if isinstance(place, LevelOperand) and not same_kind(level.data_type, place.data_type):
            raise WrongType(
                f"`{node}` takes a member of {place.data_type} for one of {level.data_type}.",
                hint="Take levels of one kind.",
            )
        if isinstance(place, Constant) and place.value is not None:
            located(place.value, level.data_type, column=level.label, what=f"`{node}`: ")
    return data_type_of(node.measure, measures)


def _parent_value(node: ParentValue, measures: _Measures) -> pa.DataType:
    found = data_type_of(node.measure, measures)
    if node.total_value is None:
        return found
    return _shared(node, [found, data_type_of(node.total_value, measures)])


def _date_shift(node: DateShift, measures: _Measures) -> pa.DataType:
    found = data_type_of(node.measure, measures)
    if node.fallback != "interpolated":
        return found
    if not is_number(found):
        raise WrongType(
            f"`{node}`: the measure is {found}.", hint="Only numbers can be interpolated."
        )
    return pa.float64()


def _rank(node: Rank, measures: _Measures) -> pa.DataType:
    _check_order(node, data_type_of(node.measure, measures))
    return pa.int64()


def _lookup(node: Lookup, measures: _Measures) -> pa.DataType:
    for _, value in node.keys:
        data_type_of(value, measures)
    return node.column.data_type


def _applied(node: Applied, measures: _Measures) -> pa.DataType:
    for argument in node.arguments:
        data_type_of(argument, measures)
    return node.data_type


def _check_order(node: MeasureExpression, found: pa.DataType) -> None:
    if is_nested(found):
        message = f"`{node}`: the measure is {found}, which has no order."
        raise WrongType(message, hint="Take one element or an aggregate of the list.")


def _shared(node: MeasureExpression, types: Sequence[pa.DataType]) -> pa.DataType:
    common = common_type(types)
    if common is None:
        shown = " and ".join(dict.fromkeys(map(str, types)))
        raise WrongType(f"`{node}` has values of {shown}.", hint="Give values of one kind.")
    if pa.types.is_null(common):
        raise InvalidMeasure(f"`{node}` is null everywhere.", hint="Give one value or more.")
    return common


_RULES: dict[type, Callable[[Any, _Measures], pa.DataType]] = {
    Aggregation: _aggregation,
    Applied: _applied,
    Arithmetic: _arithmetic,
    At: _at,
    BestMember: _best_member,
    Call: _call,
    Constant: _constant,
    DateShift: _date_shift,
    EndValue: _same,
    Filtered: _same,
    LevelValue: _level_value,
    Lookup: _lookup,
    Named: _named,
    ParentValue: _parent_value,
    Rank: _rank,
    ScopedAggregation: _scoped,
    Shift: _same,
    Total: _same,
    Where: _where,
}

"""Functions that choose values, look them up, or ask Python for them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from atomlite.data_types.names import parse_data_type
from atomlite.errors import InvalidArgument, InvalidMeasure, WrongType
from atomlite.expressions import derived
from atomlite.expressions.columns import Column, Operand
from atomlite.expressions.conditions import Condition
from atomlite.expressions.rendering import references_of
from atomlite.expressions.time_functions import DateUnit
from atomlite.measures.arguments import MISSING, Shown, chosen, pairs
from atomlite.measures.calculations import (
    MeasureExpression,
    expression,
    expressions_in,
    is_many,
)
from atomlite.measures.choices import Applied, Where
from atomlite.measures.coordinates import LevelOperand
from atomlite.measures.handles import checked_value, measure_of
from atomlite.measures.moving import check_levels
from atomlite.measures.navigating import Lookup
from atomlite.measures.rows_or_cells import called, of_rows

__all__ = ["apply", "date_diff", "lookup", "switch", "where"]

_MISSING: Any = object()


def where(
    condition: Condition | Mapping[Condition, object],
    value: object = _MISSING,
    otherwise: object = None,
    /,
    *,
    default: object = _MISSING,
) -> Any:  # noqa: ANN401 -- a measure, or an operand when it is about columns
    """Return one value where a condition holds, and another where not.

    ``where(condition, value, otherwise)``, or ``where({condition: value, ...}, default=otherwise)``
    for the first condition that holds. A condition that is null does not hold; in a cell, a level
    that is not expressed is null.

    Args:
        condition: About measures and levels, in each cell; or about columns, in each row, which
            makes something to aggregate.
        value: A measure or a constant; or a column.
        otherwise: The same, of the same kind.
        default: As ``otherwise``, for the form with a dict.

    Raises:
        InvalidMeasure: Columns beside measures.

    >>> sales = session.read_pandas(
    ...     pd.DataFrame({"Units": [1, -2], "Price": [3.0, 4.0]}), table_name="Sales"
    ... )
    >>> al.agg.sum(al.where(sales["Units"] > 0, sales["Price"], 0.0))
    agg.sum(where(Units > 0, Price, 0.0))
    """
    if isinstance(condition, Mapping):
        if value is not _MISSING or not condition:
            expected = "a dict of conditions and values, and nothing but `default=` beside it"
            raise InvalidArgument("condition", dict(condition), expected)
        cases: list[tuple[object, object]] = list(condition.items())
        last = None if default is _MISSING else default
    else:
        if value is _MISSING:
            raise InvalidArgument("value", MISSING, "a measure, a column or a constant")
        if default is not _MISSING:
            raise InvalidArgument("default", default, "left out; it goes with a dict of conditions")
        cases, last = [(condition, value)], otherwise
    return _chosen(list(map(_case, cases)), last)


def switch(subject: object, cases: Mapping[object, object], /, *, default: object = None) -> Any:  # noqa: ANN401 -- as `where`
    """Return the value of the first case that equals the subject.

    Args:
        subject: A measure or a level; or a column.
        cases: A value for each constant, or for each tuple of constants; ``None`` is no value.
        default: The value where no case is equal.

    >>> sales = session.read_pandas(pd.DataFrame({"Shop": ["a", "b"]}), table_name="Sales")
    >>> al.switch(sales["Shop"], {"a": 1, ("b", "c"): 2}, default=0)
    where({Shop == "a": 1, Shop.isin("b", "c"): 2}, default=0)
    """
    checked = checked_value(subject, "switch")
    conditions: list[tuple[Condition, object]] = []
    for case, value in pairs("cases", cases, "a dict of constants and values"):
        if isinstance(case, Operand | MeasureExpression):
            raise InvalidArgument("cases", case, "a dict with constants as keys; see `al.where`")
        try:
            conditions.append((_equal(checked, case), value))
        except WrongType as error:
            what = error.message.removeprefix("Filter ")
            raise WrongType(
                f"`switch` got the case {what}", hint=error.hint, details=error.details
            ) from error
    return _chosen(conditions, default)


def lookup(column: Column, keys: Mapping[str | Column, object], /) -> MeasureExpression:
    """Return a value of the row of a table that has some keys.

    Null where there is no such row, or where one of the keys is null.

    Args:
        column: A column of any table of the session, joined or not.
        keys: For each key column of the table: a measure, a level or a constant.

    >>> rates = session.read_pandas(
    ...     pd.DataFrame({"Currency": ["EUR"], "Rate": [1.1]}),
    ...     table_name="Rates",
    ...     keys=["Currency"],
    ... )
    >>> al.lookup(rates["Rate"], {"Currency": "EUR"})
    lookup(Rates["Rate"], {"Currency": "EUR"})
    """
    given: object = column
    if not isinstance(given, Column):
        expected = 'a column of a table, such as `rates["Rate"]`'
        raise InvalidArgument("column", Shown(given), expected)
    expected = 'a value for each key column, such as `{"Currency": cube.levels["Currency"]}`'
    found: dict[str, MeasureExpression] = {}
    for key, value in pairs("keys", keys, expected):
        if isinstance(key, Column) and key.table != column.table:
            raise InvalidArgument("keys", key, f"columns of the table {column.table!r}")
        name = key.name if isinstance(key, Column) else key
        if not isinstance(name, str) or name in found:
            raise InvalidArgument("keys", Shown(key), "the name of a column, each once")
        found[name] = expression(value)
    return Lookup(column, tuple(found.items()))


def date_diff(from_date: object, to_date: object, /, unit: DateUnit = "days") -> Any:  # noqa: ANN401 -- as `where`
    """Return the time from one date to another, in whole units that have passed.

    Negative where the second is earlier. A month has passed at the same day of the next one, or at
    its last day when it has no such day.

    Args:
        from_date: A measure, a level, a column or a constant; dates or timestamps.
        to_date: The same. Of timestamps with a zone, calendar units are those of the zone of
            the first.
        unit: ``"years"``, ``"quarters"``, ``"months"``, ``"weeks"``, ``"days"``, ``"hours"``,
            ``"minutes"`` or ``"seconds"``.

    >>> loans = session.read_pandas(
    ...     pd.DataFrame({"From": [pd.Timestamp("2026-01-31")], "To": pd.Timestamp("2026-02-28")}),
    ...     table_name="Loans",
    ... )
    >>> months = al.date_diff(loans["From"], loans["To"], "months")
    >>> months
    date_diff(From, To, "months")
    >>> loans.query(filter=months == 1).shape
    (1, 2)
    """
    chosen("unit", unit, DateUnit)
    for value in (from_date, to_date):
        if isinstance(value, Operand | MeasureExpression):
            return called(f"date_diff:{unit}", [from_date, to_date])
    return called(f"date_diff:{unit}", [checked_value(from_date, "date_diff"), to_date])


def apply(
    function: Callable[..., object],
    /,
    *measures: object,
    data_type: object,
) -> MeasureExpression:
    """Return a Python function of measures.

    It is called once for each level of a result, totals included, never for rows: with an Arrow
    array of each measure, which has one value per cell, and returns as many values.

    Args:
        function: Takes as many Arrow arrays as there are measures; returns an Arrow array, a NumPy
            array, a list or a pandas series.
        measures: One or more.
        data_type: The type of what it returns, such as ``"double"``.

    Raises:
        UnknownDataType: There is no such type.

    >>> sales = session.read_pandas(pd.DataFrame({"Units": [1, 2]}), table_name="Sales")
    >>> def doubled(units):
    ...     return [2 * each.as_py() for each in units]
    >>> al.apply(doubled, al.agg.sum(sales["Units"]), data_type="int64")
    apply(doubled, agg.sum(Units))
    """
    if not callable(function):
        raise InvalidArgument("function", Shown(function), "a function of Arrow arrays")
    if not measures:
        raise InvalidArgument("measures", MISSING, "one measure or more")
    given = tuple(measure_of(measure, "apply") for measure in measures)
    return Applied(function, given, parse_data_type(data_type))


def _equal(subject: Operand | MeasureExpression, case: object) -> Condition:
    if is_many(case):
        return subject.isin(case)
    return subject.isnull() if case is None else subject == case


def _case(pair: tuple[object, object]) -> tuple[Condition, object]:
    condition, value = pair
    if not isinstance(condition, Condition):
        expected = 'a condition, such as `cube.measures["Revenue"] > 0`'
        raise InvalidArgument("condition", Shown(condition), expected)
    return condition, value


def _chosen(cases: list[tuple[Condition, object]], otherwise: object) -> object:
    """Return the choice of rows or of cells."""
    values = [*(value for _, value in cases), otherwise]
    conditions = [condition for condition, _ in cases]
    references = [each for condition in conditions for each in references_of(condition)]
    about_cells = any(isinstance(each, LevelOperand) for each in references) or any(
        True for condition in conditions for _ in expressions_in(condition)
    )
    about_rows = any(isinstance(each, Column) for each in references) or of_rows(values)
    if about_rows and not about_cells:
        for value in values:
            if isinstance(value, MeasureExpression):
                raise InvalidMeasure(
                    f"`where` got the measure `{value}` beside a condition about columns.",
                    hint="In a cell, only levels and measures have a value.",
                )
        return derived.choice(cases, otherwise)
    for condition in conditions:
        check_levels(condition, "where")
    pairs = tuple((condition, expression(value)) for condition, value in cases)
    return Where(pairs, expression(otherwise))

"""Types and SQL of the functions of lists: ``array.*`` and ``element``.

Elements without a value are passed over, unless a function keeps positions. Positions count from 0.
"""

from __future__ import annotations

from collections.abc import Callable

import pyarrow as pa

from atomlite.data_types.numbers import is_number
from atomlite.data_types.storage import MAX_PRECISION, is_nested, sql_type
from atomlite.expressions.calculating import common_type
from atomlite.expressions.signatures import Given, Signature

_E, _I = "_element_", "_place_"


# ---- types -------------------------------------------------------------------------------------


def _element(given: Given) -> pa.DataType | None:
    """Return the type of the elements of the first argument, ``None`` when it is no list."""
    found = given.types[0] if given.types else None
    return found.value_type if isinstance(found, pa.ListType) else None


def _numeric(given: Given) -> pa.DataType | None:
    """Return the type to calculate with elements that are numbers."""
    found = _element(given)
    if found is None or not is_number(found):
        return None
    if pa.types.is_decimal(found):
        return found
    return pa.int64() if pa.types.is_integer(found) else pa.float64()


def _ordered(given: Given) -> pa.DataType | None:
    """Return the type of elements that have an order."""
    found = _element(given)
    return None if found is None or is_nested(found) else found


def _summed(given: Given) -> pa.DataType | None:
    found = _numeric(given)
    if isinstance(found, pa.Decimal128Type):
        return pa.decimal128(MAX_PRECISION, found.scale)
    return found


def _double(given: Given) -> pa.DataType | None:
    return pa.float64() if _numeric(given) is not None else None


def _list_of(rule: Callable[[Given], pa.DataType | None]) -> Callable[[Given], pa.DataType | None]:
    def data_type(given: Given) -> pa.DataType | None:
        found = rule(given)
        return None if found is None else pa.list_(found)

    return data_type


def _length(given: Given) -> pa.DataType | None:
    return None if _element(given) is None else pa.int64()


def _with_count(
    rule: Callable[[Given], pa.DataType | None],
) -> Callable[[Given], pa.DataType | None]:
    """Return the rule for a list and a whole number."""

    def data_type(given: Given) -> pa.DataType | None:
        counted = len(given.types) == 2 and pa.types.is_integer(given.types[1])  # noqa: PLR2004 -- a pair
        return rule(given) if counted else None

    return data_type


def _with_number(
    rule: Callable[[Given], pa.DataType | None],
) -> Callable[[Given], pa.DataType | None]:
    """Return the rule for a list and a number."""

    def data_type(given: Given) -> pa.DataType | None:
        return rule(given) if len(given.types) == 2 and is_number(given.types[1]) else None  # noqa: PLR2004 -- a pair

    return data_type


def _replaced(given: Given) -> pa.DataType | None:
    """Return the type of a list whose elements and their substitutes are of one kind."""
    found = _ordered(given)
    common = None if found is None else common_type([found, *given.types[1:]])
    return None if common is None else pa.list_(common)


# ---- SQL ---------------------------------------------------------------------------------------


def _numbers(given: Given) -> str:
    """Return the list, ready to calculate with."""
    return given.cast(pa.list_(_numeric(given) or pa.float64()))


def _doubles(given: Given) -> str:
    return given.cast(pa.list_(pa.float64()))


def _sum(given: Given) -> str:
    summed = _summed(given) or pa.float64()
    text = f"list_sum({_numbers(given)})"
    return f"CAST({text} AS BIGINT)" if pa.types.is_integer(summed) else text


def _of_numbers(function: str) -> Callable[[Given], str]:
    return lambda given: f"{function}({_numbers(given)})"


def _of_doubles(function: str) -> Callable[[Given], str]:
    return lambda given: f"{function}({_doubles(given)})"


def _spread(function: str) -> Callable[[Given], str]:
    def sql(given: Given) -> str:
        name = f"{function}_{'samp' if given.options == ('sample',) else 'pop'}"
        # The engine's spread of NaN alone is 0; with the sum, it is NaN.
        return Given((), (), (_doubles(given),)).once(
            lambda values: f"{name}({values}) + 0 * list_sum({values})"
        )

    return sql


def _extreme(direction: str) -> Callable[[Given], str]:
    return lambda given: f"list_extract({_sorted(given.texts[0], direction)}, 1)"


def _sorted(text: str, direction: str) -> str:
    return f"list_sort({text}, '{direction}', 'NULLS LAST')"


def _present(text: str) -> str:
    return f"list_filter({text}, lambda {_E}: {_E} IS NOT NULL)"


def _sort(given: Given) -> str:
    return _sorted(given.texts[0], given.options[0].upper())


def _first_of(direction: str) -> Callable[[Given], str]:
    """Return the rule for the first n elements in an order."""

    def sql(given: Given) -> str:
        def body(values: str, count: str) -> str:
            return (
                f"CASE WHEN {count} >= 0 "
                f"THEN list_slice({_sorted(_present(values), direction)}, 1, {count}) END"
            )

        return given.once(body)

    return sql


def _nth(direction: str) -> Callable[[Given], str]:
    def sql(given: Given) -> str:
        def body(values: str, place: str) -> str:
            ranked = _sorted(_present(values), direction)
            return f"CASE WHEN {place} >= 1 THEN list_extract({ranked}, {place}) END"

        return given.once(body)

    return sql


def _places(values: str, direction: str) -> str:
    """Return the positions, from 1, of elements with a value in an order, ties as they come."""
    # The engine's list_grade_up orders ties at will.
    sign = "-" if direction == "DESC" else ""
    paired = f"list_transform({values}, lambda {_E}, {_I}: {{'value': {_E}, 'place': {sign}{_I}}})"
    kept = f"list_filter({paired}, lambda {_E}: {_E}.value IS NOT NULL)"
    ranked = f"list_sort({kept}, '{direction}', 'NULLS LAST')"
    return f"list_transform({ranked}, lambda {_E}: {sign}{_E}.place)"


def _first_places(direction: str) -> Callable[[Given], str]:
    """Return the rule for the positions of the first n elements in an order."""

    def sql(given: Given) -> str:
        def body(values: str, count: str) -> str:
            places = f"list_slice({_places(values, direction)}, 1, {count})"
            return (
                f"CASE WHEN {count} >= 0 THEN list_transform({places}, lambda {_I}: {_I} - 1) END"
            )

        return given.once(body)

    return sql


def _clipped(operator: str) -> Callable[[Given], str]:
    """Return the rule for a list whose elements of one sign are 0."""

    def sql(given: Given) -> str:
        found = _numeric(given) or pa.float64()
        clip = f"CASE WHEN {_E} {operator} 0 THEN CAST(0 AS {sql_type(found)}) ELSE {_E} END"
        return f"list_transform({_numbers(given)}, lambda {_E}: {clip})"

    return sql


def _prefix_sum(given: Given) -> str:
    found = _summed(given) or pa.float64()
    numbers = Given((), given.types[:1], (_numbers(given),))

    def body(values: str) -> str:
        sum_ = f"CAST(list_sum(list_slice({values}, 1, {_I})) AS {sql_type(found)})"
        kept = f"CASE WHEN {_E} IS NOT NULL THEN {sum_} END"
        return f"list_transform({values}, lambda {_E}, {_I}: {kept})"

    return numbers.once(body)


def place_sql(mode: str, q: str, count: str) -> str:
    """Return the SQL of where the quantile lies among sorted values, from 1 to their number.

    >>> place_sql("inc", "q", "n")
    'greatest(1.0, least(CAST(n AS DOUBLE), q * (n - 1) + 1))'
    """
    place = {
        "simple": f"{q} * {count}",
        "centered": f"{q} * {count} + 0.5",
        "exc": f"{q} * ({count} + 1)",
        "inc": f"{q} * ({count} - 1) + 1",
    }[mode]
    return f"greatest(1.0, least(CAST({count} AS DOUBLE), {place}))"


def neighbour_sql(interpolation: str, place: str) -> str:
    """Return the SQL of the one position that a place between two values stands for.

    The nearer of two; of two that are equally near, the even one.
    """
    if interpolation == "lower":
        return f"CAST(floor({place}) AS BIGINT)"
    if interpolation == "higher":
        return f"CAST(ceil({place}) AS BIGINT)"
    return f"CAST(round_even({place}, 0) AS BIGINT)"


def quantile_sql(values: str, place: str, interpolation: str) -> str:
    """Return the SQL of a quantile of sorted doubles without nulls; the texts must be short.

    Args:
        values: SQL of the list.
        place: SQL of the place, see `place_sql`.
        interpolation: What to take between two values.
    """
    if interpolation in {"lower", "higher", "nearest"}:
        return f"list_extract({values}, {neighbour_sql(interpolation, place)})"
    low, high = (
        f"list_extract({values}, {neighbour_sql(side, place)})" for side in ("lower", "higher")
    )
    if interpolation == "midpoint":
        return f"({low} + {high}) / 2"
    share = f"{place} - floor({place})"
    return f"CASE WHEN {share} = 0 THEN {low} ELSE {low} + ({high} - {low}) * ({share}) END"


def _at_place(given: Given, body: Callable[[str, str, str], str]) -> str:
    """Return SQL of a list and a place among its values, null for a share outside of 0 to 1."""

    def with_place(values: str, share: str) -> str:
        count = f"len({_present(values)})"
        place = place_sql(given.options[0], share, count)
        inside = f"CASE WHEN {share} BETWEEN 0 AND 1 AND {count} > 0 THEN {place} END"
        sorted_values = _sorted(_present(values), "ASC")
        found = Given((), (), (values, sorted_values, inside))
        return found.once(body)

    texts = _doubles(given), given.cast(pa.float64(), 1)
    return Given((), (), texts).once(with_place)


def _quantile(given: Given) -> str:
    return _at_place(
        given, lambda _, ordered, place: quantile_sql(ordered, place, given.options[1])
    )


def _quantile_index(given: Given) -> str:
    def body(values: str, _: str, place: str) -> str:
        position = neighbour_sql(given.options[1], place)
        return f"list_extract({_places(values, 'ASC')}, {position}) - 1"

    return _at_place(given, body)


def _replace(given: Given) -> str:
    found = _replaced(given)
    element = found.value_type if isinstance(found, pa.ListType) else given.types[0]
    constants = [given.cast(element, position) for position in range(1, len(given.texts))]
    pairs = zip(constants[::2], constants[1::2], strict=True)
    whens = " ".join(f"WHEN {_E} IS NOT DISTINCT FROM {old} THEN {new}" for old, new in pairs)
    values = given.cast(pa.list_(element))
    return f"list_transform({values}, lambda {_E}: CASE {whens} ELSE {_E} END)"


def _at(given: Given) -> str:
    def body(values: str, place: str) -> str:
        shift = f"CASE WHEN {place} >= 0 THEN 1 ELSE 0 END"
        return f"list_extract({values}, {place} + {shift})"

    texts = given.texts[0], given.cast(pa.int64(), 1)
    return Given((), (), texts).once(body)


def _len(given: Given) -> str:
    return f"len({given.texts[0]})"


_LIST = "a list"
_NUMBERS = "a list of numbers"
_COUNTED = "a list and a whole number"
_SHARED = "a list of numbers and a number from 0 to 1"

FUNCTIONS: dict[str, Signature] = {
    "array.len": Signature(_length, _len, _LIST),
    "array.sum": Signature(_summed, _sum, _NUMBERS),
    "array.mean": Signature(_double, _of_doubles("list_avg"), _NUMBERS),
    "array.min": Signature(_ordered, _extreme("ASC"), _LIST),
    "array.max": Signature(_ordered, _extreme("DESC"), _LIST),
    "array.prod": Signature(_double, _of_doubles("list_product"), _NUMBERS),
    "array.std": Signature(_double, _spread("list_stddev"), _NUMBERS),
    "array.var": Signature(_double, _spread("list_var"), _NUMBERS),
    "array.sort": Signature(_list_of(_ordered), _sort, _LIST),
    "array.n_greatest": Signature(_with_count(_list_of(_ordered)), _first_of("DESC"), _COUNTED),
    "array.n_lowest": Signature(_with_count(_list_of(_ordered)), _first_of("ASC"), _COUNTED),
    "array.nth_greatest": Signature(_with_count(_ordered), _nth("DESC"), _COUNTED),
    "array.nth_lowest": Signature(_with_count(_ordered), _nth("ASC"), _COUNTED),
    "array.n_greatest_indices": Signature(
        _with_count(_list_of(_length)), _first_places("DESC"), _COUNTED
    ),
    "array.n_lowest_indices": Signature(
        _with_count(_list_of(_length)), _first_places("ASC"), _COUNTED
    ),
    "array.negative_values": Signature(_list_of(_numeric), _clipped(">"), _NUMBERS),
    "array.positive_values": Signature(_list_of(_numeric), _clipped("<"), _NUMBERS),
    "array.prefix_sum": Signature(_list_of(_summed), _prefix_sum, _NUMBERS),
    "array.quantile": Signature(_with_number(_double), _quantile, _SHARED),
    "array.quantile_index": Signature(
        _with_number(lambda given: _double(given) and pa.int64()), _quantile_index, _SHARED
    ),
    "array.replace": Signature(_replaced, _replace, "a list and substitutes of the same kind"),
    "element": Signature(_with_count(_element), _at, "a list and a whole number"),
}
"""Every function of lists by its name."""

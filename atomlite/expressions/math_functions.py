"""Types and SQL of the functions of numbers: ``math.*``."""

from __future__ import annotations

import math
from collections.abc import Callable

import pyarrow as pa

from atomlite.data_types.storage import MAX_PRECISION, is_nested, sql_type
from atomlite.expressions.calculating import as_type, common_type
from atomlite.expressions.signatures import Given, Signature

_SERIES_TERMS = 130
"""Of erf: enough for doubles up to 6, from where on it is 1."""


def _kept(given: Given) -> pa.DataType | None:
    """Return the type of a number that stays of its kind, in its widest form."""
    if not given.numbers():
        return None
    (found,) = given.types
    if pa.types.is_decimal(found):
        return found
    return pa.int64() if pa.types.is_integer(found) else pa.float64()


def _whole(given: Given) -> pa.DataType | None:
    found = _kept(given)
    if isinstance(found, pa.Decimal128Type):
        return pa.decimal128(min(MAX_PRECISION, found.precision - found.scale + 1), 0)
    return found


def _rounded(given: Given) -> pa.DataType | None:
    found = _kept(given)
    if not isinstance(found, pa.Decimal128Type) or int(given.options[0]) >= found.scale:
        return found
    scale = max(0, int(given.options[0]))
    return pa.decimal128(min(MAX_PRECISION, found.precision - found.scale + 1 + scale), scale)


def _double(given: Given) -> pa.DataType | None:
    return pa.float64() if given.numbers() else None


def _boolean(given: Given) -> pa.DataType | None:
    return pa.bool_() if given.numbers() else None


def _alike(given: Given) -> pa.DataType | None:
    """Return the type that two or more arguments share and that has an order."""
    found = common_type(given.types)
    if found is None or is_nested(found) or any(map(pa.types.is_null, given.types)):
        return None
    return found


def _abs(given: Given) -> str:
    return f"abs({given.cast(_kept(given) or given.types[0])})"


def _to_whole(function: str) -> Callable[[Given], str]:
    def sql(given: Given) -> str:
        whole = _whole(given) or given.types[0]
        if pa.types.is_integer(whole):
            return given.cast(whole)
        if pa.types.is_decimal(whole):
            return f"CAST({function}({given.texts[0]}) AS {sql_type(whole)})"
        return f"{function}({given.cast(whole)})"

    return sql


def _round(given: Given) -> str:
    kept, rounded = _kept(given), _rounded(given)
    digits = int(given.options[0])
    if kept is None or rounded is None or (not pa.types.is_floating(kept) and kept == rounded):
        if rounded is not None and pa.types.is_integer(rounded) and digits < 0:
            return f"round({given.cast(rounded)}, {digits})"
        return given.cast(rounded or given.types[0])
    text = f"round({given.cast(kept)}, {digits})"
    return f"CAST({text} AS {sql_type(rounded)})" if pa.types.is_decimal(rounded) else text


def _of_double(template: str) -> Callable[[Given], str]:
    """Return the rule for a function of a double that may name it more than once."""

    def sql(given: Given) -> str:
        double = Given((), (pa.float64(),), (given.cast(pa.float64()),))
        return double.once(template.format)

    return sql


def _isnan(given: Given) -> str:
    if pa.types.is_floating(given.types[0]):
        return f"isnan({given.texts[0]})"
    return f"isnan({given.cast(pa.float64())})"


def _extreme(function: str) -> Callable[[Given], str]:
    def sql(given: Given) -> str:
        common = _alike(given) or given.types[0]
        pairs = zip(given.texts, given.types, strict=True)
        texts = tuple(as_type(text, found, common) for text, found in pairs)

        def body(*values: str) -> str:
            nulls = " OR ".join(f"{value} IS NULL" for value in values)
            return f"CASE WHEN {nulls} THEN NULL ELSE {function}({', '.join(values)}) END"

        return Given((), (common,) * len(texts), texts).once(body)

    return sql


def _erf() -> str:
    """Return erf as its series with positive terms only, x·e^(-x²)·2/√π·Σ (2x²)ⁿ/(2n+1)!!."""
    series = "1"
    for number in range(_SERIES_TERMS, 0, -1):
        series = f"1 + {{0}} * {{0}} * {2 / (2 * number + 1)!r} * ({series})"
    near = f"{{0}} * exp(-({{0}} * {{0}})) * {2 / math.sqrt(math.pi)!r} * ({series})"
    far = "CASE WHEN {0} < 0 THEN -1.0 ELSE 1.0 END"
    return f"CASE WHEN isnan({{0}}) THEN {{0}} WHEN abs({{0}}) >= 6 THEN {far} ELSE {near} END"


_NUMBER = "one number"
_ALIKE = "values of one kind: numbers, texts, dates"

FUNCTIONS: dict[str, Signature] = {
    "math.abs": Signature(_kept, _abs, _NUMBER),
    "math.ceil": Signature(_whole, _to_whole("ceil"), _NUMBER),
    "math.floor": Signature(_whole, _to_whole("floor"), _NUMBER),
    "math.round": Signature(_rounded, _round, _NUMBER),
    "math.exp": Signature(_double, _of_double("exp({0})"), _NUMBER),
    "math.log": Signature(_double, _of_double("CASE WHEN {0} > 0 THEN ln({0}) END"), _NUMBER),
    "math.log10": Signature(_double, _of_double("CASE WHEN {0} > 0 THEN log10({0}) END"), _NUMBER),
    "math.sqrt": Signature(_double, _of_double("CASE WHEN {0} >= 0 THEN sqrt({0}) END"), _NUMBER),
    "math.sin": Signature(
        _double, _of_double("CASE WHEN NOT isinf({0}) THEN sin({0}) END"), _NUMBER
    ),
    "math.cos": Signature(
        _double, _of_double("CASE WHEN NOT isinf({0}) THEN cos({0}) END"), _NUMBER
    ),
    "math.tan": Signature(
        _double, _of_double("CASE WHEN NOT isinf({0}) THEN tan({0}) END"), _NUMBER
    ),
    "math.erf": Signature(_double, _of_double(_erf()), _NUMBER),
    "math.isnan": Signature(_boolean, _isnan, _NUMBER),
    "math.min": Signature(_alike, _extreme("least"), _ALIKE),
    "math.max": Signature(_alike, _extreme("greatest"), _ALIKE),
}
"""Every function of numbers by its name."""

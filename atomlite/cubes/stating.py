"""What a person says of a measure: whether it adds up, how it is shown. Checked. Pure."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING

import pyarrow as pa

from atomlite.cubes.names import hierarchy_named
from atomlite.cubes.results.formatting import check_formatter
from atomlite.data_types.numbers import is_number
from atomlite.errors import InvalidArgument
from atomlite.measures.additivity import Additivity

if TYPE_CHECKING:
    from atomlite.cubes.model import CubeModel

_EXPECTED = (
    '"additive", "non-additive", `al.Additivity("semi-additive", not_over=[h["Date"]])` with the '
    "hierarchies over which it does not add up, or None to infer it"
)

_FORMATTERS = (
    'a format specification of Python such as ",.2f" with a width and precision of at most 100, '
    "or a pattern such as DOUBLE[#,##0.00], INT[#,##0] or DATE[yyyy-MM-dd], or None"
)


def stated_additivity(value: object, model: CubeModel) -> Additivity:
    """Return what was assigned as the additivity of a measure of a cube.

    Args:
        value: The word for it, or an `Additivity` with hierarchies, their keys or names.
        model: The cube.

    Raises:
        InvalidArgument: It is neither, or it is not said over what it does not add up.
        HierarchyNotFound, AmbiguousName: The cube has no such hierarchy, or several.
    """
    try:
        given = value if isinstance(value, Additivity) else Additivity(value)  # type: ignore[arg-type] # checked there
    except InvalidArgument as error:
        raise InvalidArgument("additivity", value, _EXPECTED) from error
    over: object = given.not_over
    if not isinstance(over, list | tuple) or bool(over) != (given.kind == "semi-additive"):
        raise InvalidArgument("additivity", value, _EXPECTED)
    keys = dict.fromkeys(hierarchy_named(each, model).key for each in over)
    return Additivity(given.kind, tuple(keys))


def checked_formatter(text: str) -> str:
    """Return a formatter that is well formed.

    Raises:
        InvalidArgument: It is none.

    >>> checked_formatter("#,##0")
    Traceback (most recent call last):
    ...
    atomlite.errors.InvalidArgument: formatter is '#,##0'. It must be DOUBLE[#,##0], in brackets.
    """
    try:
        check_formatter(text)
    except ValueError as error:
        raise InvalidArgument("formatter", text, _formatter_for(text, str(error))) from error
    return text


def _formatter_for(text: str, reason: str) -> str:
    """Return what a text that is no formatter must be."""
    if text.endswith("]"):
        return f"one that works: {reason}"
    if "#" in text:
        with suppress(ValueError):
            check_formatter(f"DOUBLE[{text}]")
            return f"DOUBLE[{text}], in brackets"
    return _FORMATTERS


def check_fit(formatter: str, name: str, data_type: pa.DataType) -> None:
    """Check that values of a type can be shown by a formatter.

    Args:
        formatter: One that is well formed.
        name: The measure.
        data_type: The type of its values.

    Raises:
        InvalidArgument: They cannot.
    """
    dates = pa.types.is_date(data_type) or pa.types.is_timestamp(data_type)
    if formatter.startswith("DATE["):
        fits = dates
    elif formatter.startswith(("DOUBLE[", "INT[")):
        fits = is_number(data_type)
    elif is_number(data_type):
        fits = _formats(1 if pa.types.is_integer(data_type) else 1.5, formatter)
    else:
        fits = pa.types.is_string(data_type) and _formats("text", formatter)
    if not fits:
        expected = f'one for values of "{name}", which are {data_type}'
        if is_number(data_type):
            expected += ', such as ",.2f"'
        elif dates:
            expected += ", such as DATE[yyyy-MM-dd]"
        raise InvalidArgument("formatter", formatter, f"{expected}, or None")


def _formats(value: object, formatter: str) -> bool:
    try:
        format(value, formatter)
    except (ValueError, TypeError):
        return False
    return True

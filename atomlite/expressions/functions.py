"""Functions of values, by name: their types and their SQL, of columns and of measures alike.

A name may carry fixed options after colons: ``"math.round:2"``, ``"date_diff:months"``. Every
function of a null is null, unless its description says otherwise.

>>> str(function_type("math.sqrt", [pa.int64()]))
'double'
>>> function_sql("math.abs", ["a"], [pa.float64()])
'abs(a)'
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import pyarrow as pa  # noqa: TC002 -- the example uses it

from atomlite.errors import WrongType
from atomlite.expressions import array_functions, math_functions, time_functions
from atomlite.expressions.conditions import text_of
from atomlite.expressions.signatures import Given, Signature

__all__ = ["call_text", "function_sql", "function_type"]

_FUNCTIONS: dict[str, Signature] = {
    **math_functions.FUNCTIONS,
    **array_functions.FUNCTIONS,
    **time_functions.FUNCTIONS,
}


def function_type(name: str, types: Sequence[pa.DataType]) -> pa.DataType:
    """Return the type of what a function gives for arguments of some types.

    Args:
        name: With its options.
        types: Logical types of the arguments.

    Raises:
        WrongType: It takes no such arguments.
    """
    function, *options = name.split(":")
    signature = _FUNCTIONS[function]
    found = signature.data_type(Given(tuple(options), tuple(types)))
    if found is None:
        shown = " and ".join(map(str, types))
        raise WrongType(f"`{function}` got {shown}.", hint=f"It needs {signature.needs}.")
    return found


def function_sql(name: str, arguments: Sequence[str], types: Sequence[pa.DataType]) -> str:
    """Return the SQL of a function whose `function_type` is known.

    Args:
        name: With its options.
        arguments: SQL of the arguments.
        types: Logical types of the arguments.
    """
    function, *options = name.split(":")
    return _FUNCTIONS[function].sql(Given(tuple(options), tuple(types), tuple(arguments)))


def call_text(name: str, arguments: Iterable[object]) -> str:
    """Return a call as Python writes it.

    >>> call_text("date_diff:months", ["a", "b"]), call_text("math.round:2", ["a"])
    ('date_diff(a, b, "months")', 'math.round(a, 2)')
    """
    function, *options = name.split(":")
    shown = [option if option.lstrip("-").isdigit() else text_of(option) for option in options]
    return f"{function}({', '.join([*map(str, arguments), *shown])})"

"""What Python and NumPy would do with an expression, and what was meant instead.

>>> from atomlite.expressions.columns import Column
>>> shop, units = Column("Sales", "Shop", pa.string()), Column("Sales", "Units", pa.int64())
>>> units > 3 & shop == "a"
Traceback (most recent call last):
...
atomlite.errors.ConditionMisused: `3 & Shop` does not join two conditions. Put brackets around each
comparison, as in `(a == 1) & (b == 2)`: `&` and `|` bind more tightly than `==` and `<`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NoReturn

import pyarrow as pa  # noqa: F401 -- for the example

from atomlite.errors import ConditionMisused, WrongType

__all__ = ["Expressive", "unjoined"]

_BRACKETS = (
    "Put brackets around each comparison, as in `(a == 1) & (b == 2)`: `&` and `|` bind more "
    "tightly than `==` and `<`."
)
_OPERATORS = {
    "add": ("__add__", "__radd__"),
    "subtract": ("__sub__", "__rsub__"),
    "multiply": ("__mul__", "__rmul__"),
    "divide": ("__truediv__", "__rtruediv__"),
    "true_divide": ("__truediv__", "__rtruediv__"),
    "floor_divide": ("__floordiv__", "__rfloordiv__"),
    "remainder": ("__mod__", "__rmod__"),
    "power": ("__pow__", "__rpow__"),
    "equal": ("__eq__", "__eq__"),
    "not_equal": ("__ne__", "__ne__"),
    "less": ("__lt__", "__gt__"),
    "less_equal": ("__le__", "__ge__"),
    "greater": ("__gt__", "__lt__"),
    "greater_equal": ("__ge__", "__le__"),
    "bitwise_and": ("__and__", "__rand__"),
    "bitwise_or": ("__or__", "__ror__"),
}
"""What NumPy calls an operator, and the methods for an expression on the left and on the right."""

_FUNCTIONS = {
    "absolute": "abs",
    "maximum": "max",
    "minimum": "min",
    **{name: name for name in ("ceil", "cos", "exp", "floor", "isnan", "log", "log10")},
    **{name: name for name in ("sin", "sqrt", "tan")},
}
"""What `al.math` calls the functions of NumPy."""

_METHODS = {
    "startswith": "`.starts_with(text)`",
    "str": "`.contains(text)`, `.starts_with(text)` or `.like(pattern)`",
    "fillna": "`al.where(x.isnull(), 0, x)`",
    "isna": "`.isnull()`",
    "notna": "`~x.isnull()`",
    "notnull": "`~x.isnull()`",
    "abs": "`abs(x)`",
    "round": "`round(x, digits)`",
    "astype": "the `data_types` of the load",
    "dt": '`cube.create_date_hierarchy("Date", column=x)`',
    "cumsum": "`al.agg.sum(measure, scope=al.CumulativeScope(level))`",
    "rank": "`al.rank(measure, hierarchy)`",
    "shift": "`al.shift(measure, hierarchy)`",
    **{
        name: f"`al.agg.{name}(x)`"
        for name in ("count", "max", "mean", "median", "min", "quantile", "std", "sum", "var")
    },
    "nunique": "`al.agg.count_distinct(x)`",
}
"""What to write in place of methods of pandas."""


class Expressive:
    """Something that operators make conditions and calculations of, and Python nothing else."""

    __slots__ = ()

    def __and__(self, other: object) -> NoReturn:
        """Refuse: only conditions can be joined."""
        raise unjoined(self, "&", other)

    def __rand__(self, other: object) -> NoReturn:
        """Refuse: only conditions can be joined."""
        raise unjoined(other, "&", self)

    def __or__(self, other: object) -> NoReturn:
        """Refuse: only conditions can be joined."""
        raise unjoined(self, "|", other)

    def __ror__(self, other: object) -> NoReturn:
        """Refuse: only conditions can be joined."""
        raise unjoined(other, "|", self)

    def __invert__(self) -> NoReturn:
        """Refuse: only conditions have an opposite."""
        raise ConditionMisused(
            f"`~{self}`", "is not the opposite of a condition.", hint="Write `~(a == 1)`."
        )

    def __contains__(self, value: object) -> NoReturn:
        """Refuse: the values are not here."""
        raise ConditionMisused(
            f"`{_text(value)} in {self}`",
            "cannot be answered before a query.",
            hint=f"For a condition, write `{self} == {_text(value)}`, `.isin(...)`, or for a part "
            "of a text `.contains(...)`.",
        )

    def __array_ufunc__(
        self,
        function: Any,  # noqa: ANN401 -- NumPy has no part in this package's types
        method: str,
        *inputs: object,
        **options: object,
    ) -> object:
        """Do what an operator does where a NumPy scalar is beside it; refuse NumPy's functions."""
        name: str = function.__name__
        if name in _OPERATORS and method == "__call__" and len(inputs) == 2 and not options:  # noqa: PLR2004 -- a pair
            from_left, from_right = _OPERATORS[name]
            left, right = inputs
            if left is self:
                return getattr(self, from_left)(right)
            return getattr(self, from_right)(left)
        known = _FUNCTIONS.get(name)
        hint = f"Write `al.math.{known}(...)`." if known else "See `al.math` for what there is."
        raise WrongType(f"NumPy's `{name}` takes arrays, and got `{self}`.", hint=hint)

    if not TYPE_CHECKING:  # type checkers would take any name for an attribute

        def __getattr__(self, name: str) -> NoReturn:
            """Say what to write in place of a method of pandas."""
            kind = type(self).__name__
            text = f"{kind!r} has no attribute {name!r}."
            if name in _METHODS:
                text += f" Write {_METHODS[name]}."
            raise AttributeError(text, name=name, obj=self)


def unjoined(left: object, operator: str, right: object) -> ConditionMisused:
    """Return the error of `&` or `|` beside something that is no condition."""
    return ConditionMisused(
        f"`{_text(left)} {operator} {_text(right)}`",
        "does not join two conditions.",
        hint=_BRACKETS,
    )


def _text(value: object) -> str:
    return str(value.grouped) if hasattr(type(value), "grouped") else repr(value)  # type: ignore[attr-defined] # just asked

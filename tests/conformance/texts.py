"""Conditions and joins that a case's configuration has as text."""

from __future__ import annotations

import operator
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

import atomlite as al
from tests.conformance.datasets import Data, value_of

_CONDITION = re.compile(
    r"\s*(?P<column>\w+(?:\.\w+)?)\s*"
    r"(?P<operator><=>|<=|>=|!=|<>|==|=|<|>|\bis\s+not\s+null\b|\bis\s+null\b|\blike\b|\bin\b)"
    r"\s*(?P<value>.*?)\s*",
    re.IGNORECASE | re.DOTALL,
)
_COMPARISONS: dict[str, Callable[[Any, Any], Any]] = {
    **dict.fromkeys(("=", "==", "<=>"), operator.eq),
    **dict.fromkeys(("!=", "<>"), operator.ne),
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}
_JOIN = re.compile(
    r"\s*(?:(?P<kind>LEFT|INNER)(?:\s+OUTER)?\s+)?JOIN\s+(?P<table>\w+)"
    r"(?:\s+(?:AS\s+)?(?P<alias>(?!ON\b)\w+))?\s+ON\s+"
    r"(?P<a>\w+)\.(?P<b>\w+)\s*=\s*(?P<c>\w+)\.(?P<d>\w+)\s*",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class JoinText:
    """A join that a configuration asks for."""

    table: str
    alias: str
    kind: Literal["left", "inner"]
    column: str
    key: str


def condition(text: str, data: Data, table: str) -> al.Condition:
    """Return the condition that a text such as ``"level>4"`` says."""
    found = _CONDITION.fullmatch(text)
    assert found is not None, f"The condition {text!r} is not understood."
    column = _column(found["column"], data, table)
    word = " ".join(found["operator"].lower().split())
    value = found["value"]
    if word in {"is null", "is not null"}:
        assert not value, f"The condition {text!r} has a value too many."
        return column.isnull() if word == "is null" else ~column.isnull()
    if word == "in":
        assert value.startswith("("), f"The condition {text!r} has no list."
        items = [item for item in value.strip("()").split(",") if item.strip()]
        return column.isin([_value(item, column) for item in items])
    if word == "like":
        return column.ilike(_unquoted(value))
    compared: al.Condition = _COMPARISONS[word](column, _value(value, column))
    return compared


def join(text: str, table: str) -> JoinText:
    """Return the join that a text such as ``"INNER JOIN b ON b.id=a.b_id"`` says."""
    found = _JOIN.fullmatch(text)
    assert found is not None, f"The join {text!r} is not understood."
    target = found["table"]
    alias = found["alias"] or target
    ends = {found["a"]: found["b"], found["c"]: found["d"]}
    assert set(ends) == {alias, table}, f"The join {text!r} is not one of {table!r} to {alias!r}."
    # A join without a word is an inner one, as in SQL.
    kind: Literal["left", "inner"] = "left" if (found["kind"] or "").upper() == "LEFT" else "inner"
    return JoinText(target, alias, kind, ends[table], ends[alias])


def _column(path: str, data: Data, table: str) -> al.Column:
    prefix, _, name = path.rpartition(".")
    if not prefix or prefix == table:
        return data.tables[table][name]
    for parent in data.parents[table]:
        if prefix in {parent.name, parent.table}:
            return data.tables[parent.table][name]
    raise AssertionError(f"{prefix!r} is no table beside {table!r}.")


def _value(text: str, column: al.Column) -> object:
    return value_of(_unquoted(text), column.data_type)


def _unquoted(text: str) -> str:
    text = text.strip()
    quoted = len(text) > 1 and text[0] == text[-1] and text[0] in "'\""
    return text[1:-1] if quoted else text

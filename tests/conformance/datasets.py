"""Data sets of the folder as tables.

A schema names the type of each column. ``select`` is text with a list of allowed values, and
``belongs_to`` a reference to the primary key of another table: ``company_id`` is shown, with the
name and key of its company, as ``company``.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Collection
from dataclasses import dataclass, field
from typing import Any

import pyarrow as pa

import atomlite as al

_TYPES: dict[str, pa.DataType] = {
    "string": pa.string(),
    "select": pa.string(),
    "integer": pa.int64(),
    "float": pa.float64(),
    "boolean": pa.bool_(),
    "date": pa.date32(),
}
_DATE = re.compile(r"\d{4}-\d{2}-\d{2}")


@dataclass(frozen=True)
class Parent:
    """A relationship to another table, which a column with its key gives."""

    name: str
    column: str
    table: str
    key: str
    shown: tuple[str, ...]


@dataclass
class Data:
    """The tables of a data set in a session, and what its schema says beyond their types."""

    tables: dict[str, al.Table]
    parents: dict[str, list[Parent]] = field(default_factory=dict)
    choices: dict[str, dict[str, list[str]]] = field(default_factory=dict)

    @property
    def main(self) -> str:
        """The table that refers to the others; the only one, when none does."""
        referring = [name for name, parents in self.parents.items() if parents]
        (main,) = referring or self.tables
        return main


def load(dataset: dict[str, Any], session: al.Session, *, zoned: bool) -> Data:
    """Load a data set; its datetimes are instants in UTC when ``zoned``, else clock readings."""
    schema = dataset["schema"]
    data = Data({})
    for name, table in schema.items():
        types: dict[str, pa.DataType] = {}
        parents: list[Parent] = []
        choices: dict[str, list[str]] = {}
        for column, written in table["columns"].items():
            kind = written["type"]
            if kind == "datetime":
                types[column] = pa.timestamp("us", "UTC" if zoned else None)
            elif kind == "belongs_to":
                target = schema[written["table"]]
                key = target["primary_key"]
                types[column] = _TYPES[target["columns"][key]["type"]]
                shown = tuple(c for c in (key, "name") if c in target["columns"])
                parents.append(
                    Parent(column.removesuffix("_id"), column, written["table"], key, shown)
                )
            else:
                assert kind in _TYPES, f"Columns of type {kind!r} are unknown."
                types[column] = _TYPES[kind]
            if "values" in written:
                choices[column] = written["values"]
        rows, key = dataset["tables"][name], table["primary_key"]
        never_null = {c for c, written in table["columns"].items() if not written["null"]} - {key}
        data.tables[name] = _table(session, name, types, rows, key, never_null)
        data.parents[name], data.choices[name] = parents, choices
    return data


def load_rows(rows: list[dict[str, Any]], session: al.Session, name: str) -> Data:
    """Load the rows of a case; texts that are all dates become dates."""
    types = {column: _type_of([row[column] for row in rows]) for column in rows[0]}
    return Data({name: _table(session, name, types, rows, "id")}, {name: []}, {name: {}})


def _type_of(values: list[object]) -> pa.DataType:
    kinds = {type(value) for value in values if value is not None}
    assert len(kinds) == 1, f"Values of several kinds, or of none: {kinds}."
    if kinds == {str} and all(_DATE.fullmatch(str(value)) for value in values):
        return pa.date32()
    names: dict[type, str] = {str: "string", int: "integer", float: "float", bool: "boolean"}
    return _TYPES[names[kinds.pop()]]


def _table(
    session: al.Session,
    name: str,
    types: dict[str, pa.DataType],
    rows: list[dict[str, Any]],
    key: str,
    never_null: Collection[str] = (),
) -> al.Table:
    arrays = {
        column: pa.array([value_of(row[column], data_type) for row in rows], data_type)
        for column, data_type in types.items()
    }
    # A column that is never null is one whose nulls a load would replace.
    defaults = {column: _something(types[column]) for column in never_null}
    return session.read_arrow(
        pa.table(arrays), keys=[key], table_name=name, default_values=defaults
    )


def _something(data_type: pa.DataType) -> object:
    """Return some value of a type."""
    if pa.types.is_date(data_type):
        return dt.date(1970, 1, 1)
    if isinstance(data_type, pa.TimestampType):
        return dt.datetime(1970, 1, 1, tzinfo=dt.UTC if data_type.tz else None)
    return "" if pa.types.is_string(data_type) else value_of("0", data_type)


def value_of(text: Any, data_type: pa.DataType) -> object:  # noqa: ANN401 -- a value of JSON
    """Return a value of JSON, or its text, as one of a column."""
    if text is None or not isinstance(text, str) or pa.types.is_string(data_type):
        return text
    if pa.types.is_date(data_type):
        return dt.date.fromisoformat(text)
    if isinstance(data_type, pa.TimestampType):
        moment = dt.datetime.fromisoformat(text)
        zoned = data_type.tz is not None and moment.tzinfo is None
        return moment.replace(tzinfo=dt.UTC) if zoned else moment
    if pa.types.is_boolean(data_type):
        return {"1": True, "true": True, "0": False, "false": False}[text.lower()]
    return int(text) if pa.types.is_integer(data_type) else float(text)

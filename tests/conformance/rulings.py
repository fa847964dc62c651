"""Where the set contradicts itself, and which of its cases we follow.

A case says how one answer should be *better*; other cases, about something else, have whole bodies
that were observed with the very thing that should be better. No answer meets both. Here the
expected bodies of such cases get what the ruling case demands, and nothing else in them changes:

- ``fmt-03``: a null boolean is ``null``, not ``false``; ``fmt-01`` and ``fmt-02`` show it as false.
- ``case-02``: keys of nested rows have the outside casing; ``case-05`` shows them without.

The product can only do one thing, so the rulings hold in every folder of this form.
"""

from __future__ import annotations

import copy
from typing import Any

from tests.conformance.folder import Case, Folder


def overruled(case: Case, folder: Folder) -> Case:
    """Return a case with what the rulings make of its observed body; the same case without any."""
    body = case["expected"].get("body")
    if case["kind"] != "observed" or "record" in case["config"] or not isinstance(body, dict):
        return case
    changed = copy.deepcopy(case)
    body = changed["expected"]["body"]
    casing = case["config"].get("external_casing", "snake_case")
    for row in body.get(outside("data", casing)) or []:
        if isinstance(row, dict):
            if case["dataset"] != "inline":
                _show_null_booleans(row, folder.dataset(case["dataset"]), casing)
            _rename_nested(row, casing)
    return changed


def outside(name: str, casing: str) -> str:
    """Return a name as clients see it.

    >>> outside("last_seen", "camelCase"), outside("last_seen", "TitleCase")
    ('lastSeen', 'LastSeen')
    """
    if casing == "snake_case":
        return name
    words = name.split("_")
    first = words[0] if casing == "camelCase" else words[0].capitalize()
    return first + "".join(word.capitalize() for word in words[1:])


def _show_null_booleans(row: dict[str, Any], dataset: dict[str, Any], casing: str) -> None:
    for table, schema in dataset["schema"].items():
        key = schema["primary_key"]
        shown = row.get(outside(key, casing))
        stored = next((r for r in dataset["tables"][table] if r[key] == shown), None)
        if stored is None:
            continue
        for column, written in schema["columns"].items():
            name = outside(column, casing)
            if written["type"] == "boolean" and stored[column] is None and row.get(name) is False:
                row[name] = None


def _rename_nested(row: dict[str, Any], casing: str) -> None:
    for value in row.values():
        if isinstance(value, dict):
            renamed = {outside(key, casing): item for key, item in value.items()}
            value.clear()
            value.update(renamed)

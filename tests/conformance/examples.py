"""The functions that configurations name or describe, written out.

A name or a text that is not here fails by name: a case never passes because its function was left
out.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping
from typing import Any, TypeVar

import atomlite as al

T = TypeVar("T")


def known(what: str, name: str, functions: Mapping[str, T]) -> T:
    """Return the function of a name, or fail."""
    assert name in functions, f"{what} {name!r} is unknown here: write it in examples.py."
    return functions[name]


def with_query_header() -> list[str]:
    """Return two headers."""
    return ["x-rows: yes", "x-second: 2"]


def custom_when_asked(query_parameters: Mapping[str, str]) -> list[str]:
    """Return headers that depend on the query."""
    answer = "yes" if "stuff" in query_parameters else "no"
    return [f"x-custom: {answer}", "content-type: application/custom"]


def name_and_shout(model: Any) -> dict[str, object]:  # noqa: ANN401 -- a row
    """Return the key and the name, aloud."""
    return {"id": model.id, "shout": model.name.upper()}


def age_and_special(
    model: Any,  # noqa: ANN401 -- a row
    utcnow: dt.datetime,
    special_person: str,
) -> dict[str, object]:
    """Return a person with the age in whole years."""
    birthday = (model.dob.month, model.dob.day)
    age = utcnow.year - model.dob.year - ((utcnow.month, utcnow.day) < birthday)
    return {
        "id": model.id,
        "name": model.name,
        "age": age,
        "is_special": model.name.lower() == special_person.lower(),
    }


def both_names(first_name: str, last_name: str) -> dict[str, str]:
    """Return the two parts of a path as one text."""
    return {"hello": first_name + " " + last_name}


def team_gate(table: al.Table) -> Callable[..., object]:
    """Return the rule that opens for the blue team, and shows it the rows of level 5."""

    def gate(headers: Mapping[str, str]) -> object:
        return table["level"] == 5 if headers.get("x-team") == "blue" else False

    return gate


RESPONSE_HEADERS: dict[str, Callable[..., list[str]]] = {
    "with_query_header": with_query_header,
    "x-custom: yes if the query has stuff, else no; content-type: application/custom": (
        custom_when_asked
    ),
}
OUTPUT_MAPS: dict[str, Callable[..., dict[str, object]]] = {
    "name_and_shout": name_and_shout,
    "id, name, age = whole years from dob to utcnow, "
    "is_special = name equals special_person, case ignored": age_and_special,
}
AUTHORIZATIONS: dict[str, Callable[[al.Table], Callable[..., object]]] = {"team_gate": team_gate}
RETURNS: dict[str, Callable[..., object]] = {"{'hello': first_name + ' ' + last_name}": both_names}

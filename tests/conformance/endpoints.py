"""Endpoints of ours from the configurations of cases.

Arguments go to our constructors by their own names. What a configuration can only say as text or
as the name of a function is translated; what is not understood fails by name.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import atomlite as al
from atomlite.http.contracts import Contract
from tests.conformance import examples
from tests.conformance.datasets import Data
from tests.conformance.texts import condition, join

AS_THEY_ARE = {
    *("readable_column_names", "sortable_column_names", "searchable_column_names"),
    *("default_sort_column_name", "default_sort_direction", "default_limit", "maximum_limit"),
    *("url", "request_methods", "internal_casing", "external_casing", "description"),
}
"""Arguments whose values are those of our own constructors."""

OF_THE_CASE = {
    *("endpoint", "example", "rows", "utcnow", "group", "returns", "where", "joins"),
    *("secret_bearer", "security_headers", "response_headers", "output_map", "authorization"),
}
"""Keys that are translated, here or by the test."""

SECURITY_HEADERS: dict[str, Callable[..., object]] = {
    "hsts": al.Hsts,
    "cors": al.Cors,
    "csp": al.Csp,
    "cache_control": al.CacheControl,
}

PUBLIC_NAMES = {"username": "user_name", "last_seen": "seen_at", "company_id": "company"}
"""Fields of a grid's record whose columns have another name."""


def grid_arguments(config: Mapping[str, Any], data: Data) -> dict[str, Any]:
    """Return the table, fields and casing of a grid's configuration."""
    unknown = set(config) - {"record", "search_fields", "list_limit", "camel_case"}
    assert not unknown, f"The configuration has unknown keys: {unknown}."
    table = data.tables[config["record"]]
    return {
        "table": table,
        "fields": {PUBLIC_NAMES.get(column, column): column for column in table},
        "use_camel_case": config["camel_case"],
    }


def grid(config: Mapping[str, Any], data: Data) -> Contract:
    """Return the grid of a configuration; its path is the name of its record."""
    return al.DbGrid(
        **grid_arguments(config, data),
        url=config["record"],
        search_fields=config["search_fields"],
        list_limit=config["list_limit"],
    )


def search(config: Mapping[str, Any], data: Data) -> Contract:
    """Return the search, list or callable of a configuration."""
    unknown = set(config) - AS_THEY_ARE - OF_THE_CASE
    assert not unknown, f"The configuration has unknown keys: {unknown}."
    arguments = {name: value for name, value in config.items() if name in AS_THEY_ARE}
    if "security_headers" in config:
        arguments["security_headers"] = [_security_header(h) for h in config["security_headers"]]
    if "secret_bearer" in config:
        arguments["authentication"] = al.SecretBearer(**config["secret_bearer"])
    if "response_headers" in config:
        arguments["response_headers"] = _response_headers(config["response_headers"])
    if "output_map" in config:
        arguments["output_map"] = examples.known(
            "output_map", _named(config["output_map"]), examples.OUTPUT_MAPS
        )
    kind = config.get("endpoint", "AdvancedSearch")
    if kind == "Callable":
        return al.Callable(_returning(config), **arguments)
    assert kind in {"AdvancedSearch", "List"}, f"Endpoint {kind!r} is unknown."
    return _over_a_table(kind, config, data, arguments)


def _over_a_table(
    kind: str, config: Mapping[str, Any], data: Data, arguments: dict[str, Any]
) -> Contract:
    main = data.main
    table = data.tables[main]
    arguments["table"] = table
    arguments["where"] = [condition(text, data, main) for text in _listed(config.get("where"))]
    arguments["joins"] = _joins(config.get("joins"), data, main)
    arguments["column_overrides"] = {
        column: al.ColumnOverride(values=values) for column, values in data.choices[main].items()
    }
    if kind == "List":  # the page's lists say only what they show
        arguments.setdefault("readable_column_names", list(table))
        arguments.setdefault("sortable_column_names", [])
    if "authorization" in config:
        name = _named(config["authorization"])
        arguments["authorization"] = examples.known("authorization", name, examples.AUTHORIZATIONS)(
            table
        )
    return al.AdvancedSearch(**arguments) if kind == "AdvancedSearch" else al.List(**arguments)


def _joins(texts: object, data: Data, main: str) -> list[al.Join]:
    """Return the parents of the data set, and what a configuration joins beyond them."""
    joins = {
        parent.name: al.Join(
            data.tables[parent.table],
            name=parent.name,
            columns=list(parent.shown),
            mapping={parent.column: parent.key},
        )
        for parent in data.parents[main]
    }
    for text in _listed(texts):
        found = join(text, main)
        same = [
            parent
            for parent in data.parents[main]
            if (parent.table, parent.column, parent.key) == (found.table, found.column, found.key)
        ]
        # A join along a parent's own key drops the rows that have none, or nothing.
        name = same[0].name if same else found.alias
        before = joins.get(name)
        joins[name] = al.Join(
            data.tables[found.table],
            name=name,
            columns=before.columns if before else None,
            mapping={found.column: found.key},
            kind=found.kind,
        )
    return list(joins.values())


def _listed(value: object) -> list[str]:
    if value is None:
        return []
    return [value] if isinstance(value, str) else list(value)  # type: ignore[call-overload] # JSON


def _named(written: object) -> str:
    """Return the name of a function, or the text that describes it."""
    if isinstance(written, str):
        return written
    assert isinstance(written, dict), f"{written!r} names no function."
    assert list(written) == ["callable"], f"{written!r} names no function."
    return str(written["callable"])


def _security_header(written: Mapping[str, Mapping[str, Any]]) -> object:
    ((name, arguments),) = written.items()
    return examples.known("Security header", name, SECURITY_HEADERS)(**arguments)


def _response_headers(written: object) -> object:
    if isinstance(written, list):
        return written
    return examples.known("response_headers", _named(written), examples.RESPONSE_HEADERS)


def _returning(config: Mapping[str, Any]) -> Callable[..., object]:
    returns = config.get("returns")
    if isinstance(returns, str):
        return examples.known("returns", returns, examples.RETURNS)

    def function() -> object:
        assert "returns" in config, "The configuration does not say what the function returns."
        return returns

    return function

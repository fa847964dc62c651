"""atomlite: an analytics session in one Python process.

Names are imported when they are first used, so that a program which imports atomlite and uses it
later, or not at all, does not wait for it.

>>> import atomlite as al
>>> with al.Session.start() as session:
...     len(session.tables)
0
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from atomlite.config import Limits, SessionConfig, TracingConfig
    from atomlite.cubes.cube import Cube
    from atomlite.cubes.hierarchies import Hierarchy
    from atomlite.cubes.levels import Level
    from atomlite.cubes.mapping import Cubes
    from atomlite.cubes.measures import Measure
    from atomlite.cubes.model import ColumnOrder, CustomOrder, NaturalOrder
    from atomlite.cubes.results.pretty import CubeResult
    from atomlite.cubes.results.totals import TOTAL
    from atomlite.display.diagrams import Diagram
    from atomlite.errors import (
        AtomliteError,
        HttpError,
        LinkDroppedWarning,
        LoadWarning,
        TableReplacedWarning,
    )
    from atomlite.expressions.columns import Column, Ordering
    from atomlite.expressions.conditions import Condition
    from atomlite.http.endpoints import Endpoint, Endpoints
    from atomlite.http.requests import Request
    from atomlite.http.responses import Response, ServerSentEvent
    from atomlite.measures import agg, array, math
    from atomlite.measures.additivity import Additivity
    from atomlite.measures.deciding import apply, date_diff, lookup, switch, where
    from atomlite.measures.moving import (
        at,
        date_shift,
        filter,  # noqa: A004 -- as in SQL and pandas
        parent_value,
        rank,
        shift,
        total,
    )
    from atomlite.measures.scopes import CumulativeScope, OriginScope, SiblingsScope
    from atomlite.search.advanced import AdvancedSearch
    from atomlite.search.authentication import SecretBearer
    from atomlite.search.calling import Callable
    from atomlite.search.grid import DbGrid
    from atomlite.search.grid_request import DbGridRequest
    from atomlite.search.joins import ColumnOverride, Join
    from atomlite.search.listing import List
    from atomlite.search.security_headers import CacheControl, Cors, Csp, Hsts
    from atomlite.security.users import User
    from atomlite.session import Session
    from atomlite.tables.mapping import Tables
    from atomlite.tables.reports import LoadReport, RejectedRow
    from atomlite.tables.table import Table
    from atomlite.telemetry.store import Traces
    from atomlite.telemetry.trace import Trace
    from atomlite.types import Version

__all__ = [
    "TOTAL",
    "Additivity",
    "AdvancedSearch",
    "AtomliteError",
    "CacheControl",
    "Callable",
    "Column",
    "ColumnOrder",
    "ColumnOverride",
    "Condition",
    "Cors",
    "Csp",
    "Cube",
    "CubeResult",
    "Cubes",
    "CumulativeScope",
    "CustomOrder",
    "DbGrid",
    "DbGridRequest",
    "Diagram",
    "Endpoint",
    "Endpoints",
    "Hierarchy",
    "Hsts",
    "HttpError",
    "Join",
    "Level",
    "Limits",
    "LinkDroppedWarning",
    "List",
    "LoadReport",
    "LoadWarning",
    "Measure",
    "NaturalOrder",
    "Ordering",
    "OriginScope",
    "RejectedRow",
    "Request",
    "Response",
    "SecretBearer",
    "ServerSentEvent",
    "Session",
    "SessionConfig",
    "SiblingsScope",
    "Table",
    "TableReplacedWarning",
    "Tables",
    "Trace",
    "Traces",
    "TracingConfig",
    "User",
    "Version",
    "agg",
    "apply",
    "array",
    "at",
    "date_diff",
    "date_shift",
    "filter",
    "lookup",
    "math",
    "parent_value",
    "rank",
    "shift",
    "switch",
    "total",
    "where",
]

_HOMES = {
    "config": ("Limits", "SessionConfig", "TracingConfig"),
    "cubes.cube": ("Cube",),
    "cubes.mapping": ("Cubes",),
    "cubes.hierarchies": ("Hierarchy",),
    "cubes.levels": ("Level",),
    "cubes.measures": ("Measure",),
    "cubes.model": ("ColumnOrder", "CustomOrder", "NaturalOrder"),
    "cubes.results.pretty": ("CubeResult",),
    "cubes.results.totals": ("TOTAL",),
    "display.diagrams": ("Diagram",),
    "errors": (
        "AtomliteError",
        "HttpError",
        "LinkDroppedWarning",
        "LoadWarning",
        "TableReplacedWarning",
    ),
    "expressions.columns": ("Column", "Ordering"),
    "expressions.conditions": ("Condition",),
    "http.endpoints": ("Endpoint", "Endpoints"),
    "http.requests": ("Request",),
    "http.responses": ("Response", "ServerSentEvent"),
    "measures.additivity": ("Additivity",),
    "measures.deciding": ("apply", "date_diff", "lookup", "switch", "where"),
    "measures.moving": (
        "at",
        "date_shift",
        "filter",
        "parent_value",
        "rank",
        "shift",
        "total",
    ),
    "measures.scopes": ("CumulativeScope", "OriginScope", "SiblingsScope"),
    "search.grid": ("DbGrid",),
    "search.grid_request": ("DbGridRequest",),
    "search.advanced": ("AdvancedSearch",),
    "search.calling": ("Callable",),
    "search.listing": ("List",),
    "search.joins": ("ColumnOverride", "Join"),
    "search.authentication": ("SecretBearer",),
    "search.security_headers": ("CacheControl", "Cors", "Csp", "Hsts"),
    "security.users": ("User",),
    "session": ("Session",),
    "tables.mapping": ("Tables",),
    "tables.reports": ("LoadReport", "RejectedRow"),
    "tables.table": ("Table",),
    "telemetry.store": ("Traces",),
    "telemetry.trace": ("Trace",),
    "types": ("Version",),
}

_MODULES = {"agg": "measures.agg", "array": "measures.array", "math": "measures.math"}


def __getattr__(name: str) -> object:
    """Import a public name on its first use; see PEP 562."""
    if name in _MODULES:
        module = importlib.import_module(f"{__name__}.{_MODULES[name]}")
        globals()[name] = module
        return module
    for home, names in _HOMES.items():
        if name in names:
            value = getattr(importlib.import_module(f"{__name__}.{home}"), name)
            globals()[name] = value
            return value
    message = f"module {__name__!r} has no attribute {name!r}"
    raise AttributeError(message)


def __dir__() -> list[str]:
    """Return the public names."""
    return __all__

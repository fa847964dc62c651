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
    "AdvancedSearch",
    "AtomliteError",
    "CacheControl",
    "Callable",
    "Column",
    "ColumnOverride",
    "Condition",
    "Cors",
    "Csp",
    "DbGrid",
    "DbGridRequest",
    "Diagram",
    "Endpoint",
    "Endpoints",
    "Hsts",
    "HttpError",
    "Join",
    "Limits",
    "LinkDroppedWarning",
    "List",
    "LoadReport",
    "LoadWarning",
    "Ordering",
    "RejectedRow",
    "Request",
    "Response",
    "SecretBearer",
    "ServerSentEvent",
    "Session",
    "SessionConfig",
    "Table",
    "TableReplacedWarning",
    "Tables",
    "Trace",
    "Traces",
    "TracingConfig",
    "User",
    "Version",
]

_HOMES = {
    "config": ("Limits", "SessionConfig", "TracingConfig"),
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


def __getattr__(name: str) -> object:
    """Import a public name on its first use; see PEP 562."""
    for module, names in _HOMES.items():
        if name in names:
            value = getattr(importlib.import_module(f"{__name__}.{module}"), name)
            globals()[name] = value
            return value
    message = f"module {__name__!r} has no attribute {name!r}"
    raise AttributeError(message)


def __dir__() -> list[str]:
    """Return the public names."""
    return __all__

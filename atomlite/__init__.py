"""atomlite: an analytics session in one Python process.

>>> import atomlite as al
>>> with al.Session.start() as session:
...     len(session.tables)
0
"""

from __future__ import annotations

from atomlite.config import Limits, SessionConfig, TracingConfig
from atomlite.errors import (
    AtomliteError,
    HttpError,
    LinkDroppedWarning,
    LoadWarning,
    TableReplacedWarning,
)
from atomlite.http.requests import Request
from atomlite.http.responses import Response
from atomlite.security.users import User
from atomlite.session import Session

__all__ = [
    "AtomliteError",
    "HttpError",
    "Limits",
    "LinkDroppedWarning",
    "LoadWarning",
    "Request",
    "Response",
    "Session",
    "SessionConfig",
    "TableReplacedWarning",
    "TracingConfig",
    "User",
]

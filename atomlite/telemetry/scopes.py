"""The names under which a session's spans and metrics are recorded."""

from __future__ import annotations

from opentelemetry.semconv.schemas import Schemas

__all__ = ["ENGINE", "SCHEMA_URL", "SERVER", "SESSION"]

SERVER = "atomlite.server"
SESSION = "atomlite.session"
ENGINE = "atomlite.engine"

SCHEMA_URL = Schemas.V1_38_0.value
"""The version of the semantic conventions that the attributes follow; only stable ones are used."""

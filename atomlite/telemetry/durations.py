"""How long requests and queries take, as OpenTelemetry metrics.

The instruments come from the API. Without a provider of the user they do nothing; one configured
later takes over, because the API's instruments forward to it. The API keeps each instrument for the
life of the process, so all sessions share them.
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

from opentelemetry import metrics
from opentelemetry.semconv.metrics.db_metrics import DB_CLIENT_OPERATION_DURATION
from opentelemetry.semconv.metrics.http_metrics import HTTP_SERVER_REQUEST_DURATION

from atomlite.telemetry.scopes import ENGINE, SCHEMA_URL, SERVER

if TYPE_CHECKING:
    from opentelemetry.metrics import Histogram

__all__ = ["query_durations", "request_durations"]

# The boundaries that the semantic conventions recommend, in seconds.
_REQUEST_SECONDS = (0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10)
_QUERY_SECONDS = (0.001, 0.005, 0.01, 0.05, 0.1, 0.5, 1, 5, 10)


@lru_cache
def request_durations(version: str) -> Histogram:
    """Return the instrument for requests that the server answered, in seconds."""
    return metrics.get_meter(SERVER, version, schema_url=SCHEMA_URL).create_histogram(
        HTTP_SERVER_REQUEST_DURATION,
        unit="s",
        description="Duration of HTTP server requests.",
        explicit_bucket_boundaries_advisory=_REQUEST_SECONDS,
    )


@lru_cache
def query_durations(version: str) -> Histogram:
    """Return the instrument for statements that the engine ran, in seconds."""
    return metrics.get_meter(ENGINE, version, schema_url=SCHEMA_URL).create_histogram(
        DB_CLIENT_OPERATION_DURATION,
        unit="s",
        description="Duration of database client operations.",
        explicit_bucket_boundaries_advisory=_QUERY_SECONDS,
    )

"""Requests and spans as the server and the tables make them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from atomlite.config import TracingConfig
from atomlite.telemetry.tracing import Tracing

if TYPE_CHECKING:
    from collections.abc import Mapping

    from atomlite.telemetry.requests import RequestSpan

ROUTE = "/proxy/tables/{table_name}/count"


def recording(config: TracingConfig | None = None) -> Tracing:
    """Return a recording that writes no metrics."""
    return Tracing(config or TracingConfig(), version="1.2.3", metrics=False)


def arrive(
    tracing: Tracing,
    *,
    method: str = "GET",
    query: str = "",
    headers: Mapping[str, str] | None = None,
    user_agent: str | None = "curl/8",
) -> RequestSpan:
    """Return the span of a request that has just arrived."""
    return tracing.request(
        method=method,
        scheme="http",
        path="/proxy/tables/Sales/count",
        query=query,
        server_address="127.0.0.1",
        server_port=8080,
        client_address="127.0.0.9",
        user_agent=user_agent,
        headers=headers or {},
    )


def answer(tracing: Tracing, status: int = 200, *, route: str = ROUTE) -> RequestSpan:
    """Return the span of a request that was answered, with the two steps that each has."""
    request = arrive(tracing)
    request.route(route)
    with request.active():
        with tracing.span("Validate authorization", scope="atomlite.server"):
            pass
        with tracing.span("Execute user callback"):
            pass
    request.finish(status)
    return request

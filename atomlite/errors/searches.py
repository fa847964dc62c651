"""Errors of searches over HTTP, and of the endpoints that answer them."""

from __future__ import annotations

from atomlite.errors.root import AtomliteError


class InvalidSearch(AtomliteError, ValueError):
    """A search asks for what its endpoint does not offer; the message names the entry and key."""

    shows_values = True
    code = "invalid_search"
    http_status = 400


class InvalidCursor(InvalidSearch):
    """The cursor of a page was changed, or belongs to another search, user or endpoint."""

    code = "invalid_cursor"


class InvalidEndpoint(AtomliteError, ValueError):
    """An endpoint is configured in a way that cannot work; raised when it is built."""

    code = "invalid_endpoint"


class ParametersNotValidated(AtomliteError, RuntimeError):
    """The parameters of a grid are asked for before they were read, or have errors."""

    shows_values = True
    code = "parameters_not_validated"

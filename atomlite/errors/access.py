"""Errors of who may do what."""

from __future__ import annotations

from atomlite.errors.root import AtomliteError


class NotAuthenticated(AtomliteError, PermissionError):
    """A request does not say who sends it, or says it wrongly."""

    code = "not_authenticated"
    http_status = 401


class NotAuthorized(AtomliteError, PermissionError):
    """Who sends the request is known, and may not do this."""

    code = "not_authorized"
    http_status = 403

"""The five keys of every answer.

>>> Envelope(Names(external="camelCase")).refusal("Not Found", status=404)["status"]
'clientError'
"""

from __future__ import annotations

from atomlite.errors import AtomliteError
from atomlite.search.casing import Names

_NOT_FOUND = 404
_FIRST_SERVER_ERROR = 500


class Envelope:
    """Writes answers under outside names.

    Args:
        names: How keys look outside.
    """

    __slots__ = ("_data", "_error", "_input_errors", "_names", "_pagination", "_status", "_success")

    def __init__(self, names: Names) -> None:
        self._names = names
        self._status, self._error, self._data = map(names.word, ("status", "error", "data"))
        self._pagination = names.word("pagination")
        self._input_errors = names.word("input_errors")
        self._success = names.word("success")

    def success(self, data: object, pagination: dict[str, object]) -> dict[str, object]:
        """Return the answer to a request that was met."""
        return {
            self._status: self._success,
            self._error: "",
            self._data: data,
            self._pagination: pagination,
            self._input_errors: {},
        }

    def refusal(self, text: str, *, status: int) -> dict[str, object]:
        """Return the answer that tells of an error; ``status`` is the one of HTTP."""
        whose = "client_error" if status < _FIRST_SERVER_ERROR else "server_error"
        return {
            self._status: self._names.word(whose),
            self._error: text,
            self._data: [],
            self._pagination: {},
            self._input_errors: {},
        }


def error_text(error: AtomliteError, *, status: int) -> str:
    """Return what an envelope says of an error: its message and hint, for 404 the contract's.

    >>> error_text(AtomliteError("Nothing answers /x.", hint="See /docs."), status=404)
    'Not Found. Nothing answers /x. See /docs.'
    """
    text = str(error)
    found_nothing = status == _NOT_FOUND and not text.startswith("Not Found")
    return f"Not Found. {text}" if found_nothing else text

"""What the server needs of a session."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from atomlite.http.requests import Request
from atomlite.http.responses import Response
from atomlite.types import JsonValue, Version


class ServedSession(Protocol):
    """A session as the server sees it; all of it may be called from any thread, at any time."""

    @property
    def version(self) -> Version:
        """The version of the data; every answer names it."""

    def describe_version(self) -> JsonValue:
        """Return the versions of the programs and of the data."""

    def describe_tables(self) -> Sequence[JsonValue]:
        """Return what there is to know of each table, in order."""

    def describe_table(self, name: str) -> JsonValue:
        """Return the same of one table.

        Raises:
            TableNotFound: There is none of this name.
        """

    def describe_cubes(self) -> Sequence[JsonValue]:
        """Return what there is to know of each cube, in order."""

    def describe_cube(self, name: str) -> JsonValue:
        """Return the same of one cube.

        Raises:
            CubeNotFound: There is none of this name.
        """

    def answer_cube(self, name: str, request: Request) -> Response:
        """Return the answer to a query of a cube.

        Raises:
            CubeNotFound: There is none of this name.
            AtomliteError: The body is no query, or the query cannot be answered.
        """

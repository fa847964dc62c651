"""AdvancedSearch of clear-skies over the people, served by wsgiref; runs where clear-skies is.

``python -m tests.benchmarks.clearskies_server memory|sqlite people.sqlite`` prints its address.
"""

from __future__ import annotations

import sqlite3
import sys
from wsgiref.simple_server import WSGIRequestHandler, make_server

import clearskies

COLUMNS = ["id", "name", "level", "score", "age", "company_id"]


class Quiet(WSGIRequestHandler):
    """Answers without a line per request."""

    def log_message(self, format: str, *values: object) -> None:  # noqa: A002 - the name is theirs
        """Write nothing."""


def serve(kind: str, database: str) -> None:
    """Serve until the process is stopped."""
    backend = clearskies.backends
    chosen = backend.MemoryBackend() if kind == "memory" else backend.CursorBackend()

    class Person(clearskies.Model):  # type: ignore[misc] # clear-skies is not installed here
        id_column_name = "id"
        backend = chosen
        id = clearskies.columns.Uuid()
        name = clearskies.columns.String()
        level = clearskies.columns.Integer()
        score = clearskies.columns.Float()
        age = clearskies.columns.Integer()
        company_id = clearskies.columns.String()

        @classmethod
        def destination_name(cls) -> str:
            return "people"

    search = clearskies.endpoints.AdvancedSearch(
        model_class=Person,
        url="people",
        readable_column_names=COLUMNS,
        sortable_column_names=COLUMNS,
        searchable_column_names=COLUMNS,
        default_sort_column_name="id",
    )
    bindings: dict[str, object] = {}
    if kind == "memory":
        with sqlite3.connect(database) as connection:
            found = connection.execute(f"SELECT {', '.join(COLUMNS)} FROM people ORDER BY id")
            records = [dict(zip(COLUMNS, row, strict=True)) for row in found]
        bindings["memory_backend_default_data"] = [{"model_class": Person, "records": records}]
    else:
        bindings["cursor"] = clearskies.cursors.Sqlite(database=database)
    context = clearskies.contexts.WsgiRef(search, classes=[Person], bindings=bindings)
    with make_server("127.0.0.1", 0, context.handler, handler_class=Quiet) as server:
        print(f"http://127.0.0.1:{server.server_port}/people", flush=True)
        server.serve_forever()


if __name__ == "__main__":
    serve(*sys.argv[1:])

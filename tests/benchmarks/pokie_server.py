"""RestView of pokie over the people in PostgreSQL; runs where pokie is.

``python -m tests.benchmarks.pokie_server SOCKET_FOLDER PORT USER`` prints its address.
"""

from __future__ import annotations

import logging
import sys

from pokie.core import FlaskApplication
from pokie.core.factories.pgsql import PgSqlFactory
from pokie.rest import Auto
from rick.base import ShallowContainer
from rick_db import fieldmapper
from werkzeug.serving import make_server


@fieldmapper(tablename="people", pk="id")
class Person:
    """The record of the table."""

    id = "id"
    name = "name"
    level = "level"
    score = "score"
    age = "age"
    company_id = "company_id"


def serve(folder: str, port: str, user: str) -> None:
    """Serve until the process is stopped."""
    settings = {
        "db_host": folder,
        "db_port": port,
        "db_user": user,
        "db_name": "postgres",
        "db_password": "",
        "db_ssl": False,
        "db_minprocs": 1,
        "db_maxprocs": 8,
    }
    main = FlaskApplication(ShallowContainer(settings))
    app = main.build([], [PgSqlFactory])
    main.init()
    Auto.rest(app, "people", Person, search_fields=["name"], auth=False, allow_methods=["get"])
    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    server = make_server("127.0.0.1", 0, app, threaded=True)
    print(f"http://127.0.0.1:{server.server_port}/people", flush=True)
    server.serve_forever()


if __name__ == "__main__":
    serve(*sys.argv[1:])

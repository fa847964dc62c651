"""The time that pokie's DbGridRequest takes to read parameters; runs where pokie is.

``python -m tests.benchmarks.pokie_parse typical|empty`` prints microseconds.
"""

from __future__ import annotations

import json
import sys

from pokie.http import DbGridRequest
from rick_db import fieldmapper

from tests.benchmarks.parameters import PARAMETERS, microseconds


@fieldmapper(tablename="people", pk="id")
class Person:
    """The record of the table."""

    id = "id"
    name = "name"
    level = "level"
    score = "score"
    age = "age"
    company_id = "company_id"


def parse(arguments: dict[str, str]) -> dict[str, object]:
    """Return what the parameters say."""
    request = DbGridRequest(Person)
    if not request.is_valid(arguments):
        raise ValueError(request.get_errors())
    found: dict[str, object] = request.dbgrid_parameters(0, ["name"])
    return found


if __name__ == "__main__":
    given = PARAMETERS[sys.argv[1]]
    print(json.dumps({"microseconds": microseconds(lambda: parse(given)), "says": parse(given)}))

"""Answers to cube queries over HTTP: JSON with what the columns mean, or rows alone.

A client that has the answer already is told so before any row is read; the bytes of an answer are
kept as those of searches are.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from atomlite.cubes.digests import short
from atomlite.cubes.results.forms import arrow_result
from atomlite.cubes.results.metadata import level_facts, measure_facts, measures_of
from atomlite.cubes.running import version_read
from atomlite.errors import AnswerNotSerializable, NotAcceptable
from atomlite.http import frame_forms, media_types
from atomlite.http.json_text import json_bytes, parse_json
from atomlite.http.responses import Response
from atomlite.search.cubes.json_queries import read_query
from atomlite.search.delivery import chosen_form
from atomlite.search.etags import is_known, weak_tag
from atomlite.tables.search.forms import rows_of_table

if TYPE_CHECKING:
    import pyarrow as pa

    from atomlite.cubes.model import CubeModel, HierarchyModel
    from atomlite.cubes.running import Execution, Runner
    from atomlite.http.requests import Request
    from atomlite.types import JsonValue

FORMS = media_types.TABULAR
_KEPT = ("Cache-Control", "private, no-cache")
_ROWS_MARK = "cube bytes"


def answered(request: Request, model: CubeModel, runner: Runner) -> Response:
    """Return the answer to a request with a query.

    Raises:
        InvalidJson: The body is no JSON, or has a key twice in one object.
        NotAcceptable: The client accepts none of the forms, or the form has no place for a column.
        AtomliteError: As `read_query` and `Runner.answer`.
    """
    body = parse_json(request.raw_body, keys_once=True) if request.raw_body else None
    with runner.tracing.span("Cube.query", {"atomlite.cube": model.name}):
        query = read_query(body, model)
        form = chosen_form(request.headers.get("accept"), FORMS)
        known = request.headers.get("if-none-match")
        return runner.at_one_instant(
            query, model, lambda execution: _response(execution, runner, form, known)
        )


def _response(execution: Execution, runner: Runner, form: str, known: str | None) -> Response:
    head = json_bytes(_head(execution))
    headers = [("Vary", "Accept")]
    key = None
    if execution.key is not None:
        key = (_ROWS_MARK, execution.key, short(head.decode()), form)
        tag = weak_tag(key)
        headers += [("ETag", tag), _KEPT]
        if is_known(known, tag):
            return Response(None, 304, tuple(headers))
    cache = runner.store.cache
    made = None if key is None else cache.get(key)
    if made is None:
        made = _body(execution, runner, form, head)
        if key is not None:
            cache.put(key, made)
    return Response(made, headers=tuple(headers), media_type=media_types.with_charset(form))


def _body(execution: Execution, runner: Runner, form: str, head: bytes) -> bytes:
    table = execution.table()
    with runner.tracing.span("shape"):
        if form == media_types.JSON:
            rows = json_bytes(rows_of_table(table.columns))
            return head[:-1] + b',"rows":' + rows + b"}"
        return _frame(arrow_result(execution.answer(table)), form)


def _frame(table: pa.Table, form: str) -> bytes:
    try:
        return b"".join(frame_forms.parts(table, form))
    except AnswerNotSerializable as error:
        others = [each for each in FORMS if each != form]
        raise NotAcceptable(form, others, reason=error.message) from error


def _head(execution: Execution) -> dict[str, JsonValue]:
    """Return what an answer in JSON says before its rows."""
    plan = execution.plan
    columns = [column.name for column in plan.columns]
    return {
        "cube": plan.model.name,
        "tables_version": str(version_read(plan, execution.catalog)),
        "levels": [
            {**level_facts(level), "column": name}
            for level, name in zip(plan.axis, columns, strict=False)
        ],
        "measures": [measure_facts(each) for each in measures_of(plan)],
        "columns": columns,
    }


def described(model: CubeModel) -> dict[str, JsonValue]:
    """Return what there is to know of a cube, as ``/api/cubes`` answers it."""
    return {
        "name": model.name,
        "fact_table": model.fact,
        "description": model.description,
        "hierarchies": [_hierarchy(each) for each in model.hierarchies.values()],
        "measures": [measure_facts(each) for each in model.measures.values()],
    }


def _hierarchy(hierarchy: HierarchyModel) -> dict[str, JsonValue]:
    return {
        "dimension": hierarchy.key.dimension,
        "name": hierarchy.key.name,
        "levels": [
            {
                "name": level.key.name,
                "data_type": str(level.data_type),
                "description": level.description,
            }
            for level in hierarchy.levels
        ],
        "slicing": hierarchy.slicing,
        "visible": hierarchy.visible,
        "description": hierarchy.description,
    }

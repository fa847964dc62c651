from __future__ import annotations

import json

from tests.telemetry.programs import run

_READER = """
import json
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import InMemoryMetricReader

def configure():
    global reader
    reader = InMemoryMetricReader()
    metrics.set_meter_provider(MeterProvider([reader], shutdown_on_exit=False))

def show():
    data = reader.get_metrics_data()
    for scoped in data.resource_metrics[0].scope_metrics if data else []:
        for metric in scoped.metrics:
            for point in metric.data.data_points:
                print(json.dumps([metric.name, metric.unit, scoped.scope.name, point.count,
                                  dict(point.attributes), 0 <= point.sum < 5,
                                  list(point.explicit_bounds)[:2],
                                  [f"{each.span_id:016x}" for each in point.exemplars]]))
"""

_WORK = """
request = arrive(tracing)
request.route("/proxy/x")
with request.active():
    try:
        with tracing.query(Statement("SELECT 1", table="T"), database="memory"):
            raise ValueError("no such day")
    except ValueError as error:
        request.finish(500, error=error)
arrive(tracing, method="BREW").finish(405)
"""

_EXPECTED = {
    "http.server.request.duration": [
        {
            "http.request.method": "GET",
            "url.scheme": "http",
            "http.route": "/proxy/x",
            "http.response.status_code": 500,
            "error.type": "ValueError",
        },
        {"http.request.method": "_OTHER", "url.scheme": "http", "http.response.status_code": 405},
    ],
    "db.client.operation.duration": [
        {
            "db.system.name": "duckdb",
            "db.namespace": "memory",
            "db.operation.name": "SELECT",
            "db.collection.name": "T",
            "db.query.summary": "SELECT T",
            "error.type": "ValueError",
        }
    ],
}


def _attributes(lines: list[str]) -> dict[str, list[object]]:
    found: dict[str, list[object]] = {}
    for name, unit, scope, count, attributes, plausible, bounds, _ in map(json.loads, lines):
        assert (unit, count, plausible) == ("s", 1, True)
        assert scope == ("atomlite.server" if name.startswith("http") else "atomlite.engine")
        assert bounds == ([0.005, 0.01] if name.startswith("http") else [0.001, 0.005])
        found.setdefault(name, []).append(attributes)
    return found


def test_durations_reach_the_user_s_meter_provider() -> None:
    """Rule: names, units, boundaries and attributes are those of the stable conventions."""
    tracing = 'configure()\ntracing = Tracing(TracingConfig(), version="1.2.3")\n'
    assert _attributes(run(_READER + tracing + _WORK + "show()")) == _EXPECTED


def test_a_meter_provider_configured_later_is_found() -> None:
    """Rule: what happens after the user has configured metrics is measured."""
    tracing = 'tracing = Tracing(TracingConfig(), version="1.2.3")\n'
    program = _READER + tracing + _WORK + "configure()\n" + _WORK + "show()"
    assert _attributes(run(program)) == _EXPECTED


def test_durations_are_measured_without_tracing_and_not_at_all_when_unwanted() -> None:
    """Rule: metrics and traces are turned off apart from each other."""
    start = "configure()\ntracing = Tracing(TracingConfig({}), version='1.2.3'{})\n"
    off = run(_READER + start.format("enabled=False", "") + _WORK + "show()")
    assert _attributes(off) == _EXPECTED
    assert run(_READER + start.format("", ", metrics=False") + _WORK + "show()") == []


def test_a_measurement_points_to_its_span() -> None:
    """Rule: exemplars lead from a slow bucket to the request and the statement in it."""
    program = (
        _READER
        + "configure()\n"
        + "trace.set_tracer_provider(TracerProvider(shutdown_on_exit=False))\n"
        + 'tracing = Tracing(TracingConfig(), version="1.2.3")\n'
        + _WORK
        + "show()\n"
        + "print(json.dumps([span.span_id for each in tracing.traces for span in each.spans]))"
    )
    *points, spans = map(json.loads, run(program))

    assert sorted(span for point in points for span in point[-1]) == sorted(spans)

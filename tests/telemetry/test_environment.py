from __future__ import annotations

import pytest

from atomlite.errors import InvalidEnvironment
from atomlite.telemetry.environment import sampler, sdk_disabled
from tests.telemetry.calls import answer, arrive, recording
from tests.telemetry.programs import run

_COUNT = """
tracing = Tracing(TracingConfig(), version="1.2.3")
for _ in range(200):
    request = arrive(tracing)
    with request.active(), tracing.span("step"):
        pass
    request.finish(200)
sizes = {len(each) for each in tracing.traces}
print(len(tracing.traces), sizes)
"""


@pytest.mark.parametrize("value", ["true", " TRUE "])
def test_a_disabled_sdk_records_nothing(monkeypatch: pytest.MonkeyPatch, value: str) -> None:
    """Rule: ``OTEL_SDK_DISABLED`` wins over the configuration."""
    monkeypatch.setenv("OTEL_SDK_DISABLED", value)
    tracing = recording()

    assert sdk_disabled()
    assert answer(tracing).trace_id is None
    assert len(tracing.traces) == 0


def test_the_sampler_of_the_environment_decides() -> None:
    """Rule: ``OTEL_TRACES_SAMPLER`` and its argument hold for light spans, for whole traces."""
    assert run(_COUNT) == ["200 {2}"]
    assert run(_COUNT, OTEL_TRACES_SAMPLER="always_off") == ["0 set()"]
    (line,) = run(
        _COUNT, OTEL_TRACES_SAMPLER="parentbased_traceidratio", OTEL_TRACES_SAMPLER_ARG="0.5"
    )
    count, _, sizes = line.partition(" ")
    assert 50 < int(count) < 150
    assert sizes == "{2}"


def test_a_sampler_that_always_records_does_so_below_a_caller_that_does_not(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Rule: only samplers that follow the parent obey ``sampled=0``, and the flag tells."""
    monkeypatch.setenv("OTEL_TRACES_SAMPLER", "always_on")
    tracing = recording()
    request = arrive(
        tracing,
        headers={"traceparent": "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-00"},
    )
    headers: dict[str, str] = {}
    with request.active(), tracing.span("step"):
        tracing.inject(headers)
    request.finish(200)

    assert [span.name for span in tracing.traces[-1].spans] == ["GET", "step"]
    assert headers["traceparent"].endswith("-01")


def test_sessions_share_the_sampler_of_the_same_variables(monkeypatch: pytest.MonkeyPatch) -> None:
    """Rule: starting sessions leaves no providers behind; changed variables are seen."""
    first = sampler()
    assert sampler() is first
    monkeypatch.setenv("OTEL_TRACES_SAMPLER", "always_off")
    assert sampler() is not first


def test_limits_of_the_environment_hold_for_light_spans(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """Rule: the variables that bound a span bound ours."""
    monkeypatch.setenv("OTEL_SPAN_ATTRIBUTE_COUNT_LIMIT", "2")
    monkeypatch.setenv("OTEL_ATTRIBUTE_VALUE_LENGTH_LIMIT", "3")
    monkeypatch.setenv("OTEL_SPAN_EVENT_COUNT_LIMIT", "1")
    tracing = recording()
    with tracing.span("work", {"a": "abcdef", "b": 2, "c": 3}) as span:
        span.set_attribute("d", "abcdef")
        span.add_event("one")
        span.add_event("two")

    (record,) = tracing.traces[-1].spans
    assert record.attributes == {"c": 3, "d": "abc"}
    assert [event.name for event in record.events] == ["two"]


def test_a_limit_that_is_no_number_is_a_named_error(monkeypatch: pytest.MonkeyPatch) -> None:
    """Rule: the error names the variable."""
    monkeypatch.setenv("OTEL_SPAN_EVENT_COUNT_LIMIT", "many")
    with pytest.raises(InvalidEnvironment, match="OTEL_SPAN_EVENT_COUNT_LIMIT"):
        recording()


def test_the_environment_names_the_service(monkeypatch: pytest.MonkeyPatch) -> None:
    """Rule: ``OTEL_SERVICE_NAME`` wins over the configuration; other attributes are added."""
    monkeypatch.setenv(
        "OTEL_RESOURCE_ATTRIBUTES", "deployment.environment.name=test,service.name=a"
    )
    resource = recording().traces.resource
    assert resource["deployment.environment.name"] == "test"
    assert resource["service.name"] == "a"

    monkeypatch.setenv("OTEL_SERVICE_NAME", "b")
    assert recording().traces.resource["service.name"] == "b"

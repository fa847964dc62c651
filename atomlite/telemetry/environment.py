"""What OpenTelemetry's environment variables ask for, read by the SDK's own code.

Light spans obey the same variables as spans of the SDK: ``OTEL_SDK_DISABLED``,
``OTEL_TRACES_SAMPLER`` and its ``_ARG``, the limits of spans, ``OTEL_SERVICE_NAME`` and
``OTEL_RESOURCE_ATTRIBUTES``.
"""

from __future__ import annotations

import os
from functools import lru_cache
from typing import TYPE_CHECKING

from opentelemetry.sdk.environment_variables import (
    OTEL_SDK_DISABLED,
    OTEL_TRACES_SAMPLER,
    OTEL_TRACES_SAMPLER_ARG,
)
from opentelemetry.sdk.resources import OTELResourceDetector, Resource
from opentelemetry.sdk.trace import SpanLimits, TracerProvider

from atomlite.errors import InvalidEnvironment

if TYPE_CHECKING:
    from collections.abc import Mapping

    from opentelemetry.sdk.trace.sampling import Sampler
    from opentelemetry.util.types import AttributeValue

__all__ = ["resource_attributes", "sampler", "sdk_disabled", "span_limits"]


def sdk_disabled() -> bool:
    """Return whether nothing is to be recorded in this process."""
    return os.environ.get(OTEL_SDK_DISABLED, "").strip().lower() == "true"


def sampler() -> Sampler:
    """Return the sampler that the variables name; without them it follows the parent."""
    return _sampler(os.environ.get(OTEL_TRACES_SAMPLER), os.environ.get(OTEL_TRACES_SAMPLER_ARG))


@lru_cache(maxsize=8)
def _sampler(_name: str | None, _argument: str | None) -> Sampler:
    # A provider leaves hooks for forks behind, so one serves all sessions that see the same
    # variables.
    return TracerProvider(resource=Resource.get_empty(), shutdown_on_exit=False).sampler


def span_limits() -> SpanLimits:
    """Return how many attributes, events and links a span may have.

    Raises:
        InvalidEnvironment: A variable holds no number.
    """
    try:
        return SpanLimits()
    except ValueError as error:
        raise InvalidEnvironment(str(error)) from error


def resource_attributes(service_name: str) -> Mapping[str, AttributeValue]:
    """Return what spans say of their process; the variables win over ``service_name``.

    >>> resource_attributes("sales")["telemetry.sdk.language"]
    'python'
    """
    named = Resource.create().merge(Resource({"service.name": service_name}))
    return named.merge(OTELResourceDetector().detect()).attributes

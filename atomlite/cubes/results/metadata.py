"""What every answer says of its columns: types, additivity, how to show values. Pure."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from atomlite.cubes.model import LevelModel, MeasureModel
    from atomlite.cubes.planning.plan import Plan
    from atomlite.types import JsonValue

ADDITIVITY = b"atomlite.additivity"
"""The key in the metadata of an Arrow field under which a measure's additivity stands, as JSON."""


def measure_facts(measure: MeasureModel) -> dict[str, JsonValue]:
    """Return what there is to know of a measure, as JSON has it."""
    return {
        "name": measure.name,
        "data_type": str(measure.data_type),
        "additivity": additivity_facts(measure),
        "formatter": measure.formatter,
        "folder": measure.folder,
        "description": measure.description,
        "visible": measure.visible,
    }


def additivity_facts(measure: MeasureModel) -> Mapping[str, JsonValue]:
    """Return whether cells of a measure add up, and over which hierarchies they do not."""
    found = measure.additivity
    return {
        "kind": found.kind,
        "not_over": [[key.dimension, key.name] for key in found.not_over],
    }


def level_facts(level: LevelModel) -> dict[str, JsonValue]:
    """Return what there is to know of a level, as JSON has it."""
    return {
        "dimension": level.key.dimension,
        "hierarchy": level.key.hierarchy,
        "level": level.key.name,
        "data_type": str(level.data_type),
        "description": level.description,
    }


def measures_of(plan: Plan) -> list[MeasureModel]:
    """Return the measures of a plan's columns, in their order."""
    return [plan.model.measures[name] for name in plan.query.measures]


def additivity_json(measure: MeasureModel) -> bytes:
    """Return the same as `additivity_facts`, as JSON."""
    return json.dumps(additivity_facts(measure)).encode()

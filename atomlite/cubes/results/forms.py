"""Results as they came: an Arrow table, or a plain DataFrame."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pyarrow as pa

from atomlite.cubes.results.metadata import (
    ADDITIVITY,
    additivity_facts,
    additivity_json,
    measures_of,
)
from atomlite.tables.frames import to_frame

if TYPE_CHECKING:
    import pandas as pd

    from atomlite.cubes.running import Answer


def arrow_result(answer: Answer) -> pa.Table:
    """Return levels, depth and measures; the field of a measure tells its additivity."""
    table = answer.table
    measures = measures_of(answer.plan)
    first = table.num_columns - len(measures)
    fields: list[pa.Field[Any]] = list(table.schema)
    for place, measure in enumerate(measures, start=first):
        fields[place] = fields[place].with_metadata({ADDITIVITY: additivity_json(measure)})
    return pa.Table.from_arrays(table.columns, schema=pa.schema(fields))


def raw_result(answer: Answer) -> pd.DataFrame:
    """Return levels, depth and measures with a plain index.

    ``attrs["additivity"]`` has the kind of each measure.
    """
    frame = to_frame(answer.table)
    frame.attrs["additivity"] = {
        measure.name: additivity_facts(measure)["kind"] for measure in measures_of(answer.plan)
    }
    return frame

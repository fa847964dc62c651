"""What to say of queries that take too long, or whose numbers are too large. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pyarrow as pa

from atomlite.cubes.planning.partials import leaves_of
from atomlite.cubes.references import names_in
from atomlite.errors import ResultTooLarge
from atomlite.errors.root import names_listed
from atomlite.expressions.rendering import columns_of

if TYPE_CHECKING:
    from atomlite.cubes.model import CubeModel, LevelModel
    from atomlite.cubes.planning.plan import Plan
    from atomlite.tables.catalogs import Catalog

_SUMS = frozenset({"sum", "square_sum", "sum_product", "long", "short", "mean"})


def slow_advice(plan: Plan, catalog: Catalog) -> str:
    """Return what to change so that a query takes less time, as the beginning of a sentence.

    Args:
        plan: How it is answered.
        catalog: The tables at the instant that is read.
    """
    query = plan.query
    found = []
    if query.include_empty_rows:
        found.append("leave out the empty rows")
    if plan.axis:
        found += [f"leave out {_largest(plan, catalog)}", "filter its members"]
    else:
        found.append("filter the facts by a level")
    if plan.stages:
        python = dict.fromkeys(stage.measure for stage in plan.stages)
        found.append(f"leave out the Python measures {names_listed(python)}")
    elif plan.source is None:
        found.append("declare an aggregate table (`cube.aggregates.add`)")
    text = ", or ".join(found)
    return text[0].upper() + text[1:]


def _largest(plan: Plan, catalog: Catalog) -> str:
    """Return the level that may have most members, by the rows of its table; else all levels."""
    rows = {level.key.name: _rows(level, catalog) for level in plan.axis}
    most = max(rows.values())
    largest = [name for name, count in rows.items() if count == most]
    if len(largest) > 1 or len(plan.axis) == 1:
        return f"one of the levels {names_listed(rows)}" if len(rows) > 1 else "the level"
    return f'the level "{largest[0]}" (of a table of {most:,} rows)'


def _rows(level: LevelModel, catalog: Catalog) -> int:
    return sum(catalog.table(each.table).row_count for each in columns_of(level.operand))


def too_large(plan: Plan) -> ResultTooLarge:
    """Return the error for a query with a number that no type of the engine holds.

    Args:
        plan: How it was to be answered.
    """
    model, query = plan.model, plan.query
    asked = dict.fromkeys(query.measures)
    asked |= dict.fromkeys(each.by for each in query.order_by if isinstance(each.by, str))
    asked |= dict.fromkeys(sorted(names_in(query.filter)))
    names = [name for name in asked if _adds_up_exactly(name, model)] or list(asked)
    measures = "The measure" if len(names) == 1 else "One of the measures"
    return ResultTooLarge(
        f"{measures} {names_listed(names)} has a value that is too large for its type. "
        "Whole numbers and decimals are added up exactly, and never rounded.",
        hint='Add up floats: `agg.sum(table["column"] * 1.0)`, or filter what is too large.',
        details={"measures": names},
    )


def _adds_up_exactly(name: str, model: CubeModel) -> bool:
    leaves = leaves_of(model.measures[name].expression, model, {name})
    return any(
        each.function in _SUMS and each.operand is not None and _is_exact(each.operand.data_type)
        for each in leaves
    )


def _is_exact(data_type: pa.DataType) -> bool:
    return pa.types.is_integer(data_type) or pa.types.is_decimal(data_type)

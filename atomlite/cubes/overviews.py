"""What a cube holds, as grids for the notebook and the terminal."""

from __future__ import annotations

from typing import TYPE_CHECKING

from atomlite.display.grids import Grid
from atomlite.errors import shortened

if TYPE_CHECKING:
    from collections.abc import Iterable

    from atomlite.cubes.model import CubeModel, HierarchyModel

_LONGEST_FORMULA = 60
_MOST_LISTED = 12


def hierarchies_grid(model: CubeModel) -> Grid:
    """Return one line per hierarchy."""
    rows = [
        (each.key.dimension, each.key.name, _levels(each), _marks(each))
        for each in model.hierarchies.values()
    ]
    title = _counted(len(rows), "hierarchy", "hierarchies")
    return Grid(title, ("dimension", "hierarchy", "levels", ""), rows)


def hierarchy_grid(hierarchy: HierarchyModel) -> Grid:
    """Return one line per level of a hierarchy."""
    rows = [(level.key.name, str(level.data_type)) for level in hierarchy.levels]
    marks = _marks(hierarchy)
    title = f"{hierarchy.key}{f' ({marks})' if marks else ''}"
    return Grid(title, ("level", "type"), rows)


def levels_grid(model: CubeModel) -> Grid:
    """Return one line per level."""
    rows = [
        (level.key.dimension, level.key.hierarchy, level.key.name, str(level.data_type))
        for each in model.hierarchies.values()
        for level in each.levels
    ]
    title = _counted(len(rows), "level", "levels")
    return Grid(title, ("dimension", "hierarchy", "level", "type"), rows)


def measures_grid(model: CubeModel) -> Grid:
    """Return one line per measure."""
    rows = [
        (each.name, _formula(str(each.expression)), str(each.data_type), each.additivity.kind)
        for each in model.measures.values()
    ]
    title = _counted(len(rows), "measure", "measures")
    return Grid(title, ("measure", "formula", "type", "additivity"), rows)


def cube_grid(model: CubeModel) -> Grid:
    """Return one line per dimension, and one for the measures."""
    dimensions: dict[str, list[str]] = {}
    for key, each in model.hierarchies.items():
        levels = [level.key.name for level in each.levels]
        text = key.name if levels == [key.name] else f"{key.name} ({' / '.join(levels)})"
        dimensions.setdefault(key.dimension, []).append(text)
    rows = [(name, _listed(hierarchies)) for name, hierarchies in dimensions.items()]
    rows.append(("measures", _listed(model.measures)))
    counts = (
        f"{_counted(len(model.hierarchies), 'hierarchy', 'hierarchies')}, "
        f"{_counted(len(model.measures), 'measure', 'measures')}"
    )
    facts = f'the rows of "{model.fact}"'
    if model.filter is not None:
        facts += f" where {_formula(repr(model.filter))}"
    return Grid(f"{model.name}: {counts}, over {facts}", ("dimension", "hierarchies"), rows)


def cubes_grid(models: Iterable[CubeModel]) -> Grid:
    """Return one line per cube."""
    rows = [
        (each.name, each.fact, str(len(each.hierarchies)), str(len(each.measures)))
        for each in models
    ]
    title = _counted(len(rows), "cube", "cubes")
    return Grid(title, ("cube", "fact table", "hierarchies", "measures"), rows)


def _levels(hierarchy: HierarchyModel) -> str:
    return " / ".join(level.key.name for level in hierarchy.levels)


def _marks(hierarchy: HierarchyModel) -> str:
    marks = (("slicing", hierarchy.slicing), ("hidden", not hierarchy.visible))
    return ", ".join(mark for mark, holds in marks if holds)


def _listed(names: Iterable[str]) -> str:
    listed = [shortened(name) for name in names]
    more = len(listed) - _MOST_LISTED
    return ", ".join(listed[:_MOST_LISTED]) + (f" and {more} more" if more > 0 else "")


def _formula(text: str) -> str:
    return text if len(text) <= _LONGEST_FORMULA else text[: _LONGEST_FORMULA - 1] + "…"


def _counted(count: int, one: str, many: str) -> str:
    return f"{count:,} {one if count == 1 else many}"

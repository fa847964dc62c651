"""The second way of `Cube.verify` by itself, beside numbers by hand: slicing hierarchies, twins."""

from __future__ import annotations

from typing import Any

import pandas as pd
import pytest

import atomlite as al
from atomlite.cubes.checking.along import HANDLERS as ALONG
from atomlite.cubes.checking.elsewhere import HANDLERS as ELSEWHERE
from atomlite.cubes.checking.evaluating import Evaluator
from atomlite.cubes.checking.facts import Facts
from atomlite.cubes.checking.places import Place, conjuncts
from atomlite.cubes.checking.verifying import CELLS
from atomlite.measures.nodes import Named


@pytest.fixture(name="cube")
def _cube(session: al.Session) -> al.Cube:
    """Give 17 units of version 1, which stands where none is asked for, and 10 of version 2."""
    frame = pd.DataFrame(
        {
            "version": ["1", "1", "2", "2"],
            "country": ["F", "F", "S", "S"],
            "units": [16, 1, 8, 2],
        }
    )
    cube = session.create_cube(session.read_pandas(frame, table_name="Sales"))
    cube.hierarchies["version"].slicing = True
    return cube


def both(cube: al.Cube, measure: str, version: str | None = None, condition: Any = None) -> Any:  # noqa: ANN401 -- of a query
    """Return a value as the cube has it, and as the second way has it."""
    levels = [] if version is None else ["version"]
    answer = cube.query(measure, levels=levels, filter=condition, mode="arrow").to_pylist()
    (first,) = [row[measure] for row in answer if row.get("version") == version]
    paths = () if version is None else ((cube.hierarchies["version"].key, (version,)),)
    with cube._store.read() as snapshot:
        facts = Facts(cube.model, snapshot.state, lambda statement: list(snapshot.rows(statement)))
        evaluator = Evaluator(cube.model, facts, {**ELSEWHERE, **ALONG})
        place = Place(paths, tuple(conjuncts(condition)))
        return first, evaluator.value(Named(measure), place)


def test_the_first_member_is_that_of_filters_about_it_alone(cube: al.Cube) -> None:
    """A condition about the country, too, does not make version 2 the first one."""
    version, country = cube.levels["version"], cube.levels["country"]

    assert both(cube, "units.SUM") == (17, 17)
    assert both(cube, "units.SUM", condition=version == "2") == (10, 10)
    mixed = (version == "2") | (country == "S")
    assert both(cube, "units.SUM", condition=mixed) == (None, None)


def test_nothing_is_above_the_first_level(cube: al.Cube) -> None:
    """Versions have no parent that would add them up."""
    cube.measures["above"] = al.parent_value(
        cube.measures["units.SUM"], degrees={cube.hierarchies["version"]: 1}, total_value=-1
    )

    assert both(cube, "above", "1") == (-1, -1)
    assert both(cube, "above", "2") == (-1, -1)


def test_only_the_first_member_lies_inside_of_a_cell_without_any(cube: al.Cube) -> None:
    """Version 2, which has least, is not looked at."""
    cube.measures["least"] = al.agg.min(
        cube.measures["units.SUM"], scope=al.OriginScope([cube.levels["version"]])
    )

    assert both(cube, "least") == (17, 17)
    assert both(cube, "least", "2") == (10, 10)


def test_a_cell_that_comes_twice_is_found(cube: al.Cube, monkeypatch: pytest.MonkeyPatch) -> None:
    """The set of cells is right, their number is not."""
    answered = type(cube._runner).answer

    def doubled(self: Any, *given: Any) -> Any:  # noqa: ANN401 -- as the runner's own
        answer = answered(self, *given)
        rows = list(range(answer.table.num_rows))
        table = answer.table.take([*rows, *rows[-1:]])
        return type(answer)(
            answer.query, answer.plan, table, answer.catalog, answer.view, answer.runner
        )

    monkeypatch.setattr(type(cube._runner), "answer", doubled)
    report = cube.verify(5, seed=1)

    assert len(report) == 5
    assert set(report.differences["measure"]) == {CELLS}
    assert set(report.differences["cell"]) == {"1 cells come twice"}

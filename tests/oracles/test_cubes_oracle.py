"""Whatever is drawn (tables, joins, hierarchies, measures, queries), cube and oracle agree."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import atomlite as al
from atomlite.cubes.asking import asked as query_of
from tests.cubes.oracle.asking import QUERIES, draw_query, share
from tests.cubes.oracle.comparing import differences, lines_of
from tests.cubes.oracle.drawing import draw_model
from tests.cubes.oracle.queries import answer, axis_of
from tests.cubes.oracle.tables import all_rows, load

if TYPE_CHECKING:
    from atomlite.cubes.cube import Cube
    from tests.cubes.oracle.rows import World

pytestmark = pytest.mark.timeout(1800)  # of the long profile, or of shrinking what failed


@pytest.fixture(scope="module")
def one_session() -> Iterator[al.Session]:
    """Give all examples one session."""
    with al.Session.start() as session:
        yield session


def check(session: al.Session, data: st.DataObject, *, navigated: int) -> None:
    """Draw tables, a cube and queries, and compare every cell of their answers."""
    tables = load(session, data.draw(all_rows()))
    drawn = draw_model(data.draw, session, tables, navigated=navigated)
    world = tables.world(session)
    for _ in range(QUERIES):
        given = draw_query(drawn)
        compare(drawn.cube, world, given)


def compare(cube: Cube, world: World, given: dict[str, Any]) -> None:
    """Compare every cell of one answer, and the order of its rows where there is one."""
    arguments = {key: value for key, value in given.items() if key != "measures"}
    query = query_of(cube.model, given["measures"], **arguments)
    expected = answer(query, cube.model, world)
    table = cube.query(*given["measures"], **arguments, mode="arrow")
    found = lines_of(table, len(axis_of(query, cube.model)))

    assert differences(found, expected) == [], (
        given,
        {n: str(m.expression) for n, m in cube.model.measures.items()},
    )
    if query.order_by or query.limit is not None:
        assert [line.members for line in found] == [line.members for line in expected]


@share
@given(data=st.data())
def test_measures_of_facts(one_session: al.Session, data: st.DataObject) -> None:
    """Aggregates of columns, over stars, snowflakes and many-links."""
    check(one_session, data, navigated=0)


@share
@given(data=st.data())
def test_measures_of_other_cells(one_session: al.Session, data: st.DataObject) -> None:
    """Parents, neighbours, ranks, scopes, filters and their nesting."""
    check(one_session, data, navigated=3)

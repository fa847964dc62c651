"""What an answer says of the data it was made from, and how much a query may hold."""

from __future__ import annotations

import pandas as pd
import pytest

import atomlite as al
from atomlite.cubes.model import CubeModel
from atomlite.errors import InvalidQuery
from atomlite.search.cubes.json_queries import read_query


@pytest.fixture(name="cube")
def _cube(session: al.Session) -> al.Cube:
    """Give units of two shops, in two cities."""
    sales = session.read_pandas(pd.DataFrame({"shop": [1, 2], "units": [1, 2]}), table_name="Sales")
    shops = session.read_pandas(
        pd.DataFrame({"shop": [1, 2], "city": ["Paris", "Lyon"]}), table_name="Shops", keys={"shop"}
    )
    sales.join(shops)
    return session.create_cube(sales)


def version(session: al.Session) -> str:
    """Return the version of the tables that an answer by city tells."""
    body = {"measures": ["units.SUM"], "levels": ["city"]}
    answered = session.client.http_client.post("api/cubes/Sales/query", json=body)
    assert answered.status_code == 200, answered.text
    return str(answered.json()["tables_version"])


def test_the_version_is_that_of_the_newest_table_read(session: al.Session, cube: al.Cube) -> None:
    """A load of either table is another version, one of an unrelated table is none."""
    session.read_pandas(pd.DataFrame({"a": [1]}), table_name="Other")
    found = [version(session)]
    for name, frame in (
        ("Shops", pd.DataFrame({"shop": [3], "city": ["Nice"]})),
        ("Sales", pd.DataFrame({"shop": [3], "units": [3]})),
        ("Shops", pd.DataFrame({"shop": [4], "city": ["Nice"]})),
        ("Other", pd.DataFrame({"a": [2]})),
    ):
        session.tables[name].load(frame)
        found.append(version(session))

    assert len(set(found[:4])) == 4
    assert found[4] == found[3]


def listed(*numbers: int) -> dict[str, object]:
    """Return a filter of lists with so many values each."""
    lists = [
        {"level": ["Sales", "shop", "shop"], "operator": "in", "values": list(range(number))}
        for number in numbers
    ]
    return {"or": lists}


def test_the_values_of_all_lists_of_a_filter_are_counted_together(cube: al.Cube) -> None:
    """Two lists, each of which would do, are too many together."""
    model: CubeModel = cube.model

    def read(*numbers: int) -> object:
        return read_query({"measures": ["units.SUM"], "filter": listed(*numbers)}, model).filter

    assert read(5_000, 5_000) is not None
    with pytest.raises(InvalidQuery, match="more than 10,000 values"):
        read(6_000, 6_000)

"""A small star: sales, the shops they were made in, the countries of these, tags of items."""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd
import pytest

import atomlite as al


@dataclass(frozen=True)
class Star:
    """Tables that are joined to one another; each fact has one shop and one country."""

    session: al.Session
    sales: al.Table
    shops: al.Table
    countries: al.Table

    def cube(self, name: str = "Cube", **options: object) -> al.Cube:
        """Create a cube of the sales."""
        return self.session.create_cube(self.sales, name, **options)  # type: ignore[arg-type]

    def with_tags(self) -> al.Table:
        """Join the tags of items, of which a fact has several."""
        frame = pd.DataFrame(
            {"item": ["pen", "pen", "ink"], "tag": ["blue", "cheap", "blue"], "weight": [1, 2, 3]}
        )
        tags = self.session.read_pandas(frame, keys={"item", "tag"}, table_name="Tags")
        self.sales.join(tags, self.sales["item"] == tags["item"])
        return tags


@pytest.fixture
def star(session: al.Session) -> Star:
    """Give the star with its joins."""
    countries = session.read_pandas(
        pd.DataFrame({"country": ["FR", "IT"], "name": ["France", "Italy"], "area": [5.0, 3.0]}),
        keys={"country"},
        table_name="Countries",
    )
    shops = session.read_pandas(
        pd.DataFrame(
            {
                "shop": [1, 2, 3],
                "country": ["FR", "FR", "IT"],
                "city": ["Paris", "Lyon", "Rome"],
                "size": [10, 20, 30],
            }
        ),
        keys={"shop"},
        table_name="Shops",
    )
    sales = session.read_pandas(
        pd.DataFrame(
            {
                "day": pd.to_datetime(["2026-01-05", "2026-01-06", "2026-02-03", "2026-03-10"]),
                "shop": [1, 2, 3, 9],
                "item": ["pen", "ink", "pen", "pen"],
                "units": [4, 3, 2, 1],
                "price": [2.0, 5.0, 2.5, 4.0],
            }
        ),
        data_types={"day": "date"},
        table_name="Sales",
    )
    shops.join(countries)
    sales.join(shops)
    return Star(session, sales, shops, countries)

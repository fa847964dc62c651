from __future__ import annotations

import datetime as dt

import pandas as pd
import pytest

import atomlite as al


@pytest.fixture
def sales() -> pd.DataFrame:
    """Give facts whose members are hard to tell from totals."""
    return pd.DataFrame(
        {
            "Country": ["France", "France", "Italy", None, "Total"],
            "City": ["Paris", "Lyon", "Rome", None, ""],
            "Day": [dt.date(2026, 1, 1), dt.date(2026, 1, 2), dt.date(2026, 1, 1), None, None],
            "Price": [1.0, 2.0, 4.0, 8.5, 3.25],
            "Number": [1000, 2, 3, 4, None],
        }
    ).astype({"Number": "Int64"})


@pytest.fixture
def cube(session: al.Session, sales: pd.DataFrame) -> al.Cube:
    """Give a cube over them with a hierarchy of two levels."""
    table = session.read_pandas(sales, table_name="Sales")
    cube = session.create_cube(table)
    cube.hierarchies["Geography"] = [table["Country"], table["City"]]
    del cube.hierarchies["Sales", "Country"]
    del cube.hierarchies["Sales", "City"]
    return cube

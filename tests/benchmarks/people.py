"""A million people: a text key, names that many share, numbers, nulls, and twelve companies."""

from __future__ import annotations

import contextlib
import sqlite3
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
from pyarrow import csv

PEOPLE = 1_000_000
FIRST_NAMES = ("Ada", "Bob", "Carla", "Dan", "Eve", "Felix", "Gina", "Hugo", "Ivy", "Mia")
LAST_NAMES = 100
MANY_LAST_NAMES = 2_000


def people(rows: int = PEOPLE, *, last_names: int = LAST_NAMES) -> pa.Table:
    """Return people in the order of their ids; ten times as many names as last names."""
    random = np.random.default_rng(3)
    names = np.array(
        [f"{first} Family{last:03d}" for first in FIRST_NAMES for last in range(last_names)]
    )
    columns: dict[str, Any] = {
        "id": [f"e{number:07d}" for number in range(rows)],
        "name": names[random.integers(0, len(names), rows)],
        "level": random.integers(1, 6, rows),
        "score": np.round(random.random(rows) * 100, 2),
        "age": pa.array(random.integers(18, 70, rows), mask=random.random(rows) < 0.1),
        "company_id": [f"c{number:02d}" for number in random.integers(0, 12, rows)],
    }
    return pa.table(columns)


def write_sqlite(rows: pa.Table, file: Path) -> None:
    """Write people into a database of SQLite, with the index that fits the search, analysed."""
    with contextlib.closing(sqlite3.connect(file)) as connection, connection:
        connection.execute(
            "CREATE TABLE people (id TEXT PRIMARY KEY, name TEXT, level INTEGER, score REAL, "
            "age INTEGER, company_id TEXT)"
        )
        values = zip(*(column.to_pylist() for column in rows.columns), strict=True)
        connection.executemany("INSERT INTO people VALUES (?, ?, ?, ?, ?, ?)", values)
        connection.execute("CREATE INDEX fitting ON people (level, score)")
        connection.execute("ANALYZE")


def write_csv(rows: pa.Table, file: Path) -> None:
    """Write people as CSV with a header; nulls are empty."""
    csv.write_csv(rows, file)

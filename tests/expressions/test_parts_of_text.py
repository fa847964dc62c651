"""Parts of text in any case, against plain Python: letters whose small forms surprise."""

from __future__ import annotations

import contextlib
import random

import duckdb
import pyarrow as pa
import pytest

from atomlite.expressions.columns import Column
from atomlite.expressions.rendering import render

PLAIN = [*"aAbkKsSiI %_\\'"]
ODD = [*PLAIN, *"ß\u1e9e\u0130\u0131\u212a\u212bå\u03a3\u03c2\u03c3\u01c5", "e\u0301", "\U0001f600"]


@pytest.mark.parametrize("letters", [PLAIN, ODD])
def test_parts_are_found_whatever_the_case(letters: list[str]) -> None:
    """Each character is lowered alone, in columns of ASCII alone and in others."""
    chance = random.Random(11)  # noqa: S311 -- the same each time
    words = ["".join(chance.choices(letters, k=chance.randrange(9))) for _ in range(2_000)]
    parts = ["".join(chance.choices(ODD, k=chance.randrange(3))) for _ in range(150)]
    name = Column("words", "word", pa.string())
    with contextlib.closing(duckdb.connect()) as connection:
        connection.execute("CREATE TABLE words (word VARCHAR)")
        connection.execute("INSERT INTO words SELECT unnest(?)", [words])
        for part in parts:
            for condition, found in (
                (name.contains(part, case=False), str.__contains__),
                (name.starts_with(part, case=False), str.startswith),
            ):
                where, values = render(condition, lambda column: f'"{column.name}"')
                query = f"SELECT word FROM words WHERE {where}"  # noqa: S608 -- from the model
                expected = [word for word in words if found(_lowered(word), _lowered(part))]
                rows = connection.execute(query, list(values)).fetchall()
                assert [word for (word,) in rows] == expected, (part, where)


def _lowered(text: str) -> str:
    """Lower each character to one character: İ to i, where Python makes two."""
    return "".join("i" if each == "\u0130" else each.lower() for each in text)

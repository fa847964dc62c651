"""The answer of a cube beside the oracle's."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from atomlite.cubes.model import DEPTH
from tests.cubes.oracle.queries import Line
from tests.cubes.oracle.values import Value, alike, clean

if TYPE_CHECKING:
    import pyarrow as pa


def lines_of(table: pa.Table, levels: int) -> list[Line]:
    """Return the rows of a raw answer.

    Args:
        table: As ``mode="arrow"`` gives it.
        levels: How many of its columns are levels.
    """
    assert table.column_names[levels] == DEPTH
    columns = [[clean(value) for value in column.to_pylist()] for column in table.columns]
    rows = list(zip(*columns, strict=True))
    return [Line(row[:levels], row[levels], row[levels + 1 :]) for row in rows]


def differences(found: Sequence[Line], expected: Sequence[Line]) -> list[str]:
    """Return what is wrong with an answer, in any order of its rows; nothing if all is right."""
    ours, theirs = _by_cell(found), _by_cell(expected)
    wrong = [f"{len(found) - len(ours)} cells come twice"] if len(found) > len(ours) else []
    wrong += [f"missing: {_text(key)}" for key in theirs.keys() - ours.keys()]
    wrong += [f"nobody's: {_text(key)} {ours[key]}" for key in ours.keys() - theirs.keys()]
    wrong += [
        f"at {_text(key)}: {ours[key]} instead of {theirs[key]}"
        for key in ours.keys() & theirs.keys()
        if not alike(ours[key], theirs[key])
    ]
    return wrong


def _by_cell(lines: Sequence[Line]) -> dict[tuple[Value, ...], tuple[Value, ...]]:
    return {(line.depth, *line.members): line.values for line in lines}


def _text(key: tuple[Value, ...]) -> str:
    return f"{key[1:]} (depth {key[0]})"

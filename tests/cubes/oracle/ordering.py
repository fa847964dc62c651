"""How the members of a level follow each other."""

from __future__ import annotations

from typing import Any

from atomlite.cubes.model import ColumnOrder, CubeModel, CustomOrder, LevelModel
from tests.cubes.oracle.rows import Assignment, World, tables_of, worth
from tests.cubes.oracle.values import Value, order

_Key = tuple[Any, ...]


class _Reversed:
    """Turns an order around."""

    def __init__(self, key: _Key) -> None:
        self.key = key

    def __lt__(self, other: _Reversed) -> bool:
        return other.key < self.key

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Reversed) and self.key == other.key

    def __hash__(self) -> int:
        return hash(self.key)


def natural(value: Value) -> _Key:
    """Return what a member that is not null sorts by: digits of text count as numbers."""
    if not isinstance(value, str):
        return order(value)
    return (*_runs(value), (-1, 0), value)


def _runs(text: str) -> list[tuple[int, int]]:
    """Return digit runs as numbers in the place of their first digit, other characters as such."""
    parts: list[tuple[int, int]] = []
    position = 0
    while position < len(text):
        end = position
        while end < len(text) and "0" <= text[end] <= "9":
            end += 1
        if end > position:
            parts.append((2 * ord("0") + 1, int(text[position:end])))
            position = end
        else:
            parts.append((2 * ord(text[position]), 0))
            position += 1
    return parts


class Positions:
    """Sort keys of the members of all levels of a cube."""

    def __init__(self, model: CubeModel, world: World) -> None:
        self._model = model
        self._world = world
        self._columns: dict[object, dict[Value, Value]] = {}

    def of(self, level: LevelModel, member: Value) -> _Key:
        """Return what a member of a level sorts by; null is last."""
        if member is None:
            return (1,)
        match level.order:
            case CustomOrder(first_elements=first):
                listed = [*first].index(member) if member in first else len(first)
                return (0, listed, natural(member))
            case ColumnOrder() as by:
                value = self._smallest(level, by).get(member)
                if value is None:
                    return (0, 1, natural(member))
                key = order(value)
                return (0, 0, key if by.ascending else _Reversed(key), natural(member))
        key = natural(member)
        return (0, key if level.order.ascending else _Reversed(key))

    def path(self, levels: tuple[LevelModel, ...], members: tuple[Value, ...]) -> _Key:
        """Return what a path sorts by."""
        return tuple(self.of(level, member) for level, member in zip(levels, members, strict=False))

    def _smallest(self, level: LevelModel, by: ColumnOrder) -> dict[Value, Value]:
        if level.key not in self._columns:
            (table,) = tables_of(level.operand, self._model)
            values: dict[Value, Value] = {}
            for row in self._world.tables[table]:
                member = worth(level.operand, Assignment({}, {table: row}), self._model)
                value = row[by.column.name]
                if value is not None and (
                    member not in values or order(value) < order(values[member])
                ):
                    values[member] = value
            self._columns[level.key] = values
        return self._columns[level.key]

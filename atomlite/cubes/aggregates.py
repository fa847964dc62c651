"""The tables of aggregates that a user declares for a cube."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from atomlite.cubes.keeping import outdated, own_name, stored_name, wanted_now
from atomlite.cubes.model import ROW_COUNT, AggregateModel, CubeModel
from atomlite.cubes.names import level_named, measure_named
from atomlite.cubes.planning.partials import check_levels
from atomlite.display.grids import Grid
from atomlite.errors import AggregateNotFound, AtomliteError, InvalidAggregate

if TYPE_CHECKING:
    from atomlite.cubes.cube import Cube
    from atomlite.measures.coordinates import LevelKey


@dataclass(frozen=True, slots=True)
class Aggregate:
    """One declared table of aggregates, at the instant that it was looked up.

    Args:
        name: Its name in the cube.
        levels: The levels that its rows are grouped by, ancestors included.
        measures: The measures that it was declared for.
        row_count: Number of its rows; 0 while it has not been made.
        outdated: Why queries read the facts instead; ``None`` where they can read it.
    """

    name: str
    levels: tuple[LevelKey, ...]
    measures: tuple[str, ...]
    row_count: int
    outdated: str | None


class Aggregates(Mapping[str, Aggregate]):
    """The tables of aggregates of a cube, in the order of their declaration.

    A query reads one of them instead of the facts where it has all levels and measures that the
    query needs; which one is what ``explain=True`` shows. They are made anew after each load, and
    never used before that. Sums of floats may differ in the last digit, as they do between any two
    orders of adding.

    >>> frame = pd.DataFrame({"day": [1, 1, 2], "shop": ["a", "b", "a"], "sold": [3, 4, 5]})
    >>> table = session.read_pandas(frame, table_name="Sales")
    >>> cube = session.create_cube(table)
    >>> cube.aggregates.add(levels=["shop"], measures=["sold.SUM"], name="by shop")
    1 aggregate table
      name     levels  measures                      rows  state
      by shop  shop    sold.SUM, contributors.COUNT  2     up to date
    """

    def __init__(self, cube: Cube) -> None:
        self._cube = cube

    def add(
        self,
        *,
        levels: Iterable[object],
        measures: Iterable[object],
        name: str | None = None,
    ) -> Aggregates:
        """Declare a table of aggregates and make it; one of the same name is replaced.

        Args:
            levels: The levels to group by, by name or handle; the ancestors of each come with it.
                Queries with filters on other levels cannot be answered from it. A measure that is
                made along a level, such as a running total, needs that level.
            measures: The measures to be answered: those made of sums, counts, means, minima,
                maxima, products, ``long``, ``short`` or ``single_value`` of facts. The number of
                facts is always among them.
            name: Its name; ``None`` makes one of the levels. A table with the same levels and one
                of the measures is replaced then, as when a cell of a notebook is edited and run
                again; one for other measures stays, and the new name gets a number.

        Returns:
            All tables of aggregates of the cube.

        Raises:
            InvalidAggregate: A measure needs all values at once, such as a median or a number of
                distinct values, or counts rows of a joined table, or is made along a level that
                is not among these; or a fact may have several partners in the table of a level.
            LevelNotFound, MeasureNotFound, AmbiguousName: As elsewhere.
        """
        model = self._cube.model
        asked = [level_named(level, model).key for level in _listed(levels, "levels")]
        keys = tuple(dict.fromkeys(up.key for key in asked for up in model.path(key)))
        named = [measure_named(measure, model).name for measure in _listed(measures, "measures")]
        wanted = tuple(dict.fromkeys([*named, ROW_COUNT]))
        own: object = name
        if name is None:
            given = ", ".join(key.name for key in asked) or "grand total"
            own = _own_name(given, self, keys, wanted)
        if not isinstance(own, str) or not own:
            raise InvalidAggregate(f"The name of an aggregate table is {own!r}.", hint="Give text.")
        added = AggregateModel(stored_name(model.name, own), keys, wanted)
        catalog = self._cube._store.visible_state  # noqa: SLF001 -- a cube and its part
        wanted_now(added, model, catalog)
        check_levels(added, model)
        changed = self._cube._change(lambda now: _with(now, added))  # noqa: SLF001 -- as above
        try:
            self._cube._keeper.make(added, changed)  # noqa: SLF001 -- as above
        except AtomliteError:
            del self[own]
            raise
        return self

    def __getitem__(self, name: str) -> Aggregate:
        """Return what there is to know of one.

        Raises:
            AggregateNotFound: There is none of this name.
        """
        found = self._all()
        if name not in found:
            raise AggregateNotFound(name, cube=self._cube.name, known=list(found))
        return found[name]

    def __delitem__(self, name: str) -> None:
        """Remove one; queries read the facts from here on.

        Raises:
            AggregateNotFound: There is none of this name.
        """
        self[name]
        stored = stored_name(self._cube.name, name)
        self._cube._change(lambda now: _without(now, stored))  # noqa: SLF001 -- a cube and its part
        self._cube._keeper.refresh()  # noqa: SLF001 -- as above

    def __iter__(self) -> Iterator[str]:
        """Iterate over the names, in the order of declaration."""
        return iter(self._all())

    def __len__(self) -> int:
        """Return their number."""
        return len(self._cube.model.aggregates)

    def __repr__(self) -> str:
        """Return one line for each."""
        return self._overview().text()

    def _repr_html_(self) -> str:
        return self._overview().html()

    def _ipython_key_completions_(self) -> list[str]:
        return list(self)

    def _all(self) -> dict[str, Aggregate]:
        model = self._cube.model
        catalog = self._cube._store.visible_state  # noqa: SLF001 -- a cube and its part
        found = {}
        for aggregate in model.aggregates:
            name = own_name(aggregate.name, model.name)
            kept = catalog.derived.get(aggregate.name)
            found[name] = Aggregate(
                name,
                aggregate.levels,
                aggregate.measures,
                0 if kept is None else kept.row_count,
                outdated(aggregate, model, catalog),
            )
        return found

    def _overview(self) -> Grid:
        rows = [
            (
                each.name,
                ", ".join(key.name for key in each.levels),
                ", ".join(each.measures),
                f"{each.row_count:,}",
                each.outdated or "up to date",
            )
            for each in self._all().values()
        ]
        count = "1 aggregate table" if len(rows) == 1 else f"{len(rows)} aggregate tables"
        return Grid(count, ("name", "levels", "measures", "rows", "state"), rows)


def _listed(given: Iterable[object], what: str) -> list[object]:
    if isinstance(given, str) or not isinstance(given, Iterable):
        raise InvalidAggregate(
            f"`{what}` of an aggregate table is {given!r}.", hint=f"Give a list of {what}."
        )
    return list(given)


def _with(model: CubeModel, added: AggregateModel) -> CubeModel:
    return replace(model, aggregates=(*_without(model, added.name).aggregates, added))


def _without(model: CubeModel, name: str) -> CubeModel:
    kept = tuple(aggregate for aggregate in model.aggregates if aggregate.name != name)
    return replace(model, aggregates=kept)


def _own_name(
    name: str, known: Aggregates, levels: tuple[LevelKey, ...], measures: tuple[str, ...]
) -> str:
    """Return a name that no table has but one that these levels and measures are to replace."""
    free, number = name, 1
    while free in known:
        there = known[free]
        shared = set(there.measures) & set(measures) - {ROW_COUNT}
        if there.levels == levels and (shared or set(there.measures) == set(measures)):
            break
        number += 1
        free = f"{name} {number}"
    return free

"""All cubes of a session, by name."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

from atomlite.cubes.building import Mode
from atomlite.cubes.cube import Cube
from atomlite.cubes.evolving import Surroundings
from atomlite.cubes.joins import join_tree
from atomlite.cubes.keeping import AggregateKeeper
from atomlite.cubes.model import CubeModel
from atomlite.cubes.names import checked_name
from atomlite.cubes.overviews import cubes_grid
from atomlite.cubes.references import check_facts, parts_of
from atomlite.cubes.running import Runner
from atomlite.errors import CubeExists, CubeNotFound, InvalidArgument, InvalidModel
from atomlite.expressions.conditions import Condition
from atomlite.measures.arguments import chosen
from atomlite.measures.coordinates import LevelOperand
from atomlite.measures.nodes import MeasureExpression
from atomlite.tables.table import Table
from atomlite.tables.writing import IfExists

if TYPE_CHECKING:
    from atomlite.config import Limits
    from atomlite.display.grids import Grid
    from atomlite.tables.writing import Writer
    from atomlite.telemetry.tracing import Tracing


class Cubes(Mapping[str, Cube]):
    """The cubes of a session, in the order of their creation.

    ``del session.cubes["Sales"]`` removes one; the tables stay. Safe from any thread.
    """

    def __init__(self, writer: Writer, tracing: Tracing, limits: Limits) -> None:
        store = writer.store
        self._store = store
        self._tracing = tracing
        self._creating = threading.Lock()
        self._cubes: dict[str, Cube] = {}
        self._keeper = AggregateKeeper(store, tracing, self.models)
        self._runner = Runner(store, tracing, limits)
        self._surroundings = Surroundings(store, tracing, self._runner, self._keeper)
        writer.after_commit.append(self._keeper.refresh)

    def create(
        self,
        fact_table: object,
        name: str | None,
        *,
        mode: Mode,
        filter: object,  # noqa: A002 -- the word that users know
        if_exists: IfExists,
    ) -> Cube:
        """Create a cube; see `Session.create_cube`."""
        with self._tracing.span("Session.create_cube", {"atomlite.cube": str(name)}):
            fact = self._fact(fact_table)
            own = checked_name("Cube name", fact if name is None else name)
            chosen("mode", mode, Mode)
            chosen("if_exists", if_exists, IfExists)
            condition = self._checked_filter(filter, fact)
            with self._creating:
                known = self._cubes.get(own)
                if known is not None and not known.is_deleted and if_exists == "fail":
                    raise CubeExists(own)
                cube = known or Cube(own, self._surroundings)
                if cube.is_deleted:  # it comes last, also when it was there once
                    self._cubes = {n: each for n, each in self._cubes.items() if n != own}
                cube.reset(CubeModel(own, fact, condition, mode=mode))
                self._cubes = {**self._cubes, own: cube}
            self._keeper.refresh()
            return cube

    @property
    def runner(self) -> Runner:
        """Runs the queries of all of them."""
        return self._runner

    def models(self) -> list[CubeModel]:
        """Return the cubes as they are at this instant."""
        return [cube.model for cube in self._alive()]

    def _alive(self) -> list[Cube]:
        return [cube for cube in self._cubes.values() if not cube.is_deleted]

    def _fact(self, fact_table: object) -> str:
        name = fact_table.name if isinstance(fact_table, Table) else fact_table
        if not isinstance(name, str):
            raise InvalidArgument("fact_table", fact_table, "a table of the session, or its name")
        schema = self._store.visible_state.table(name).schema
        if isinstance(fact_table, Table) and fact_table.schema is not schema:
            raise InvalidArgument("fact_table", name, "a table of this session, not of another")
        return name

    def _checked_filter(self, condition: object, fact: str) -> Condition | None:
        if condition is None:
            return None
        if not isinstance(condition, Condition):
            raise InvalidArgument("filter", condition, 'a condition, such as table["Price"] > 0')
        catalog = self._store.visible_state
        for part in parts_of(condition, object):
            if isinstance(part, LevelOperand | MeasureExpression):
                raise InvalidModel(
                    f"The filter of the cube is about `{part}`, which only a cube has.",
                    hint='Write it with columns, such as table["Price"] > 0.',
                )
        check_facts(condition, join_tree(fact, catalog), catalog)
        return condition

    def __getitem__(self, name: str) -> Cube:
        """Return the cube of this name.

        Raises:
            CubeNotFound: There is none.
        """
        self._store.check()
        given: object = name
        known = self._cubes.get(given) if isinstance(given, str) else None
        if known is None or known.is_deleted:
            raise CubeNotFound(name, known=[cube.name for cube in self._alive()])
        return known

    def __delitem__(self, name: str) -> None:
        """Remove a cube; its tables stay.

        Raises:
            CubeNotFound: There is none.
        """
        with self._tracing.span("Cubes.delete", {"atomlite.cube": str(name)}):
            with self._creating:
                self[name].forget()
            self._keeper.refresh()

    def __iter__(self) -> Iterator[str]:
        """Iterate over the names, in the order of creation."""
        self._store.check()
        return iter([cube.name for cube in self._alive()])

    def __len__(self) -> int:
        """Return the number of cubes."""
        return len(self._alive())

    def __contains__(self, name: object) -> bool:
        """Return whether a cube has this name."""
        return any(cube.name == name for cube in self._alive())

    def _ipython_key_completions_(self) -> list[str]:
        return list(self)

    def __repr__(self) -> str:
        """Return one line per cube."""
        return self._overview().text()

    def _repr_html_(self) -> str:
        return self._overview().html()

    def _overview(self) -> Grid:
        return cubes_grid(self.models())

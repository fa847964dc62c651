"""Plans of queries, made once for each state of the tables and of the cube."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING
from uuid import uuid4
from weakref import WeakKeyDictionary

from atomlite.cubes.asking import checked
from atomlite.cubes.digests import short, whole
from atomlite.cubes.joins import join_tree
from atomlite.cubes.keeping import current
from atomlite.cubes.matching import Matching
from atomlite.cubes.planning.plan import Plan, plan
from atomlite.cubes.planning.shortcuts import MANY_FACTS

if TYPE_CHECKING:
    from atomlite.cubes.model import CubeModel
    from atomlite.cubes.query import Query
    from atomlite.engine.cursors import TimeLimit
    from atomlite.engine.snapshots import Snapshot
    from atomlite.tables.catalogs import Catalog
    from atomlite.tables.links import Link
    from atomlite.types import View

_MOST_KEPT = 256
_LONGEST_KEPT = 20_000
"""Characters of a query with its values; a longer one is planned again, and takes no memory."""


@dataclass(frozen=True, slots=True)
class Planned:
    """A plan, and what says all about its result.

    Args:
        plan: The plan.
        key: Equal for plans that give the same result; ``None`` where none may be kept.
    """

    plan: Plan
    key: tuple[object, ...] | None


@dataclass(frozen=True, slots=True)
class _Kept:
    """A plan, with all that it was made from: it is found again by the very same objects."""

    query: Query
    model: CubeModel
    catalog: Catalog
    view: View
    planned: Planned


class Planner:
    """Plans the queries of a session's cubes. Safe from any thread."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._kept: OrderedDict[str, _Kept] = OrderedDict()
        self._matching = Matching()
        self._tokens = _Tokens()

    def planned(
        self,
        query: Query,
        model: CubeModel,
        snapshot: Snapshot[Catalog],
        view: View,
        limit: TimeLimit,
    ) -> Planned:
        """Return the plan of a query at one instant.

        Args:
            query: What is asked.
            model: The cube.
            snapshot: The instant.
            view: What the reader may see.
            limit: How long it may take to look whether joins lose facts.

        Raises:
            AtomliteError: As `Cube.query`.
        """
        catalog = snapshot.state
        asked = whole(query)
        name = short(asked)
        if not snapshot.writes:
            found = self._found(name, model, catalog, view)
            if found is not None:
                return found
        checked(query, model, catalog)
        made = self._made(query, model, snapshot, view, limit)
        planned = Planned(made, None if snapshot.writes else self._key(made, catalog))
        if not snapshot.writes and len(asked) <= _LONGEST_KEPT:
            self._keep(name, _Kept(query, model, catalog, view, planned))
        return planned

    def _found(self, name: str, model: CubeModel, catalog: Catalog, view: View) -> Planned | None:
        with self._lock:
            kept = self._kept.get(name)
            if kept is None or kept.model is not model or kept.catalog is not catalog:
                return None
            if kept.view is not view:
                return None
            self._kept.move_to_end(name)
            return kept.planned

    def _keep(self, name: str, kept: _Kept) -> None:
        with self._lock:
            self._kept[name] = kept
            if len(self._kept) > _MOST_KEPT:
                self._kept.popitem(last=False)

    def _made(
        self,
        query: Query,
        model: CubeModel,
        snapshot: Snapshot[Catalog],
        view: View,
        limit: TimeLimit,
    ) -> Plan:
        catalog = snapshot.state
        if snapshot.writes:  # versions stand still while a transaction writes: nothing is known
            return plan(query, model, catalog, view)
        aggregates = current(model, catalog)
        made = plan(query, model, catalog, view, aggregates=aggregates)
        many = catalog.table(model.fact).row_count >= MANY_FACTS
        if not made.joined or not many or made.source is not None or view.joined:
            return made
        found = {
            link: self._matching.found(link, snapshot, limit) for link in _links(made, catalog)
        }
        matched = [link for link, match in found.items() if match.complete]
        ranges = {
            link: match.bounds
            for link, match in found.items()
            if match.bounds is not None and not match.complete
        }
        if not matched and not ranges:
            return made
        return plan(
            query, model, catalog, view, aggregates=aggregates, matched=matched, ranges=ranges
        )

    def _key(self, made: Plan, catalog: Catalog) -> tuple[object, ...]:
        tokens = tuple(self._tokens.of(stage.function) for stage in made.stages)
        statements = (*(stage.statement for stage in made.stages), made.statement)
        texts = repr([(each.text, each.parameters) for each in statements])
        columns = repr([(each.name, str(each.data_type)) for each in made.columns])
        tables = sorted(made.tables)
        versions = tuple(catalog.table(name).version for name in tables)
        return (
            "cube",
            short(f"{texts} {columns} {tables}"),
            tokens,
            catalog.version.epoch,
            versions,
        )


class _Tokens:
    """Names for Python functions, so that no other function is ever taken for one of them."""

    def __init__(self) -> None:
        self._names: WeakKeyDictionary[Callable[..., object], str] = WeakKeyDictionary()

    def of(self, function: Callable[..., object]) -> str:
        """Return the name of a function; one that cannot be looked up gets a new one each time."""
        new = uuid4().hex
        try:
            return self._names.setdefault(function, new)
        except TypeError:  # it has no hash, or takes no weak reference
            return new


def _links(made: Plan, catalog: Catalog) -> list[Link]:
    sides = join_tree(made.model.fact, catalog).sides
    return [side.link for side in sides if side.table in made.joined]

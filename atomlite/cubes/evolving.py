"""A cube's model as it changes: each change atomic, refused or seen whole by the next reader."""

from __future__ import annotations

import itertools
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from atomlite.cubes import building, changes
from atomlite.cubes.joins import join_tree
from atomlite.cubes.model import ROW_COUNT
from atomlite.cubes.names import hierarchy_named, measure_named
from atomlite.cubes.shaping import check_hierarchy
from atomlite.errors import CubeNotFound, InvalidMeasure, InvalidModel, TableNotFound
from atomlite.measures.coordinates import Home

if TYPE_CHECKING:
    from atomlite.cubes.building import Offers
    from atomlite.cubes.keeping import AggregateKeeper
    from atomlite.cubes.model import CubeModel, HierarchyModel, LevelModel, MeasureModel
    from atomlite.cubes.running import Runner
    from atomlite.engine.snapshots import Store
    from atomlite.measures.coordinates import HierarchyKey, LevelKey
    from atomlite.measures.nodes import MeasureExpression
    from atomlite.tables.catalogs import Catalog
    from atomlite.tables.links import Link
    from atomlite.tables.schemas import TableSchema
    from atomlite.telemetry.tracing import Tracing


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What all cubes of a session share.

    Args:
        store: Rows and catalog.
        tracing: Records what is asked.
        runner: Runs queries.
        keeper: Brings aggregate tables up to date.
    """

    store: Store[Catalog]
    tracing: Tracing
    runner: Runner
    keeper: AggregateKeeper


@dataclass(frozen=True, slots=True)
class _Basis:
    """The tables and links that a model was brought up to date with."""

    links: tuple[Link, ...]
    schemas: tuple[TableSchema, ...]

    def fits(self, catalog: Catalog) -> bool:
        """Return whether a catalog has the same; rows do not matter."""
        tables = catalog.tables.values()
        return (
            self.links == catalog.links
            and len(self.schemas) == len(tables)
            and all(
                known is state.schema for known, state in zip(self.schemas, tables, strict=True)
            )
        )


@dataclass(frozen=True, slots=True)
class _State:
    model: CubeModel
    offers: Offers
    basis: _Basis


class Evolving:
    """The model of a cube, and the ways to change it.

    Readers take the model of an instant and keep it. Changes wait for each other; one that cannot
    be leaves everything as it was.
    """

    def __init__(self, name: str, surroundings: Surroundings) -> None:
        self._name = name
        self._home = Home(name)
        self._store = surroundings.store
        self._tracing = surroundings.tracing
        self._runner = surroundings.runner
        self._keeper = surroundings.keeper
        self._lock = threading.RLock()
        self._revisions = itertools.count(1)
        self._state: _State | None = None

    @property
    def model(self) -> CubeModel:
        """What it is at this instant, as an immutable value.

        Raises:
            CubeNotFound: It was deleted.
            SessionClosed: The session was closed.
        """
        return self.model_at(self._store.visible_state)

    def model_at(self, catalog: Catalog) -> CubeModel:
        """Return what it is over tables at one instant: with the columns that have come since."""
        state = self._known()
        if state.basis.fits(catalog):
            return state.model
        with self._lock:
            state = self._known()
            if state.basis.fits(catalog):
                return state.model
            grown = self._grown(state, catalog)
            if catalog is self._store.state:
                self._state = grown
            return grown.model

    @property
    def catalog(self) -> Catalog:
        """The tables at this instant."""
        return self._store.visible_state

    @property
    def home(self) -> Home:
        """What its handles have: the same also after it was created again."""
        return self._home

    @property
    def is_deleted(self) -> bool:
        """Whether it was deleted, and not created again."""
        return self._state is None

    def reset(self, model: CubeModel) -> None:
        """Begin anew as another model, and take what the columns offer it.

        Raises:
            InvalidModel: Joins lead to a table in two ways.
        """
        catalog = self._store.visible_state
        join_tree(model.fact, catalog)
        with self._lock:
            own = replace(model, home=self._home)
            counted = changes.with_measures(own, building.row_count(), catalog)
            self._state = self._grown(_State(counted, frozenset(), _Basis((), ())), catalog)

    def forget(self) -> None:
        """Be deleted."""
        with self._lock:
            self._state = None

    def _change(self, make: Callable[[CubeModel], CubeModel]) -> CubeModel:
        """Publish what a function makes of the model; nothing changes when it raises."""
        with self._lock:
            catalog = self._store.visible_state
            state = self._known()
            if not state.basis.fits(catalog):
                state = self._grown(state, catalog)
            made = replace(make(state.model), revision=next(self._revisions))
            self._state = replace(state, model=made)
        if made.aggregates or state.model.aggregates:
            self._keeper.refresh()
        return made

    def _known(self) -> _State:
        state = self._state
        if state is None:
            raise CubeNotFound(self._name, known=[], deleted=True)
        return state

    def _grown(self, state: _State, catalog: Catalog) -> _State:
        """Return the state that follows from tables and links that are not those of before."""
        basis = _Basis(catalog.links, tuple(each.schema for each in catalog.tables.values()))
        model, offers = state.model, state.offers
        try:
            tree = join_tree(model.fact, catalog)
        except (InvalidModel, TableNotFound):  # queries say so
            return replace(state, basis=basis)
        model, measures, offers = building.with_offers(model, offers, tree, catalog)
        model = changes.with_measures(changes.settled(model, catalog), measures, catalog)
        return _State(replace(model, revision=next(self._revisions)), offers, basis)

    def define_hierarchies(self, make: Callable[[CubeModel], Sequence[HierarchyModel]]) -> None:
        """Put new hierarchies into the model, in the place of those of their keys."""

        def changed(model: CubeModel) -> CubeModel:
            catalog = self._store.visible_state
            tree = join_tree(model.fact, catalog)
            new = {hierarchy.key: hierarchy for hierarchy in make(model)}
            for hierarchy in new.values():
                check_hierarchy(hierarchy, tree, catalog)
            return changes.with_hierarchies(model, new, catalog)

        self._change(changed)

    def remove_hierarchy(self, name: object) -> None:
        """Take a hierarchy out of the model."""
        self._change(
            lambda model: changes.with_hierarchies(
                model,
                {},
                self._store.visible_state,
                removed=[hierarchy_named(name, model).key],
            )
        )

    def change_hierarchy(
        self, key: HierarchyKey, make: Callable[[HierarchyModel], HierarchyModel]
    ) -> None:
        """Change attributes of a hierarchy."""

        def changed(model: CubeModel) -> CubeModel:
            old = hierarchy_named(key, model)
            new = make(old)
            placed = replace(model, hierarchies={**model.hierarchies, key: new})
            if new.slicing == old.slicing:
                return placed
            return changes.settled(placed, self._store.visible_state)  # what adds up follows

        self._change(changed)

    def change_level(self, key: LevelKey, make: Callable[[LevelModel], LevelModel]) -> None:
        """Change attributes of a level."""

        def changed(hierarchy: HierarchyModel) -> HierarchyModel:
            levels = tuple(make(level) if level.key == key else level for level in hierarchy.levels)
            return replace(hierarchy, levels=levels)

        self.change_hierarchy(key.owner, changed)

    def define_measures(self, new: Mapping[str, MeasureExpression]) -> None:
        """Put new measures into the model, in the place of those of their names."""
        if ROW_COUNT in new:
            raise InvalidMeasure(
                f'"{ROW_COUNT}" is the number of facts, in every cube.', hint="Choose another name."
            )
        self._change(lambda model: changes.with_measures(model, new, self._store.visible_state))

    def remove_measure(self, name: str) -> None:
        """Take a measure out of the model."""
        self._change(lambda model: changes.without_measure(model, measure_named(name, model).name))

    def change_measure(self, name: str, make: Callable[[MeasureModel], MeasureModel]) -> None:
        """Change attributes of a measure."""

        def changed(model: CubeModel) -> CubeModel:
            old = measure_named(name, model)
            new = make(old)
            placed = replace(model, measures={**model.measures, name: new})
            known = (old.additivity, old.additivity_given)
            if (new.additivity, new.additivity_given) == known:
                return placed
            return changes.settled(placed, self._store.visible_state)  # others follow

        self._change(changed)

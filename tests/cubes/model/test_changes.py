"""Random changes of a model: each is refused and changes nothing, or leaves all measures right."""

from __future__ import annotations

from collections.abc import Callable

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

import atomlite as al
from atomlite.cubes.building import row_count, single_level
from atomlite.cubes.changes import (
    is_sound,
    made_of,
    with_hierarchies,
    with_measures,
    without_measure,
)
from atomlite.cubes.defining import checked
from atomlite.cubes.model import CubeModel, HierarchyModel
from atomlite.cubes.references import names_in
from atomlite.errors import AtomliteError, InvalidMeasure, MeasureInUse, MeasureNotFound
from atomlite.expressions.columns import Column
from atomlite.measures.coordinates import HierarchyKey, LevelKey, LevelOperand
from atomlite.measures.nodes import MeasureExpression, Named
from atomlite.tables.catalogs import Catalog, TableState
from atomlite.tables.schemas import table_schema
from atomlite.types import Version

NAMES = ("a", "b", "c", "d")
TYPES = {"p": "string", "q": "string", "n": "int64", "f": "double", "day": "date"}
CATALOG = Catalog(Version("e", 0)).with_table(TableState(table_schema("T", TYPES)))
COLUMNS = {
    name: Column("T", name, column.data_type)
    for name, column in CATALOG.table("T").schema.by_name.items()
}
TEXTS = ("p", "q")


def _level(name: str) -> LevelOperand:
    return LevelOperand(LevelKey("T", name, name), COLUMNS[name].data_type)


LEAVES: st.SearchStrategy[MeasureExpression] = st.one_of(
    st.sampled_from(NAMES).map(Named),
    st.sampled_from(["n", "f"]).map(lambda name: al.agg.sum(COLUMNS[name])),
    st.sampled_from(TEXTS).map(lambda name: al.agg.max(COLUMNS[name])),
)
EXPRESSIONS = st.recursive(
    LEAVES,
    lambda inner: st.one_of(
        st.tuples(inner, inner).map(lambda pair: pair[0] + pair[1]),
        st.tuples(inner, inner).map(lambda pair: al.where(pair[0] > 1, pair[1], 0)),
        st.tuples(inner, st.sampled_from(TEXTS)).map(
            lambda pair: al.filter(pair[0], _level(pair[1]) == "x")
        ),
        st.tuples(inner, st.sampled_from(TEXTS)).map(
            lambda pair: al.total(pair[0], HierarchyKey("T", pair[1]))
        ),
    ),
    max_leaves=4,
)
CHANGES: st.SearchStrategy[Callable[[CubeModel], CubeModel]] = st.one_of(
    st.dictionaries(st.sampled_from(NAMES), EXPRESSIONS, min_size=1, max_size=2).map(
        lambda new: lambda model: with_measures(model, new, CATALOG)
    ),
    st.sampled_from(NAMES).map(lambda name: lambda model: without_measure(model, name)),
    st.sampled_from(TEXTS).map(
        lambda name: (
            lambda model: with_hierarchies(model, {}, CATALOG, removed=[HierarchyKey("T", name)])
        )
    ),
    st.tuples(st.sampled_from(TEXTS), st.sampled_from(sorted(COLUMNS))).map(
        lambda pair: lambda model: with_hierarchies(model, _single(*pair), CATALOG)
    ),
)


def _single(name: str, column: str) -> dict[HierarchyKey, HierarchyModel]:
    """Return the hierarchy of a name, made of a column, whose only level has that name too."""
    named = single_level(Column("T", name, COLUMNS[column].data_type))
    return {named.key: named}


@given(st.lists(CHANGES, max_size=12))
def test_a_change_leaves_all_measures_right_or_changes_nothing(
    changes: list[Callable[[CubeModel], CubeModel]],
) -> None:
    """No name is missing, no measure is made of itself, and each has the type that it says."""
    hierarchies = [single_level(COLUMNS[name]) for name in TEXTS]
    model = CubeModel("C", "T", hierarchies={each.key: each for each in hierarchies})
    model = with_measures(model, row_count(), CATALOG)
    for change in changes:
        try:
            model = change(model)
        except AtomliteError:
            continue
        for name, measure in model.measures.items():
            assert measure.name == name
            assert names_in(measure.expression) <= model.measures.keys()
            assert made_of(name, model)[-1] == name
            assert is_sound(name, model, CATALOG)
            found = checked(measure.expression, model, CATALOG)
            assert (found.data_type, found.additivity) == (measure.data_type, measure.additivity)


@given(st.permutations([("a", "b"), ("b", "c"), ("c", "d")]))
def test_measures_that_are_new_together_may_come_in_any_order(
    links: list[tuple[str, str]],
) -> None:
    """Each is placed after what it is made of."""
    new: dict[str, MeasureExpression] = {name: Named(other) + 1 for name, other in links}
    model = with_measures(CubeModel("C", "T"), new | {"d": al.agg.sum(COLUMNS["n"])}, CATALOG)
    assert {name: measure.data_type for name, measure in model.measures.items()} == dict.fromkeys(
        NAMES, pa.int64()
    )
    assert made_of("a", model) == ("d", "c", "b", "a")


def test_measures_of_measures_of_measures_have_an_end() -> None:
    """Before Python's own: the hundredth level is refused with what to do."""
    chain = {f"m{i}": Named(f"m{i - 1}") + 1 for i in range(1, 3000)}
    start = with_measures(CubeModel("C", "T"), {"m0": al.agg.sum(COLUMNS["n"])}, CATALOG)
    with pytest.raises(InvalidMeasure, match="nearer to the facts"):
        with_measures(start, chain, CATALOG)
    model = start
    for number in range(1, 50):
        model = with_measures(model, {f"m{number}": chain[f"m{number}"]}, CATALOG)
    with pytest.raises(InvalidMeasure, match="through 101 levels of expressions; 100 is the most"):
        with_measures(model, {"m50": chain["m50"]}, CATALOG)


def test_refusals_name_what_stands_in_the_way() -> None:
    """As the classes of errors say."""
    model = with_measures(CubeModel("C", "T"), {"a": al.agg.sum(COLUMNS["n"])}, CATALOG)
    model = with_measures(model, {"b": Named("a") + 1}, CATALOG)
    refusals: tuple[tuple[Callable[[], CubeModel], type[AtomliteError]], ...] = (
        (lambda: without_measure(model, "a"), MeasureInUse),
        (lambda: with_measures(model, {"a": Named("b")}, CATALOG), InvalidMeasure),
        (lambda: with_measures(model, {"c": Named("z")}, CATALOG), MeasureNotFound),
    )
    for change, kind in refusals:
        with pytest.raises(kind):
            change()

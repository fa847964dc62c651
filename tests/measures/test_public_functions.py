"""What the public functions make, and what they refuse with which words."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, cast

import numpy as np
import pyarrow as pa
import pytest

import atomlite as al
from atomlite.errors import (
    AtomliteError,
    InvalidArgument,
    InvalidMeasure,
    UnknownDataType,
    WrongType,
)
from atomlite.expressions.columns import Column, Operand
from atomlite.expressions.derived import operand_of
from atomlite.measures.coordinates import HierarchyKey, LevelKey
from atomlite.measures.handles import hierarchy_key, level_keys
from atomlite.measures.nodes import (
    Aggregation,
    At,
    Constant,
    CumulativeScope,
    MeasureExpression,
    OriginScope,
    ScopedAggregation,
    Where,
)
from tests.measures.parts import (
    CITY,
    COST,
    COUNTRY,
    DATE,
    DAY,
    GEOGRAPHY,
    LOSSES,
    PRICE,
    REVENUE,
    SHOP,
    UNITS,
    WEIGHT,
    YEAR,
)

R = 'm["Revenue"]'
FOREIGN = Column("Shops", "Shop", pa.string())
BY_CITY = al.OriginScope(CITY)
OF_ROWS_AND_CELLS = [
    "sum",
    "mean",
    "min",
    "max",
    "median",
    "prod",
    "count",
    "count_distinct",
    "distinct",
    "long",
    "short",
    "single_value",
    "square_sum",
    "std",
    "var",
]


@pytest.mark.parametrize("name", OF_ROWS_AND_CELLS)
def test_aggregates_of_columns_and_of_measures(name: str) -> None:
    """Columns are aggregated over rows, measures over the cells of a scope."""
    make: Callable[..., MeasureExpression] = getattr(al.agg, name)
    of_rows, of_cells = make(UNITS * 2), make(REVENUE, scope=BY_CITY)

    assert isinstance(of_rows, Aggregation)
    assert of_rows.function == name
    assert str(of_rows) == f"agg.{name}(Units * 2)"
    assert isinstance(of_cells, ScopedAggregation)
    assert of_cells.function == name
    assert str(of_cells) == f'agg.{name}({R}, scope=OriginScope(l["City"]))'
    assert str(make(UNITS, per="partner")) == f'agg.{name}(Units, per="partner")'


@pytest.mark.parametrize("name", OF_ROWS_AND_CELLS)
def test_a_measure_needs_a_scope_and_a_column_none(name: str) -> None:
    """Both errors say which."""
    make: Callable[..., MeasureExpression] = getattr(al.agg, name)

    with pytest.raises(InvalidMeasure, match="got no scope"):
        make(REVENUE)
    with pytest.raises(InvalidMeasure, match="of the column `Units` got a scope"):
        make(UNITS, scope=BY_CITY)
    with pytest.raises(InvalidMeasure, match="got `per`"):
        make(REVENUE, scope=BY_CITY, per="fact")
    with pytest.raises(InvalidArgument, match="per is"):
        make(UNITS, per="row")
    with pytest.raises(InvalidMeasure, match=r'cube\.measures\["Units"\]'):
        make("Units")
    with pytest.raises(InvalidMeasure, match="got text"):
        make(REVENUE, scope="City")


MADE: list[tuple[Any, str]] = [
    (al.agg.count(), "agg.count()"),
    (al.agg.std(WEIGHT, mode="population"), 'agg.std(Weight, mode="population")'),
    (al.agg.quantile(WEIGHT, 0.9), "agg.quantile(Weight, q=0.9)"),
    (
        al.agg.quantile(REVENUE, 1, mode="exc", interpolation="lower", scope=BY_CITY),
        f'agg.quantile({R}, q=1.0, mode="exc", interpolation="lower", scope={BY_CITY!r})',
    ),
    (al.agg.first(SHOP, by=UNITS, per="fact"), 'agg.first(Shop, by=Units, per="fact")'),
    (al.agg.last(SHOP, by=UNITS), "agg.last(Shop, by=Units)"),
    (al.agg.first(REVENUE, by=DAY), f'agg.first({R}, by=l["Day"])'),
    (al.agg.last(REVENUE, by=DAY), f'agg.last({R}, by=l["Day"])'),
    (al.agg.sum_product(PRICE, UNITS), "agg.sum_product(Price, Units)"),
    (
        al.agg.sum_product(REVENUE, COST, scope=BY_CITY),
        f'agg.sum({R} * m["Cost"], scope=OriginScope(l["City"]))',
    ),
    (al.agg.sum(YEAR, scope=BY_CITY), 'agg.sum(l["Year"], scope=OriginScope(l["City"]))'),
    (al.agg.max(YEAR), "agg.max(Year)"),
    (al.agg.max_member(REVENUE, CITY), f'agg.max_member({R}, l["City"])'),
    (al.agg.min_member(REVENUE, CITY), f'agg.min_member({R}, l["City"])'),
    (al.total(REVENUE, GEOGRAPHY, DATE), f'total({R}, h["Geography"], h["Date"])'),
    (
        al.parent_value(REVENUE, degrees={GEOGRAPHY: 2}, apply_filters=True, total_value=0),
        f'parent_value({R}, degrees={{h["Geography"]: 2}}, apply_filters=True, total_value=0)',
    ),
    (al.shift(REVENUE, DATE), f'shift({R}, h["Date"], offset=1)'),
    (
        al.shift(REVENUE, DATE, offset=-1, partitioning=YEAR, mode="hierarchy"),
        f'shift({R}, h["Date"], offset=-1, partitioning=l["Year"], mode="hierarchy")',
    ),
    (
        al.date_shift(REVENUE, DATE, offset="-P1M", fallback="past"),
        f'date_shift({R}, h["Date"], offset="-P1M", fallback="past")',
    ),
    (
        al.rank(REVENUE, GEOGRAPHY, ascending=False, apply_filters=False),
        f'rank({R}, h["Geography"], ascending=False, apply_filters=False)',
    ),
    (al.rank(REVENUE, GEOGRAPHY), f'rank({R}, h["Geography"])'),
    (al.filter(REVENUE, CITY == "Rome"), f'filter({R}, City == "Rome")'),
    (al.at(REVENUE, CITY == "Rome"), f'at({R}, (l["City"] == "Rome"))'),
    (
        al.at(REVENUE, {CITY: COUNTRY, YEAR: None}),
        f'at({R}, (l["City"] == l["Country"]) & (l["Year"] == None))',
    ),
    (al.where(REVENUE > 0, REVENUE), f"where({R} > 0, {R}, None)"),
    (
        al.where({REVENUE > 0: 1, CITY == "Rome": 2}, default=3),
        f'where({{{R} > 0: 1, City == "Rome": 2}}, default=3)',
    ),
    (
        al.switch(CITY, {"Rome": 1, None: 2}),
        'where({City == "Rome": 1, City.isnull(): 2}, default=None)',
    ),
    (
        al.lookup(PRICE, {SHOP: CITY, "Day": 1}),
        'lookup(Sales["Price"], {"Shop": l["City"], "Day": 1})',
    ),
    (al.date_diff(REVENUE, DAY), f'date_diff({R}, l["Day"], "days")'),
    (al.apply(np.add, REVENUE, CITY, data_type=float), f'apply(add, {R}, l["City"])'),
    (al.math.round(REVENUE, -2), f"math.round({R}, -2)"),
    (al.math.abs(YEAR), 'math.abs(l["Year"])'),
    (al.math.min(0, REVENUE), f"math.min(0, {R})"),
    (al.array.quantile(REVENUE, 0.5, "exc"), f'array.quantile({R}, 0.5, "exc", "linear")'),
    (
        al.array.quantile_index(REVENUE, COST),
        f'array.quantile_index({R}, m["Cost"], "inc", "lower")',
    ),
    (al.array.sort(REVENUE, ascending=False), f'array.sort({R}, "desc")'),
    (al.array.std(REVENUE), f'array.std({R}, "sample")'),
    (al.array.var(LOSSES, "population"), 'array.var(Losses, "population")'),
    (al.array.replace(LOSSES, {1.0: None}), "array.replace(Losses, 1.0, None)"),
    (al.array.n_lowest(LOSSES, UNITS), "array.n_lowest(Losses, Units)"),
    (OriginScope({CITY, DAY}), 'OriginScope([l["Day"], l["City"]])'),
    (OriginScope([CITY, DAY, CITY]), 'OriginScope([l["City"], l["Day"]])'),
    (
        CumulativeScope(DAY, dense=True, partitioning=YEAR, window=(-2, 0)),
        'CumulativeScope(l["Day"], dense=True, partitioning=l["Year"], window=range(-2, 0))',
    ),
    (
        CumulativeScope(DAY, window=("-P1M", None)),
        'CumulativeScope(l["Day"], window=("-P1M", None))',
    ),
    (
        al.SiblingsScope(GEOGRAPHY, exclude_self=True),
        'SiblingsScope(h["Geography"], exclude_self=True)',
    ),
    (al.SiblingsScope(GEOGRAPHY), 'SiblingsScope(h["Geography"])'),
]


@pytest.mark.parametrize(("made", "text"), MADE, ids=[text for _, text in MADE])
def test_what_was_made_reads_as_it_was_written(made: object, text: str) -> None:
    """The formula of a measure is its ``repr``."""
    assert repr(made) == text


ARRAYS = [
    "len",
    "sum",
    "mean",
    "min",
    "max",
    "prod",
    "negative_values",
    "positive_values",
    "prefix_sum",
]
COUNTED = [
    "n_greatest",
    "n_lowest",
    "n_greatest_indices",
    "n_lowest_indices",
    "nth_greatest",
    "nth_lowest",
]
NUMBERS = [
    "abs",
    "ceil",
    "floor",
    "exp",
    "log",
    "log10",
    "sqrt",
    "sin",
    "cos",
    "tan",
    "erf",
    "isnan",
]


@pytest.mark.parametrize("name", ARRAYS)
def test_functions_of_lists_of_rows_and_cells(name: str) -> None:
    """A column gives an operand, a measure a measure."""
    make = getattr(al.array, name)

    assert isinstance(make(LOSSES), Operand)
    assert isinstance(make(REVENUE), MeasureExpression)
    assert str(make(REVENUE)) == f"array.{name}({R})"
    with pytest.raises(WrongType, match=f"array.{name}"):
        make(UNITS)
    with pytest.raises(InvalidMeasure, match=f"array.{name}"):
        make([1, 2])


@pytest.mark.parametrize("name", COUNTED)
def test_functions_of_some_elements(name: str) -> None:
    """Their number is 1 or more."""
    make = getattr(al.array, name)

    assert str(make(LOSSES, 2)) == f"array.{name}(Losses, 2)"
    assert str(make(REVENUE, COST)) == f'array.{name}({R}, m["Cost"])'
    for n in (0, -1, 1.5, True, "2"):
        with pytest.raises(InvalidArgument, match="n is"):
            make(LOSSES, n)


@pytest.mark.parametrize("name", NUMBERS)
def test_functions_of_numbers_of_rows_and_cells(name: str) -> None:
    """A column gives an operand, a measure a measure."""
    make = getattr(al.math, name)

    assert isinstance(make(UNITS), Operand)
    assert str(make(REVENUE)) == f"math.{name}({R})"
    with pytest.raises(WrongType, match=f"math.{name}"):
        make(SHOP)
    with pytest.raises(InvalidMeasure, match=f"math.{name}"):
        make(2)


def test_where_of_columns_makes_an_operand() -> None:
    """And of levels and measures a measure."""
    assert isinstance(al.where(UNITS > 0, PRICE, 0), Operand)
    assert isinstance(al.where(SHOP == "a", 1, 0), Operand)
    assert isinstance(al.where(CITY == "a", 1, 0), Where)
    assert isinstance(al.where(REVENUE > 0, 1, 0), Where)


REFUSED: list[tuple[Callable[[], object], type[AtomliteError], str]] = [
    (lambda: al.agg.count(scope=BY_CITY), InvalidMeasure, "nothing to count"),
    (lambda: al.agg.count(per="fact"), InvalidMeasure, "nothing to count"),
    (lambda: al.agg.sum(SHOP), WrongType, "got string"),
    (lambda: al.agg.sum(operand_of(1)), InvalidMeasure, "no column"),
    (lambda: al.agg.std(WEIGHT, mode="all"), InvalidArgument, "population"),  # type: ignore[arg-type]
    (lambda: al.agg.quantile(WEIGHT, 1.5), InvalidArgument, "from 0 to 1"),
    (lambda: al.agg.quantile(WEIGHT, float("nan")), InvalidArgument, "from 0 to 1"),
    (lambda: al.agg.quantile(WEIGHT, 0.5, mode="x"), InvalidArgument, "centered"),  # type: ignore[arg-type]
    (
        lambda: al.agg.quantile(WEIGHT, 0.5, interpolation=[]),  # type: ignore[arg-type]
        InvalidArgument,
        "midpoint",
    ),
    (lambda: al.agg.first(REVENUE, by=UNITS), InvalidMeasure, "Give a level"),
    (
        lambda: al.agg.last(REVENUE, by=GEOGRAPHY),  # type: ignore[arg-type]
        InvalidMeasure,
        'is by the hierarchy ("Shops", "Geography"). Give a level: `by=cube.levels["Geography", ',
    ),
    (
        lambda: al.agg.max_member(REVENUE, GEOGRAPHY),  # type: ignore[arg-type]
        InvalidArgument,
        'level is the hierarchy ("Shops", "Geography"). It must be a level, such as `cube.levels[',
    ),
    (
        lambda: al.switch(CITY, {1: "a"}),
        WrongType,
        '`switch` got the case `City == 1`: "City" is string, got integer 1. Give text.',
    ),
    (
        lambda: al.switch(SHOP, {(1, 2): 3}),
        WrongType,
        "`switch` got the case `Shop.isin(1, 2)`: ",
    ),
    (lambda: al.agg.first(REVENUE, by=DAY, per="fact"), InvalidMeasure, "leave it out"),
    (lambda: al.agg.first(UNITS, by=REVENUE), InvalidMeasure, "Order rows by a column"),  # type: ignore[arg-type]
    (lambda: al.agg.last(UNITS, by="Day"), InvalidMeasure, "two columns"),  # type: ignore[arg-type]
    (lambda: al.agg.sum_product(UNITS, REVENUE), InvalidMeasure, "Aggregate it"),
    (lambda: al.agg.max_member(REVENUE, UNITS), InvalidArgument, "level"),  # type: ignore[arg-type]
    (lambda: al.agg.max_member(UNITS, CITY), InvalidMeasure, "Aggregate it"),  # type: ignore[arg-type]
    (lambda: al.total(REVENUE), InvalidArgument, "one hierarchy or more"),
    (lambda: al.total(REVENUE, CITY), InvalidArgument, "a hierarchy"),  # type: ignore[arg-type]
    (lambda: al.total("Revenue", GEOGRAPHY), InvalidMeasure, "Revenue"),  # type: ignore[arg-type]
    (lambda: al.parent_value(REVENUE, degrees={}), InvalidArgument, "degrees"),
    (lambda: al.parent_value(REVENUE, degrees=GEOGRAPHY), InvalidArgument, "degrees"),  # type: ignore[arg-type]
    (lambda: al.parent_value(REVENUE, degrees={GEOGRAPHY: 0}), InvalidArgument, "levels up"),
    (
        lambda: al.parent_value(REVENUE, degrees={GEOGRAPHY: 1}, apply_filters=1),  # type: ignore[arg-type]
        InvalidArgument,
        "True or False",
    ),
    (lambda: al.shift(REVENUE, DATE, offset=1.5), InvalidArgument, "members"),  # type: ignore[arg-type]
    (lambda: al.shift(REVENUE, DATE, offset=2**40), InvalidArgument, "members"),
    (lambda: al.shift(REVENUE, DATE, mode="x"), InvalidArgument, "hierarchy"),  # type: ignore[arg-type]
    (lambda: al.shift(REVENUE, DATE, partitioning=CITY), InvalidArgument, "Date"),
    (lambda: al.date_shift(REVENUE, DATE, offset="1 month"), InvalidArgument, "P1M"),
    (
        lambda: al.date_shift(REVENUE, DATE, offset="P1D", fallback="nearest"),  # type: ignore[arg-type]
        InvalidArgument,
        "interpolated",
    ),
    (lambda: al.rank(REVENUE, "Geography"), InvalidArgument, "a hierarchy"),  # type: ignore[arg-type]
    (lambda: al.rank(REVENUE, GEOGRAPHY, ascending="no"), InvalidArgument, "True or False"),  # type: ignore[arg-type]
    (lambda: al.filter(REVENUE, REVENUE > 0), InvalidMeasure, "al.where"),
    (lambda: al.filter(REVENUE, UNITS > 0), InvalidMeasure, "reads the column `Units`"),
    (lambda: al.filter(REVENUE, "City"), InvalidArgument, "a condition about levels"),  # type: ignore[arg-type]
    (lambda: al.at(REVENUE, CITY != "Rome"), InvalidMeasure, "al.filter"),
    (lambda: al.at(REVENUE, CITY == REVENUE), InvalidMeasure, "al.filter"),
    (lambda: al.at(REVENUE, {CITY: REVENUE}), InvalidMeasure, "member or a level"),
    (lambda: al.at(REVENUE, {"City": "Rome"}), InvalidArgument, "members of levels"),  # type: ignore[dict-item]
    (lambda: al.at(REVENUE, {}), InvalidArgument, "members of levels"),
    (lambda: al.at(REVENUE, "Rome"), InvalidArgument, "members"),  # type: ignore[arg-type]
    (lambda: al.at(REVENUE, (CITY == "a") & (CITY == "b")), InvalidMeasure, "twice"),
    (lambda: al.where(True, 1), InvalidArgument, "a condition"),  # type: ignore[arg-type]
    (lambda: al.where(REVENUE > 0), InvalidArgument, "value is missing"),
    (lambda: al.where({}, default=1), InvalidArgument, "a dict of conditions"),
    (lambda: al.where({REVENUE > 0: 1}, 2), InvalidArgument, "a dict of conditions"),
    (lambda: al.where(REVENUE > 0, 1, default=2), InvalidArgument, "goes with a dict"),
    (lambda: al.where(UNITS > 0, REVENUE), InvalidMeasure, "condition about columns"),
    (lambda: al.where(REVENUE > 0, UNITS), InvalidMeasure, "Aggregate it"),
    (lambda: al.where((CITY == "a") & (UNITS > 0), 1), InvalidMeasure, "reads the column"),
    (lambda: al.switch(REVENUE, {}), InvalidArgument, "constants and values"),
    (lambda: al.switch("Revenue", {1: 2}), InvalidMeasure, "got text"),
    (lambda: al.switch(REVENUE, {COST: 2}), InvalidArgument, "constants as keys"),
    (lambda: al.lookup("Price", {"Shop": 1}), InvalidArgument, "a column of a table"),  # type: ignore[arg-type]
    (lambda: al.lookup(PRICE, {}), InvalidArgument, "a value for each key"),
    (lambda: al.lookup(PRICE, {1: 2}), InvalidArgument, "the name of a column"),  # type: ignore[dict-item]
    (lambda: al.lookup(PRICE, {SHOP: 1, "Shop": 2}), InvalidArgument, "each once"),
    (lambda: al.lookup(PRICE, {FOREIGN: 1}), InvalidArgument, "columns of the table 'Sales'"),
    (lambda: al.lookup(PRICE, {"Shop": UNITS}), InvalidMeasure, "Aggregate it"),
    (lambda: al.date_diff(REVENUE, DAY, "fortnights"), InvalidArgument, "weeks"),  # type: ignore[arg-type]
    (lambda: al.date_diff("2026-01-01", "2026-02-01"), InvalidMeasure, "got text"),
    (lambda: al.date_diff(UNITS, UNITS), WrongType, "two dates"),
    (lambda: al.date_diff(UNITS, REVENUE), InvalidMeasure, "Aggregate it"),
    (lambda: al.apply("len", REVENUE, data_type="double"), InvalidArgument, "a function"),  # type: ignore[arg-type]
    (lambda: al.apply(len, data_type="double"), InvalidArgument, "one measure or more"),
    (lambda: al.apply(len, UNITS, data_type="double"), InvalidMeasure, "Aggregate it"),
    (lambda: al.apply(len, REVENUE, data_type="number"), UnknownDataType, "number"),
    (lambda: al.math.round(UNITS, 1.5), InvalidArgument, "digits"),  # type: ignore[arg-type]
    (lambda: al.math.round(UNITS, 99), InvalidArgument, "digits"),
    (lambda: al.math.max(REVENUE), InvalidArgument, "agg.max"),
    (lambda: al.math.max(1, 2), InvalidMeasure, "got integer 1"),
    (lambda: al.math.max(UNITS, SHOP), WrongType, "of one kind"),
    (lambda: al.array.quantile(LOSSES, 2), InvalidArgument, "from 0 to 1"),
    (lambda: al.array.quantile(LOSSES, 0.5, "x"), InvalidArgument, "centered"),  # type: ignore[arg-type]
    (
        lambda: al.array.quantile_index(LOSSES, 0.5, interpolation="linear"),  # type: ignore[arg-type]
        InvalidArgument,
        "nearest",
    ),
    (lambda: al.array.sort(LOSSES, ascending=0), InvalidArgument, "True or False"),  # type: ignore[arg-type]
    (lambda: al.array.replace(LOSSES, {}), InvalidArgument, "a dict of old"),
    (lambda: al.array.replace(LOSSES, {1.0: UNITS}), InvalidArgument, "a dict of constants"),
    (lambda: al.OriginScope([]), InvalidArgument, "one level or more"),
    (lambda: al.OriginScope("City"), InvalidArgument, "a level"),
    (lambda: al.CumulativeScope(GEOGRAPHY), InvalidArgument, "a level"),  # type: ignore[arg-type]
    (lambda: al.CumulativeScope(DAY, partitioning=CITY), InvalidArgument, "above"),
    (lambda: al.CumulativeScope(DAY, partitioning=DAY), InvalidArgument, "above"),
    (lambda: al.CumulativeScope(DAY, dense=1), InvalidArgument, "True or False"),  # type: ignore[arg-type]
    (lambda: al.SiblingsScope(CITY), InvalidArgument, "a hierarchy"),  # type: ignore[arg-type]
    (
        lambda: al.SiblingsScope(GEOGRAPHY, exclude_self=1),  # type: ignore[arg-type]
        InvalidArgument,
        "True or False",
    ),
]


@pytest.mark.parametrize(
    ("misuse", "error", "said"), REFUSED, ids=[f"{n}-{each[2]}" for n, each in enumerate(REFUSED)]
)
def test_what_is_refused(
    misuse: Callable[[], object], error: type[AtomliteError], said: str
) -> None:
    """The message says what to write; none of it is a server's fault."""
    with pytest.raises(error) as caught:
        misuse()

    assert said in str(caught.value)
    assert caught.value.http_status == 400


@pytest.mark.parametrize(
    "window",
    [
        range(1, 2),
        range(-2, -1),
        range(-2, 2, 2),
        (1, 2),
        (-1, 0, 1),
        (True, False),
        ("P1M", None),
        ("-P1M", "-P1D"),
        ("x", None),
        (None, None),
        (1, None),
        "P1M",
        5,
    ],
)
def test_windows_that_leave_out_the_member_itself(window: object) -> None:
    """Or that are none."""
    with pytest.raises(InvalidArgument, match="window"):
        al.CumulativeScope(DAY, window=cast("range", window))


@pytest.mark.parametrize(
    ("window", "expected"),
    [
        (range(-2, 0), (-2, 0)),
        ((-2, 1), (-2, 1)),
        (("-P1M", "P0D"), ("-P1M", "P0D")),
        ((None, "P1M"), (None, "P1M")),
    ],
)
def test_windows(window: object, expected: object) -> None:
    """Both ends are included."""
    assert al.CumulativeScope(DAY, window=cast("range", window)).window == expected


def test_handles_are_taken_for_their_keys() -> None:
    """A hierarchy of a cube has a key, and so has a level."""

    class Held:
        key = GEOGRAPHY

    assert hierarchy_key(Held(), "hierarchy") == GEOGRAPHY == hierarchy_key(GEOGRAPHY, "hierarchy")
    assert level_keys(CITY, "levels") == (CITY.key,)
    assert level_keys([CITY.key, DAY], "levels") == (CITY.key, DAY.key)
    assert str(GEOGRAPHY) == '("Shops", "Geography")'
    assert str(CITY.key) == '("Shops", "Geography", "City")'
    assert CITY.key.owner == GEOGRAPHY
    assert HierarchyKey("a", "b") < HierarchyKey("a", "c")
    assert LevelKey("a", "b", "c") < LevelKey("a", "b", "d")


def test_what_at_holds() -> None:
    """A member or a level for each level."""
    node = al.at(REVENUE, (CITY == COUNTRY) & DAY.isnull())

    assert isinstance(node, At)
    (first, other), (second, none) = node.coordinates
    assert (first is CITY, other is COUNTRY, second is DAY) == (True, True, True)
    assert isinstance(none, Constant)
    assert none.value is None


def test_every_public_name_is_there() -> None:
    """Also the modules."""
    for name in al.__all__:
        assert getattr(al, name) is not None
    for module in (al.agg, al.math, al.array):
        assert sorted(module.__all__) == module.__all__
        assert all(callable(getattr(module, name)) for name in module.__all__)


@pytest.mark.parametrize("module", [al.agg, al.math, al.array])
def test_completion_shows_the_functions_only(module: Any) -> None:  # noqa: ANN401 -- a module
    """No types, helpers and imports among them."""
    assert dir(module) == sorted(module.__all__)
    assert all(getattr(module, name).__module__ == module.__name__ for name in dir(module))


@pytest.mark.parametrize(
    ("make", "text"),
    [
        (
            lambda: al.agg.sum("Units"),  # type: ignore[arg-type]
            r'got the text "Units", and needs a column.*`table\["Units"\]`; or',
        ),
        (lambda: al.agg.sum(SHOP), r"got string\. Give numbers; of other values there are"),
    ],
)
def test_aggregates_say_what_they_take(make: Callable[[], object], text: str) -> None:
    """A name alone is no column, and a text no number."""
    with pytest.raises(AtomliteError, match=text):
        make()

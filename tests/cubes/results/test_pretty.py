from __future__ import annotations

import copy
import pickle
from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

import atomlite as al
from atomlite.cubes.results.totals import BLANK, TOTAL


def test_a_result_is_indexed_by_the_levels_with_their_ancestors(
    cube: al.Cube, sales: pd.DataFrame
) -> None:
    """Values are those of pandas' own groupby; members come in level order, null last."""
    result = cube.query("Price.SUM", "contributors.COUNT", levels="City")

    expected = sales.groupby(["Country", "City"], dropna=False)["Price"].agg(["sum", "size"])
    assert list(result.index.names) == ["Country", "City"]
    assert result["Price.SUM"].tolist() == expected["sum"].tolist()
    assert result["contributors.COUNT"].tolist() == expected["size"].tolist()
    assert result.index[0] == ("France", "Lyon")
    assert [pd.isna(label) for label in result.index[-1]] == [True, True]


def test_totals_are_told_from_members(cube: al.Cube) -> None:
    """A total, the member None and a member named "Total" are three things."""
    result = cube.query("Price.SUM", levels="City", include_totals=True)

    prices = result["Price.SUM"]
    found = {label: prices.iloc[result.index.get_loc(label)] for label in result.index[:-2]}
    assert found == {
        (TOTAL, BLANK): 18.75,
        ("France", TOTAL): 3.0,
        ("France", "Lyon"): 2.0,
        ("France", "Paris"): 1.0,
        ("Italy", TOTAL): 4.0,
        ("Italy", "Rome"): 4.0,
        ("Total", TOTAL): 3.25,
        ("Total", ""): 3.25,
    }
    assert prices.tolist()[-2:] == [8.5, 8.5]


def test_dates_make_an_index_of_dates(cube: al.Cube) -> None:
    """It is sliced by text, and plotted; a null date is NaT."""
    result = cube.query("Price.SUM", levels="Day")

    assert str(result.index.dtype) == "datetime64[s]"
    assert pd.isna(result.index[-1])
    dated = result[result.index.notna()]
    assert dated.loc["2026-01"]["Price.SUM"].tolist() == [5.0, 2.0]


def test_without_levels_there_is_one_row(cube: al.Cube) -> None:
    """The grand total."""
    assert cube.query("Price.SUM").to_dict("records") == [{"Price.SUM": 18.75}]


def test_values_keep_their_types(cube: al.Cube) -> None:
    """Whole numbers with nulls stay whole; an empty result has the types of a full one."""
    by_city = cube.query("Number.SUM", "Price.SUM", levels="City")
    full = cube.query("Number.SUM", "Price.SUM", levels="Day")
    empty = cube.query(
        "Number.SUM", "Price.SUM", levels="Day", filter=cube.levels["City"] == "Nowhere"
    )

    assert by_city.dtypes.astype(str).tolist() == ["Int64", "float64"]
    assert full.dtypes.astype(str).tolist() == ["int64", "float64"]
    assert empty.dtypes.astype(str).tolist() == ["int64", "float64"]
    assert (len(empty), empty.index.name) == (0, "Day")
    assert repr(empty).startswith("Empty CubeResult")


def test_a_result_is_shown_as_its_measures_say(cube: al.Cube) -> None:
    """Only how values are shown is formatted; members have no separators of thousands."""
    cube.measures["Price.SUM"].formatter = "DOUBLE[0.0 EUR]"
    cube.hierarchies["Number"] = [cube_column(cube)]
    result = cube.query("Price.SUM", "Number.SUM", levels="Number", include_totals=True)

    assert repr(result).splitlines() == [
        "       Price.SUM Number.SUM",
        "Number                     ",
        "Total   18.8 EUR      1,009",
        "2        2.0 EUR          2",
        "3        4.0 EUR          3",
        "4        8.5 EUR          4",
        "1000     1.0 EUR      1,000",
        "None     3.3 EUR           ",
    ]
    assert result["Price.SUM"].iloc[0] == 18.75
    html = result._repr_html_()
    assert "18.8 EUR" in html
    assert "[6 rows x 2 columns]" in html


def cube_column(cube: al.Cube) -> al.Column:
    """Return the column of numbers of a cube's fact table."""
    return al.Column(cube.fact_table, "Number", pa.int64())


def test_no_value_is_shown_as_nothing_and_nan_as_nan(session: al.Session) -> None:
    """With a formatter or without."""
    frame = pd.DataFrame({"Key": ["a", "b"], "Price": [1.5, None], "Other": [1.0, 2.0]})
    table = session.read_arrow(pa.Table.from_pandas(frame), table_name="T")
    cube = session.create_cube(table)
    cube.measures["Plain"] = al.agg.sum(table["Price"])
    cube.measures["Signed"] = al.agg.sum(table["Price"])
    cube.measures["Signed"].formatter = "+.1f"
    cube.measures["NaN"] = al.agg.sum(table["Other"]) * float("nan")

    assert repr(cube.query("Plain", "Signed", "NaN", levels="Key")).splitlines()[2:] == [
        "a    1.50   +1.5  nan",
        "b                 nan",
    ]


def test_points_stand_under_each_other(session: al.Session) -> None:
    """Small shares beside large ones."""
    frame = pd.DataFrame({"Key": ["a", "b", "c"], "Price": [91.0, 8.1, 0.9]})
    cube = session.create_cube(session.read_pandas(frame, table_name="T"))
    price = cube.measures["Price.SUM"]
    cube.measures["Share"] = price / al.total(price, cube.hierarchies["Key"])

    assert repr(cube.query("Price.SUM", "Share", levels="Key")).splitlines()[2:] == [
        "a       91.00  0.9100",
        "b        8.10  0.0810",
        "c        0.90  0.0090",
    ]


def test_html_escapes_members(session: al.Session) -> None:
    """A member is text, whatever it says."""
    frame = pd.DataFrame({"Name": ["<script>alert(1)</script>"], "Price": [1.0]})
    cube = session.create_cube(session.read_pandas(frame, table_name="T"))

    html = cube.query("Price.SUM", levels="Name")._repr_html_()

    assert "<script>" not in html
    assert "&lt;script&gt;" in html


def test_a_long_result_is_shortened(session: al.Session) -> None:
    """The first and the last rows, and how many there are."""
    frame = pd.DataFrame({"Key": range(1_000), "Price": 1.0})
    cube = session.create_cube(session.read_pandas(frame, keys={"Key"}, table_name="T"))
    result = cube.query("Price.SUM", levels="Key")

    lines = repr(result).splitlines()
    with pd.option_context("display.max_rows", 4, "display.min_rows", 2):
        shorter = repr(result).splitlines()

    assert len(lines) == 2 + 10 + 1 + 2
    assert lines[-1] == "[1,000 rows x 1 columns]"
    firsts = [line.split()[0] for line in shorter if line]
    assert firsts == ["Price.SUM", "Key", "0", "...", "999", "[1,000"]


SELECTIONS: dict[str, Callable[[al.CubeResult], Any]] = {
    "head": lambda result: result.head(2),
    "tail": lambda result: result.tail(2),
    "loc": lambda result: result.loc[["France"]],
    "loc with an axis": lambda result: result.loc(axis=0)[["France"]],
    "iloc": lambda result: result.iloc[:2, :1],
    "columns": lambda result: result[["Price.SUM"]],
    "rows": lambda result: result[result["Price.SUM"] > 2],
    "sort_values": lambda result: result.sort_values("Price.SUM"),
    "sort_index": lambda result: result.sort_index(level="City", sort_remaining=False),
    "nlargest": lambda result: result.nlargest(2, "Price.SUM"),
    "nsmallest": lambda result: result.nsmallest(2, "Price.SUM"),
    "query": lambda result: result.query("`Price.SUM` > 2"),
    "drop": lambda result: result.drop(columns="Number.SUM"),
    "dropna": lambda result: result.dropna(),
    "filter": lambda result: result.filter(["Price.SUM"]),
    "sample": lambda result: result.sample(2, random_state=1),
    "copy": lambda result: result.copy(),
    "copy.copy": copy.copy,
    "copy.deepcopy": copy.deepcopy,
    "xs": lambda result: result.xs("France"),
    "xs of a level": lambda result: result.xs("Rome", level="City"),
    "loc of a member": lambda result: result.loc["France"],
    "a selection of one": lambda result: result.head(4)[["Price.SUM"]].tail(2),
}
OTHERS: dict[str, Callable[[al.CubeResult], Any]] = {
    "calculation": lambda result: result * 2,
    "comparison": lambda result: result > 2,
    "reset_index": lambda result: result.reset_index(),
    "other index": lambda result: result.sort_values("Price.SUM", ignore_index=True),
    "droplevel": lambda result: result.droplevel("City"),
    "unstack": lambda result: result["Price.SUM"].unstack(),  # noqa: PD010 -- what is tested
    "transposed": lambda result: result.T,
    "concat": lambda result: pd.concat([result, result]),
    "rename": lambda result: result.rename(columns={"Price.SUM": "Number.SUM"}),
    "assign": lambda result: result.assign(**{"Price.SUM": 0}),
    "round": lambda result: result.round(),
    "fillna": lambda result: result.fillna(0),
    "group": lambda result: result.groupby(level=0).sum(),
    "pickle": lambda result: pickle.loads(pickle.dumps(result)),  # noqa: S301 -- of our own
    "pickle of a selection": lambda result: pickle.loads(pickle.dumps(result.head())),  # noqa: S301
}


@pytest.mark.parametrize("made", SELECTIONS.values(), ids=SELECTIONS)
def test_a_selection_of_a_result_is_a_result(
    cube: al.Cube, made: Callable[[al.CubeResult], Any]
) -> None:
    """Its values are those that pandas gives, shown as the measures say, and its cells known."""
    cube.measures["Price.SUM"].formatter = "DOUBLE[0.0 EUR]"
    result = cube.query("Price.SUM", "Number.SUM", levels="City")
    selected, expected = made(result), made(pd.DataFrame(result))  # type: ignore[arg-type] # plain

    assert type(selected).__name__ == "CubeResult"
    assert type(expected) is pd.DataFrame
    pd.testing.assert_frame_equal(pd.DataFrame(selected), expected)
    assert " EUR" in repr(selected)
    assert " EUR" in selected._repr_html_()
    assert list(selected.additivity) == list(selected.columns)
    assert selected.cell("Price.SUM", {"City": "Rome"}).value == 4.0
    assert selected.version == result.version


@pytest.mark.parametrize("made", OTHERS.values(), ids=OTHERS)
def test_what_else_is_made_of_a_result_is_a_plain_frame(
    cube: al.Cube, made: Callable[[al.CubeResult], Any]
) -> None:
    """Its numbers are no more those of the measures, or its index no more that of the levels."""
    result = cube.query("Price.SUM", "Number.SUM", levels="City")
    other, expected = made(result), made(pd.DataFrame(result))  # type: ignore[arg-type] # plain

    assert type(other) is pd.DataFrame
    pd.testing.assert_frame_equal(other, expected)
    assert type(result).__name__ == "CubeResult"


def test_one_column_and_one_value_are_what_pandas_gives(cube: al.Cube) -> None:
    """Also by `loc` and `iloc`, which can be assigned to."""
    result = cube.query("Price.SUM", levels="Day")
    result.loc[result.index[0], "Price.SUM"] = 7.5
    result.iloc[1, 0] = 8.5

    assert type(result["Price.SUM"]) is type(result.iloc[0]) is pd.Series
    assert result.iloc[:2, 0].tolist() == [7.5, 8.5]
    assert result.loc[result.index[0], "Price.SUM"] == 7.5


def test_a_result_knows_what_its_measures_are(cube: al.Cube, session: al.Session) -> None:
    """Additivity is carried by each form, and so is the version of the data."""
    result = cube.query("Price.SUM", "Price.MEAN", levels="Day")
    raw = cube.query("Price.SUM", "Price.MEAN", levels="Day", mode="raw")
    arrow = cube.query("Price.SUM", "Price.MEAN", levels="Day", mode="arrow")

    assert [each.kind for each in result.additivity.values()] == ["additive", "non-additive"]
    assert result.version == session.version
    assert raw.attrs["additivity"] == {"Price.SUM": "additive", "Price.MEAN": "non-additive"}
    metadata = arrow.schema.field("Price.MEAN").metadata
    assert metadata == {b"atomlite.additivity": b'{"kind": "non-additive", "not_over": []}'}


def test_raw_and_arrow_have_the_depth(cube: al.Cube) -> None:
    """How many levels a row expresses tells totals from null members."""
    raw = cube.query("Price.SUM", levels="City", include_totals=True, mode="raw")
    arrow = cube.query("Price.SUM", levels="City", include_totals=True, mode="arrow")

    assert list(raw.columns) == ["Country", "City", "_depth", "Price.SUM"]
    assert sorted(raw["_depth"]) == [0, 1, 1, 1, 1, 2, 2, 2, 2, 2]
    assert arrow.column_names == list(raw.columns)
    assert arrow.num_rows == len(raw)
    assert type(raw) is pd.DataFrame


def test_columns_can_be_added_to_a_result(cube: al.Cube) -> None:
    """It is shown with them, as pandas would show them."""
    result = cube.query("Price.SUM", levels="Day")
    result["Twice"] = result["Price.SUM"] * np.float64(2)

    assert "Twice" in repr(result)


def test_results_of_lists_and_text(session: al.Session) -> None:
    """Values of any type come through, and are shown."""
    frame = pd.DataFrame({"Key": ["a", "b"], "Name": ["x", None]})
    table = session.read_pandas(frame, table_name="T")
    cube = session.create_cube(table)
    cube.measures["Names"] = al.agg.distinct(table["Name"])
    cube.measures["First"] = al.agg.min(table["Name"])

    result = cube.query("Names", "First", levels="Key")

    assert result["First"].tolist()[0] == "x"
    assert "[x]" in repr(result)


@pytest.mark.parametrize("mode", ["PRETTY", "", None, 1])
def test_a_mode_that_is_none_is_refused(cube: al.Cube, mode: object) -> None:
    """The error lists the modes."""
    with pytest.raises(al.AtomliteError, match="one of 'pretty', 'raw', 'arrow'"):
        cube.query("Price.SUM", mode=mode)  # type: ignore[call-overload] # that is the mistake

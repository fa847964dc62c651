from __future__ import annotations

import copy
import pickle

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


def test_what_is_made_of_a_result_is_a_plain_frame(cube: al.Cube) -> None:
    """Selections, calculations, copies and pickles; only the result itself knows its cube."""
    result = cube.query("Price.SUM", "Number.SUM", levels="Day")
    made = [
        result[["Price.SUM"]],
        result * 2,
        result.copy(),
        copy.copy(result),
        copy.deepcopy(result),
        result.reset_index(),
        pickle.loads(pickle.dumps(result)),  # noqa: S301 -- of our own
    ]

    assert [type(each) for each in made] == [pd.DataFrame] * len(made)
    assert isinstance(result, pd.DataFrame)
    assert made[-1].equals(pd.DataFrame(result))
    assert type(result).__name__ == "CubeResult"


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
    with pytest.raises(al.AtomliteError, match="one of pretty, raw, arrow"):
        cube.query("Price.SUM", mode=mode)  # type: ignore[call-overload] # that is the mistake

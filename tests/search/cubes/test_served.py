from __future__ import annotations

import csv
import datetime as dt
import io
import json
import math
import threading
import time
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import httpx
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import atomlite as al

PATH = "api/cubes/Sales/query"
BIG = 2**62


@pytest.fixture(scope="module")
def served() -> Iterator[al.Session]:
    """Give a session with a cube whose values are hard to write as JSON."""
    config = al.SessionConfig(limits=al.Limits(cube_cells=20))
    with al.Session.start(config) as session:
        table = session.read_arrow(facts(), table_name="Sales")
        cube = session.create_cube(table)
        cube.hierarchies["Geography"] = [table["Country"], table["City"]]
        for name in ("Country", "City"):
            del cube.hierarchies["Sales", name]
        cube.hierarchies["Number"] = [table["Number"]]
        cube.hierarchies["Ratio"] = [table["Ratio"]]
        measures = cube.measures
        measures["Biggest"] = al.agg.max(table["Big"])
        measures["Cost"] = al.agg.sum(table["Cost"])
        measures["Worst"] = al.agg.max(table["Ratio"])
        measures["Last day"] = al.agg.max(table["Day"])
        measures["Failing"] = al.apply(
            lambda values: values.nothing, measures["Cost"], data_type=pa.float64()
        )
        yield session


def facts() -> pa.Table:
    """Return facts with large integers, decimals, NaN, infinity and dates."""
    return pa.table(
        {
            "Country": ["France", "France", None, "Total"],
            "City": ["Paris", "Lyon", None, 'a "quoted", name'],
            "Day": pa.array([dt.date(2026, 1, 31), dt.date(1, 1, 1), None, dt.date(9999, 12, 31)]),
            "Big": pa.array([BIG, -BIG, None, 1]),
            "Cost": pa.array([Decimal("0.10"), Decimal("0.20"), None, Decimal("1.05")]),
            "Ratio": [1.5, float("nan"), float("inf"), None],
            "Number": [1, 2, 3, None],
            "Open": [True, False, None, True],
        }
    )


@pytest.fixture
def client(served: al.Session) -> httpx.Client:
    """Give its client."""
    return served.client.http_client


def asked(client: httpx.Client, body: object, **headers: str) -> httpx.Response:
    """Return the answer to a query."""
    return client.post(PATH, json=body, headers=headers)


def test_json_says_what_its_columns_are(served: al.Session, client: httpx.Client) -> None:
    """Levels, measures with additivity, columns, and rows with their depth."""
    answer = asked(
        client, {"measures": ["Cost"], "levels": ["City"], "include_totals": True}
    ).json()

    assert answer["cube"] == "Sales"
    assert answer["tables_version"] == str(served.version)
    assert [each["column"] for each in answer["levels"]] == ["Country", "City"]
    assert answer["levels"][1]["hierarchy"] == "Geography"
    (measure,) = answer["measures"]
    assert (measure["name"], measure["additivity"]) == (
        "Cost",
        {"kind": "additive", "not_over": []},
    )
    assert answer["columns"] == ["Country", "City", "_depth", "Cost"]
    assert answer["rows"] == [
        [None, None, 0, "1.35"],
        ["France", None, 1, "0.30"],
        ["France", "Lyon", 2, "0.20"],
        ["France", "Paris", 2, "0.10"],
        ["Total", None, 1, "1.05"],
        ["Total", 'a "quoted", name', 2, "1.05"],
        [None, None, 1, None],
        [None, None, 2, None],
    ]


def test_the_version_of_the_tables_stays_while_the_data_moves_on(
    served: al.Session, client: httpx.Client
) -> None:
    """It is not the version of the answer's header, and is named so; the tag goes with it."""
    first = asked(client, {"measures": ["Cost"]})
    served.read_pandas(pd.DataFrame({"n": [1]}), table_name="Another")
    second = asked(client, {"measures": ["Cost"]})

    header = "Atomlite-Data-Version"
    assert second.headers[header] == str(served.version) != first.headers[header]
    assert second.json() == first.json()
    assert second.json()["tables_version"] == first.headers[header]
    assert second.headers["ETag"] == first.headers["ETag"]
    assert "data_version" not in second.json()


@pytest.mark.parametrize("body", [{}, {"measures": []}, {"levels": [], "limit": 1}])
def test_a_query_for_nothing_is_refused(client: httpx.Client, body: object) -> None:
    """The error says what to give."""
    answer = asked(client, body)

    assert answer.status_code == 400
    assert answer.json()["error"]["code"] == "invalid_query"
    assert "needs measures or levels" in answer.text


def test_json_has_the_numbers_of_the_notebook(served: al.Session, client: httpx.Client) -> None:
    """The same query by both ways gives the same values."""
    names = ["Biggest", "Cost", "Worst", "Last day", "contributors.COUNT"]
    answer = asked(client, {"measures": names, "levels": ["City"], "include_totals": True}).json()
    frame = served.cubes["Sales"].query(
        *names, levels="City", include_totals=True, mode="arrow", order_by="City"
    )

    rows = [dict(zip(answer["columns"], row, strict=True)) for row in answer["rows"]]
    expected = [{key: plain(value) for key, value in row.items()} for row in frame.to_pylist()]
    assert sorted(map(json.dumps, rows)) == sorted(map(json.dumps, expected))
    assert rows[0]["Biggest"] == BIG
    assert rows[0]["Last day"] == "9999-12-31"


def plain(value: object) -> object:
    """Return a value as JSON has it: no infinity, decimals and dates as text."""
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    return str(value) if isinstance(value, Decimal | dt.date) else value


def test_other_forms_have_the_same_rows(client: httpx.Client) -> None:
    """CSV, NDJSON, Arrow and Parquet."""
    body = {"measures": ["Cost", "contributors.COUNT"], "levels": ["City"]}
    rows = asked(client, body).json()["rows"]
    forms = {
        form: asked(client, body, Accept=form)
        for form in (
            "text/csv",
            "application/x-ndjson",
            "application/vnd.apache.arrow.stream",
            "application/vnd.apache.parquet",
        )
    }

    assert [each.status_code for each in forms.values()] == [200] * 4
    lines = list(csv.reader(io.StringIO(forms["text/csv"].text)))
    assert lines[0] == ["Country", "City", "_depth", "Cost", "contributors.COUNT"]
    assert [line[3] for line in lines[1:]] == [row[3] or "" for row in rows]
    parsed = [json.loads(line) for line in forms["application/x-ndjson"].text.splitlines()]
    assert [list(each.values()) for each in parsed] == rows
    arrow = pa.ipc.open_stream(forms["application/vnd.apache.arrow.stream"].content).read_all()
    assert arrow.column("Cost").to_pylist()[0] == Decimal("0.20")
    parquet = pa.parquet.read_table(io.BytesIO(forms["application/vnd.apache.parquet"].content))
    assert parquet.equals(arrow)


def test_a_client_that_has_the_answer_is_told_so(client: httpx.Client) -> None:
    """By tag; another form, query or cube has another tag."""
    body = {"measures": ["Cost"], "levels": ["Day"]}
    first = asked(client, body)
    tag = first.headers["ETag"]
    again = asked(client, body, **{"If-None-Match": tag})
    other = asked(client, {"measures": ["Cost"]}, **{"If-None-Match": tag})
    as_csv = asked(client, body, **{"If-None-Match": tag, "Accept": "text/csv"})

    assert [each.status_code for each in (first, again, other, as_csv)] == [200, 304, 200, 200]
    assert (again.content, again.headers["ETag"]) == (b"", tag)
    assert first.headers["Cache-Control"] == "private, no-cache"
    assert "Accept" in first.headers["Vary"]
    assert first.headers["Atomlite-Data-Version"]


def test_a_tag_ends_with_the_data_and_with_the_meaning_of_a_measure(session: al.Session) -> None:
    """A load changes it, a formatter too, and so does another Python function."""
    table = session.read_pandas(pd.DataFrame({"a": [1, 2]}), table_name="Sales")
    cube = session.create_cube(table)
    client = session.client.http_client
    cube.measures["F"] = al.apply(lambda v: v, cube.measures["a.SUM"], data_type=pa.int64())
    body = {"measures": ["F"]}
    tags = [asked(client, body).headers["ETag"]]
    table += (3,)
    tags.append(asked(client, body).headers["ETag"])
    cube.measures["F"].formatter = "INT[#,##0]"
    tags.append(asked(client, body).headers["ETag"])
    cube.measures["F"] = al.apply(
        lambda v: pc.multiply(v, 2), cube.measures["a.SUM"], data_type=pa.int64()
    )
    cube.measures["F"].formatter = "INT[#,##0]"
    last = asked(client, body)

    assert len({*tags, last.headers["ETag"]}) == 4
    assert last.json()["rows"] == [[0, 12]]


def test_an_answer_is_made_once(session: al.Session) -> None:
    """The bytes are kept: the second answer asks the engine nothing."""
    table = session.read_pandas(pd.DataFrame({"a": [1, 2]}), table_name="Sales")
    session.create_cube(table)
    client = session.client.http_client
    answers = [asked(client, {"measures": ["a.SUM"]}) for _ in range(2)]
    spans = [[span.name for span in trace.spans] for trace in session.traces]
    first, second = [names for names in spans if "POST /api/cubes/{name}/query" in names]

    assert answers[0].content == answers[1].content
    assert ["SELECT Sales" in names or "shape" in names for names in (first, second)] == [
        True,
        False,
    ]


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        (b"", 400, "invalid_query"),
        (b"[]", 400, "invalid_query"),
        (b"{", 400, "invalid_json"),
        (b'{"levels": [], "levels": []}', 400, "invalid_json"),
        (b'{"limit": NaN}', 400, "invalid_json"),
        (b'{"limit": 1e999}', 400, "invalid_json"),
        (b"\xff", 400, "invalid_json"),
        (b"[" * 100_000, 400, "invalid_json"),
        (b'{"measures": ["Nothing"]}', 400, "measure_not_found"),
        (b'{"levels": ["Day", "Day"]}', 400, "invalid_query"),
        (
            b'{"levels": ["Day", "City", "Number"], "include_empty_rows": true}',
            400,
            "too_many_cells",
        ),
        (b'{"measures": ["Failing"]}', 422, "measure_failed"),
        (
            b'{"filter": {"measure": "Last day", "operator": ">", "value": 1}}',
            400,
            "invalid_query",
        ),
        (
            b'{"filter": {"not": {"or": [{"measure": "Cost", "operator": "is null"}, {"level": "Day", "operator": "is null"}]}}}',  # noqa: E501 -- one body
            400,
            "invalid_query",
        ),
    ],
)
def test_a_wrong_request_is_told_what_is_wrong(
    client: httpx.Client, body: bytes, status: int, code: str
) -> None:
    """In the shape of all errors; a function of the user says no more than its name."""
    answer = client.post(PATH, content=body, headers={"Content-Type": "application/json"})

    assert (answer.status_code, answer.json()["error"]["code"]) == (status, code)
    assert "nothing" not in answer.text


def test_other_wrong_requests(client: httpx.Client) -> None:
    """A cube that is not there, a method, a type of body, a form that is none."""
    assert (
        client.post("api/cubes/Nothing/query", json={}).json()["error"]["code"] == "cube_not_found"
    )
    assert client.get(PATH).status_code == 405
    assert client.post(PATH, content=b"x", headers={"Content-Type": "text/csv"}).status_code == 415
    assert asked(client, {"measures": ["Cost"]}, Accept="image/png").status_code == 406
    assert client.get("api/cubes/Nothing").status_code == 404


def test_csv_has_no_place_for_lists(session: al.Session) -> None:
    """The refusal names the forms that have."""
    table = session.read_pandas(pd.DataFrame({"a": ["x"]}), table_name="Sales")
    cube = session.create_cube(table)
    cube.measures["All"] = al.agg.distinct(table["a"])
    client = session.client.http_client

    refused = asked(client, {"measures": ["All"]}, Accept="text/csv")

    assert refused.status_code == 406
    assert "application/json" in refused.text
    assert asked(client, {"measures": ["All"]}).json()["rows"] == [[0, ["x"]]]


def test_the_cubes_are_listed(client: httpx.Client) -> None:
    """What a client needs to write a query."""
    (cube,) = client.get("api/cubes").json()

    assert client.get("api/cubes/Sales").json() == cube
    assert (cube["name"], cube["fact_table"]) == ("Sales", "Sales")
    geography = next(each for each in cube["hierarchies"] if each["name"] == "Geography")
    assert [level["name"] for level in geography["levels"]] == ["Country", "City"]
    assert geography["levels"][0]["data_type"] == "string"
    assert "contributors.COUNT" in [measure["name"] for measure in cube["measures"]]
    assert "POST /api/cubes/{name}/query" in client.get("").json()["answers"]


def test_no_cubes_are_an_empty_list(session: al.Session) -> None:
    """And not an error."""
    assert session.client.http_client.get("api/cubes").json() == []


def test_a_client_that_leaves_holds_up_nobody(session: al.Session) -> None:
    """The next query does not wait for the one that nobody waits for."""
    numbers = pd.DataFrame({"Key": range(4_000)})
    table = session.read_pandas(numbers, keys={"Key"}, table_name="Sales")
    cube = session.create_cube(table)

    def slowly(values: pa.Array[Any]) -> pa.Array[Any]:
        time.sleep(2)
        return values

    cube.measures["Slow"] = al.apply(
        slowly, cube.measures["contributors.COUNT"], data_type=pa.int64()
    )
    with pytest.raises(httpx.ReadTimeout), httpx.Client(timeout=0.3) as impatient:
        impatient.post(f"{session.url}/{PATH}", json={"measures": ["Slow"]})

    began = time.perf_counter()
    answer = asked(session.client.http_client, {"measures": ["contributors.COUNT"]})
    assert answer.json()["rows"] == [[0, 4_000]]
    assert time.perf_counter() - began < 1.5


def test_answers_beside_loads_are_whole(session: al.Session) -> None:
    """Each answer is one state: its total is the sum of its rows, and its version fits its tag."""
    table = session.create_table("Sales", data_types={"Group": "string", "Price": "int64"})
    session.create_cube(table)
    client = session.client.http_client
    body = {"measures": ["Price.SUM"], "levels": ["Group"], "include_totals": True}
    seen: dict[str, str] = {}
    wrong: list[object] = []
    ended = threading.Event()

    def ask() -> None:
        while not ended.is_set():
            answer = asked(client, body)
            rows = answer.json()["rows"]
            total = sum(row[2] for row in rows if row[1] == 1)
            whole = next(row[2] for row in rows if row[1] == 0) or 0
            if (
                total != whole
                or seen.setdefault(answer.headers["ETag"], answer.text) != answer.text
            ):
                wrong.append(rows)

    threads = [threading.Thread(target=ask) for _ in range(2)]
    for thread in threads:
        thread.start()
    for number in range(20):
        table.load(pd.DataFrame({"Group": ["a", "b"], "Price": [number, 2 * number]}))
    ended.set()
    for thread in threads:
        thread.join()

    assert not wrong
    assert len(seen) > 1


NAMES = st.sampled_from(
    ["Day", "City", "Country", "Number", "Ratio", "Open", "Cost", "Biggest", "x"]
)
VALUES = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(2**70), 2**70),
    st.floats(allow_nan=False, allow_infinity=False),
    st.sampled_from(["2026-01-31", "Paris", "0001-01-01", "1.5", "", "%", "9" * 50]),
    st.text(max_size=5),
)
OPERATORS = st.sampled_from(
    [
        *("=", "!=", "<", "<=", ">", ">=", "in", "not in", "between", "contains", "starts with"),
        *("is null", "is not null", "like"),
    ]
)
TESTS = st.one_of(
    st.fixed_dictionaries({"level": NAMES, "operator": OPERATORS}, optional={"value": VALUES}),
    st.fixed_dictionaries({"level": NAMES, "operator": OPERATORS, "value": VALUES}),
    st.fixed_dictionaries(
        {"level": NAMES, "operator": OPERATORS, "values": st.lists(VALUES, max_size=3)}
    ),
    st.fixed_dictionaries({"measure": NAMES, "operator": OPERATORS, "value": VALUES}),
    st.fixed_dictionaries(
        {
            "hierarchy": st.just("Geography"),
            "operator": OPERATORS,
            "paths": st.lists(st.lists(VALUES, max_size=3), max_size=3),
        }
    ),
)
FILTERS = st.recursive(
    TESTS,
    lambda inner: st.one_of(
        st.fixed_dictionaries({"and": st.lists(inner, max_size=3)}),
        st.fixed_dictionaries({"or": st.lists(inner, max_size=3)}),
        st.fixed_dictionaries({"not": inner}),
    ),
    max_leaves=5,
)
BODIES = st.fixed_dictionaries(
    {},
    optional={
        "measures": st.lists(st.sampled_from(["Cost", "Biggest", "Worst", "Last day"]), max_size=3),
        "levels": st.lists(NAMES, max_size=2),
        "filter": st.one_of(FILTERS, VALUES),
        "include_totals": st.one_of(st.booleans(), VALUES),
        "totals": st.sampled_from(["all", "visible", "x", None]),
        "include_empty_rows": st.booleans(),
        "order_by": st.lists(
            st.fixed_dictionaries(
                {},
                optional={
                    "level": NAMES,
                    "measure": NAMES,
                    "direction": st.sampled_from(["asc", "desc", 1]),
                },
            ),
            max_size=2,
        ),
        "limit": VALUES,
    },
)


@given(body=BODIES)
@settings(
    max_examples=max(20, (settings().max_examples or 250) // 10),
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
def test_whatever_a_client_sends_it_is_answered_or_told_why_not(
    client: httpx.Client, body: dict[str, Any]
) -> None:
    """Nothing that a body says makes the server fail."""
    text = json.dumps(body).encode("utf-8", "surrogatepass")
    answer = client.post(PATH, content=text, headers={"Content-Type": "application/json"})

    assert answer.status_code in {200, 400}, answer.text
    assert (
        answer.json()["error"]["message"] if answer.status_code == 400 else answer.json()["columns"]
    )

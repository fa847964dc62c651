"""Bodies and answers by annotation: what is read, what is refused, and what is said of it."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from decimal import Decimal
from enum import Enum
from functools import partial, wraps
from typing import Annotated, Any, Generic, Literal, NotRequired, TypedDict, TypeVar
from uuid import UUID

import numpy as np
import pandas as pd
import pytest
import typing_extensions
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel, Field, computed_field

import atomlite as al
from atomlite.errors import InvalidAnswer, InvalidBody, InvalidEndpoint, InvalidJson
from atomlite.http.annotations import ValueType, schema_of
from atomlite.http.declarations import declarations_of
from atomlite.http.json_text import json_bytes
from atomlite.types import JsonValue

T = TypeVar("T")


class Kind(Enum):
    """Two kinds."""

    SMALL = "small"
    LARGE = "large"


@dataclass
class Line:
    """A line."""

    item: str
    units: Annotated[int, Field(gt=0)] = 1


@dataclass
class Order:
    """An order of lines."""

    id: int
    lines: list[Line] = field(default_factory=list)
    day: date | None = None


class Node(TypedDict):
    """A tree, with a field that may be left out."""

    name: str
    children: NotRequired[list[Node]]


class Priced(BaseModel):
    """A model with an alias and a computed field."""

    price: Decimal = Field(alias="unitPrice")

    @computed_field  # type: ignore[prop-decorator] # as pydantic documents it
    @property
    def doubled(self) -> Decimal:
        """Twice the price."""
        return self.price * 2


class Base(TypedDict, total=False):
    """May be empty."""

    a: int


class Child(Base):
    """Inherits from a dictionary without required fields."""

    b: Annotated[str, Field(max_length=3)]
    parent: NotRequired[Child | None]


class Other(typing_extensions.TypedDict):
    """Of the other module."""

    children: list[Child]


@dataclass
class Family:
    """A dataclass that holds dictionaries."""

    members: dict[str, Child]
    tree: Node | None = None


@dataclass
class Odd:
    """Holds what JSON does not."""

    values: np.ndarray[Any, Any]


@dataclass
class Box(Generic[T]):
    """Holds one thing."""

    inside: T


# ---- bodies ------------------------------------------------------------------------------------


def test_a_body_arrives_as_an_instance() -> None:
    """Nested dataclasses are made, defaults filled in, dates read."""
    text = (
        b'{"id": 3, "lines": [{"item": "pen", "units": 2}, {"item": "ink"}], "day": "2024-02-29"}'
    )

    assert ValueType(Order).read(text) == Order(
        3, [Line("pen", 2), Line("ink", 1)], date(2024, 2, 29)
    )


@pytest.mark.parametrize(
    ("annotation", "text", "value"),
    [
        (list[Order], b'[{"id": 1}]', [Order(1)]),
        (dict[str, Line], b'{"a": {"item": "x"}}', {"a": Line("x")}),
        (
            Node,
            b'{"name": "a", "children": [{"name": "b"}]}',
            {"name": "a", "children": [{"name": "b"}]},
        ),
        (Box[int], b'{"inside": 3}', Box(3)),
        (
            Family,
            b'{"members": {"x": {"b": "y"}}, "tree": {"name": "n"}}',
            Family({"x": {"b": "y"}}, {"name": "n"}),
        ),
        (Order | None, b"null", None),
        (Order | None, b"", None),
        (Literal["a", "b"], b'"b"', "b"),
        (Kind, b'"large"', Kind.LARGE),
        (
            UUID,
            b'"123e4567-e89b-12d3-a456-426614174000"',
            UUID(int=0x123E4567E89B12D3A456426614174000),
        ),
        (datetime, b'"2024-02-29T01:02:03Z"', datetime(2024, 2, 29, 1, 2, 3, tzinfo=UTC)),
        (Decimal, b'"1.10"', Decimal("1.10")),
        (set[int], b"[1, 2, 1]", {1, 2}),
        (tuple[int, str], b'[1, "a"]', (1, "a")),
        (float, b"3", 3.0),
        (int, b"9.0", 9),
        (Order, b'{"id": 1e2, "lines": [{"item": "x", "units": 2.0}]}', Order(100, [Line("x", 2)])),
        (dict[str, list[int]], b'{"a": [1, 2.0]}', {"a": [1, 2]}),
        (int, b"36893488147419103232", 36893488147419103232),
        (Annotated[int, Field(ge=0)], b"0", 0),
    ],
)
def test_types_are_read_from_their_json(annotation: object, text: bytes, value: object) -> None:
    """Whatever pydantic adapts may be the type of a body, nested in any way."""
    assert ValueType(annotation).read(text) == value


@pytest.mark.parametrize(
    ("annotation", "text", "problems"),
    [
        (Order, b"{}", [("id", "Field required", None)]),
        (Order, b"", [("", "The body is missing", None)]),
        (Order, b"null", [("", "Input should be an object", None)]),
        (Order, b"[]", [("", "Input should be an object", "a list of 0")]),
        (Order, b'{"id": "3"}', [("id", "Input should be a valid integer", "3")]),
        (Order, b'{"id": true}', [("id", "Input should be a valid integer", True)]),
        (Order, b'{"id": 3.5}', [("id", "Input should be a valid integer", 3.5)]),
        (
            Order,
            b'{"id": 3.0, "x": 1}',
            [("id", "Input should be a valid integer", 3.0), ("x", "Unknown field", 1)],
        ),
        (
            Order,
            b'{"id": 3.0, "lines": [{"item": "x", "units": -1.0}]}',
            [("lines[0].units", "Input should be greater than 0", -1)],
        ),
        (Order, b'{"id": {}}', [("id", "Input should be a valid integer", "an object")]),
        (Order, b'{"id": 1, "ids": 2}', [("ids", "Unknown field", 2)]),
        (Node, b'{"name": "a", "nam": 2}', [("nam", "Unknown field", 2)]),
        (
            Order,
            b'{"id": 1, "lines": [{"item": "a"}, {"item": 1, "units": 0}]}',
            [
                ("lines[1].item", "Input should be a valid string", 1),
                ("lines[1].units", "Input should be greater than 0", 0),
            ],
        ),
        (Priced, b"{}", [("unitPrice", "Field required", None)]),
        (list[int], b'[1, "a"]', [("[1]", "Input should be a valid integer", "a")]),
    ],
)
def test_a_body_that_does_not_fit_is_refused_by_field(
    annotation: object, text: bytes, problems: list[tuple[str, str, object]]
) -> None:
    """Every problem has the path of its field, what is wrong, and what was found."""
    with pytest.raises(InvalidBody) as raised:
        ValueType(annotation).read(text)

    error = raised.value
    assert error.details["problems"] == [
        {"field": place, "message": message, "found": found} for place, message, found in problems
    ]
    assert error.details["count"] == len(problems)
    assert problems[0][0] in error.message
    assert json_bytes(error.details)


@pytest.mark.parametrize(
    "text", [b"{", b"NaN", b'{"id": 1}}', b'"\xff"', b'"\\ud800"', b"[" * 9999]
)
def test_what_is_not_json_is_told_as_everywhere(text: bytes) -> None:
    """A typed endpoint and an untyped one say the same of a broken text."""
    with pytest.raises(InvalidJson):
        ValueType(Any).read(text)


def test_what_was_found_stays_short() -> None:
    """A refusal does not send a large body back."""
    for text in (b'{"id": "%b"}' % (b"x" * 10_000), b'{"id": 1, "%b": 1}' % (b"y" * 50)):
        with pytest.raises(InvalidBody) as raised:
            ValueType(Order).read(text)
        assert len(json_bytes(raised.value.details)) < 400
    with pytest.raises(InvalidBody):
        ValueType(list[int] | set[int]).read(b"[1.0]")
    with pytest.raises(InvalidBody) as raised:
        ValueType(str).read(b"9" * 2000)
    assert raised.value.details["problems"][0]["found"] == "an integer of 6,644 bits"  # type: ignore[index, call-overload] # JSON


def test_a_flood_of_problems_is_counted() -> None:
    """A hundred are listed; of thousands, the number alone is told, and soon."""
    with pytest.raises(InvalidBody) as raised:
        ValueType(list[int]).read(b"[%b]" % b",".join([b'"a"'] * 500))
    assert len(raised.value.details["problems"]) == 100  # type: ignore[arg-type] # a list
    assert raised.value.details["count"] == 500

    began = time.monotonic()
    with pytest.raises(InvalidBody, match="200,000 problems"):
        ValueType(list[int]).read(b"[%b]" % b",".join([b'"a"'] * 200_000))
    assert time.monotonic() - began < 5


NAMES = st.sampled_from(["id", "lines", "day", "item", "units", "x"])
SCALARS = st.none() | st.booleans() | st.integers() | st.floats() | st.text()
ANY_JSON = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(NAMES, inner, max_size=4),
)


@given(ANY_JSON)
def test_any_json_is_read_or_refused(value: Any) -> None:  # noqa: ANN401 -- any
    """No text makes a typed endpoint fail in another way."""
    fits = isinstance(value, dict) and type(value.get("id")) is int and value.keys() <= {"id"}
    try:
        read = ORDER.read(json_bytes(value))
    except InvalidBody as error:
        read = error.details["problems"]
    assert isinstance(read, Order) or (read and not fits)


ORDER = ValueType(Order)


@pytest.mark.parametrize("annotation", [pd.DataFrame, Callable[[int], int], list[np.ndarray]])
def test_a_type_without_json_is_refused_when_it_is_declared(annotation: object) -> None:
    """The error names the annotation and says what to use."""
    with pytest.raises(InvalidEndpoint, match="annotation"):
        ValueType(annotation)


# ---- answers -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("annotation", "value", "text"),
    [
        (Order, Order(1, [Line("a", 2)]), '{"id":1,"lines":[{"item":"a","units":2}],"day":null}'),
        (Order, {"id": 1}, '{"id":1,"lines":[],"day":null}'),
        (
            Order,
            {"id": np.int64(1), "day": date(2024, 1, 2)},
            '{"id":1,"lines":[],"day":"2024-01-02"}',
        ),
        (Node, {"name": "a"}, '{"name":"a"}'),
        (Priced, Priced(unitPrice=Decimal("1.10")), '{"unitPrice":"1.10","doubled":"2.20"}'),
        (list[Line], [Line("a")], '[{"item":"a","units":1}]'),
        (list[Line], pd.DataFrame({"item": ["a"], "units": [2]}), '[{"item":"a","units":2}]'),
        (Order | None, None, "null"),
        (Box[float], Box(float("nan")), '{"inside":null}'),
        (Box[Kind], Box(Kind.SMALL), '{"inside":"small"}'),
        (Family, Family({"x": {"b": "y"}}), '{"members":{"x":{"b":"y"}},"tree":null}'),
    ],
)
def test_an_answer_that_fits_goes_out_by_the_rules_of_all_json(
    annotation: object, value: object, text: str
) -> None:
    """Dates, decimals and missing values are written as in undeclared answers."""
    assert json_bytes(ValueType(annotation).checked(value)).decode() == text


@pytest.mark.parametrize(
    ("annotation", "value", "place"),
    [
        (Order, {"id": "1"}, '"id"'),
        (Order, {}, '"id"'),
        (Order, Order("1"), '"id"'),  # type: ignore[arg-type] # that is the mistake
        (Order, Order(1, [Line("a", -1)]), '"lines[0].units"'),
        (Order, {"id": 1, "secret": 2}, '"secret"'),
        (Node, {"name": "a", "children": [{"name": 1}]}, '"children[0].name"'),
        (list[Line], Line("a"), "list"),
        (Order, None, "object"),
        (Order, object(), "Order"),
        (Priced, Priced.model_construct(price="dear"), "Decimal|decimal"),
    ],
)
def test_an_answer_that_does_not_fit_is_the_mistake_of_the_endpoint(
    annotation: object, value: object, place: str
) -> None:
    """It is checked whole, instances too."""
    with pytest.raises(InvalidAnswer, match=place.replace("[", r"\[")):
        ValueType(annotation).checked(value)


# ---- schemas -----------------------------------------------------------------------------------


def test_schemas_say_what_is_read_and_written() -> None:
    """A field with a default may be left out of a body, and is always in an answer."""
    read = schema_of(Priced)
    written = schema_of(Priced, "serialization")

    assert read["$defs"]["Priced"]["required"] == ["unitPrice"]  # type: ignore[index, call-overload] # JSON
    assert written["$defs"]["Priced"]["required"] == ["unitPrice", "doubled"]  # type: ignore[index, call-overload] # JSON
    assert schema_of(Node)["$defs"]["Node"]["required"] == ["name"]  # type: ignore[index, call-overload] # JSON
    assert schema_of(Node)["$defs"]["Node"]["additionalProperties"] is False  # type: ignore[index, call-overload] # JSON


# ---- annotations of callbacks ------------------------------------------------------------------


def test_classes_of_the_function_around_are_found() -> None:
    """Annotations are texts here, and name what only this function knows."""

    @dataclass
    class Inner:
        x: int

    @dataclass
    class Outer:
        inner: Inner

    class Shown(TypedDict):
        outer: NotRequired[Outer]

    def callback(request: al.Request[Outer], user: al.User, session: al.Session, /) -> Shown:
        return {}

    declared = declarations_of(callback)
    assert declared.body is not None
    assert declared.body.read(b'{"inner": {"x": 1}}') == Outer(Inner(1))
    assert declared.outgoing({"outer": Outer(Inner(2))}) == {"outer": {"inner": {"x": 2}}}


def test_classes_of_a_notebook_cell_are_found() -> None:
    """A cell runs with names that belong to no module."""
    cell = (
        "from __future__ import annotations\n"
        "import atomlite as al\nfrom dataclasses import dataclass\n"
        "@dataclass\nclass Cell:\n    x: int\n"
        "def callback(request: al.Request[Cell], user, session, /) -> list[Cell]: ...\n"
    )
    names: dict[str, Any] = {"__name__": "__main__"}
    exec(cell, names)  # noqa: S102 -- as a kernel does
    declared = declarations_of(names["callback"])

    assert declared.body is not None
    assert declared.body.read(b'{"x": 1}') == names["Cell"](1)
    assert declared.answers is not None


def test_classes_in_the_closure_are_found() -> None:
    """A function whose surroundings have ended knows what it uses, not what is unset yet."""

    def make() -> Callable[..., object]:
        @dataclass
        class Inner:
            x: int

        def callback(request: al.Request[Inner], user: object, session: object, /) -> object:
            return Inner(request.body.x + 1), unset

        if sys.flags.isolated:
            unset = 1
        return callback

    declared = declarations_of(make())
    assert declared.body is not None
    assert declared.body.read(b'{"x": 1}').x == 1  # type: ignore[attr-defined] # of a class that ended


def test_annotations_may_carry_notes() -> None:
    """``Annotated`` is looked through, around the request, the body and the answer."""

    def callback(
        request: Annotated[al.Request[Annotated[int, Field(gt=0)]], "a note"],
        user: object,
        session: object,
        /,
    ) -> Annotated[Order, "another"]:
        return Order(request.body)

    declared = declarations_of(callback)
    assert declared.body is not None
    with pytest.raises(InvalidBody, match="greater than 0"):
        declared.body.read(b"0")
    assert declared.outgoing(Order(1)) == {"id": 1, "lines": [], "day": None}


def test_typed_dicts_of_every_kind_are_read() -> None:
    """Those of `typing_extensions`, those with a default for all, and those that inherit."""
    value_type = ValueType(Other)
    assert value_type.read(b'{"children": [{"b": "x", "parent": {"a": 1, "b": "y"}}]}') == {
        "children": [{"b": "x", "parent": {"a": 1, "b": "y"}}]
    }
    with pytest.raises(InvalidBody, match=r"children\[0\].b"):
        value_type.read(b'{"children": [{"a": 1}]}')


def test_any_kind_of_callable_is_read() -> None:
    """Methods, partials, decorated functions and objects declare as functions do."""

    class Service:
        def method(self, request: al.Request[Order], user: object, session: object, /) -> None: ...

        def __call__(
            self, request: al.Request[Order], user: object, session: object, /
        ) -> None: ...

    def with_more(
        more: int, request: al.Request[Order], user: object, session: object, /
    ) -> None: ...

    @wraps(Service.method)
    def decorated(*arguments: object) -> object: ...

    for callback in (Service().method, Service(), partial(with_more, 1), partial(decorated, 1)):
        body = declarations_of(callback).body
        assert body is not None
        assert body.read(b'{"id": 1}') == Order(1)


def test_what_declares_nothing_is_left_alone() -> None:
    """Annotations as they were before there were typed bodies change nothing."""

    def plain(request, user, session, /): ...  # type: ignore[no-untyped-def] # noqa: ANN001, ANN202 -- that is the case

    def usual(request: al.Request, user: al.User, session: al.Session, /) -> int:
        return 1

    def any_json(request: al.Request[JsonValue], user: object, session: object, /) -> JsonValue:
        return None

    def unknown(request: Missing, user: Missing, session: Missing, /) -> Missing: ...  # type: ignore[name-defined] # noqa: F821 -- that is the case

    def frame(request: object, user: object, session: object, /) -> pd.DataFrame:
        return pd.DataFrame()

    def response(request: object, user: object, session: object, /) -> al.Response:
        return al.Response()

    def stream(request: object, user: object, session: object, /) -> Iterator[Order]:
        yield Order(1)

    for callback in (plain, usual, any_json, unknown, frame, response, stream, print, max):
        declared = declarations_of(callback)
        assert (declared.body, declared.answers) == (None, None)
        marker = object()
        assert declared.outgoing(marker) is marker


def test_an_annotation_that_names_nothing_is_refused() -> None:
    """The error names the annotation; it comes when the endpoint is registered."""

    def body(request: al.Request[Missing], user: object, session: object, /) -> None: ...  # type: ignore[name-defined] # noqa: F821 -- that is the case

    def answer(request: al.Request[Order], user: object, session: object, /) -> Missing: ...  # type: ignore[name-defined] # noqa: F821 -- that is the case

    def quoted(request: al.Request["list[Missing]"], user: object, session: object, /) -> None: ...  # type: ignore[name-defined] # noqa: F821, UP037 -- that is the case

    def odd(request: al.Request[Order], user: object, session: object, /) -> list[Odd]: ...  # type: ignore[empty-body]

    for callback, named in (
        (body, "Missing"),
        (answer, "Missing"),
        (quoted, "Missing"),
        (odd, "Odd"),
    ):
        with pytest.raises(InvalidEndpoint, match=named):
            declarations_of(callback)


def test_a_response_goes_out_where_the_annotation_names_it() -> None:
    """``Order | Response`` leaves a way to say more; ``Order`` alone does not."""

    def either(request: object, user: object, session: object, /) -> Order | al.Response:
        return Order(1)

    def one(request: object, user: object, session: object, /) -> Order:
        return Order(1)

    response = al.Response(status=201)
    declared = declarations_of(either)
    assert declared.outgoing(response) is response
    assert declared.outgoing(Order(1)) == {"id": 1, "lines": [], "day": None}
    with pytest.raises(InvalidAnswer, match="Response"):
        declarations_of(one).outgoing(response)


def test_a_dataclass_that_pydantic_cannot_adapt_answers_as_before() -> None:
    """Its JSON is known to atomlite; only the check is missing."""

    def callback(request: object, user: object, session: object, /) -> Sequence[Odd]:
        return []

    assert declarations_of(callback).answers is None


def test_the_check_of_an_answer_is_cheap() -> None:
    """A small answer costs microseconds; the bound is a hundred times what it takes."""
    value_type = ValueType(Order)
    order = Order(1, [Line("a")])
    began = time.perf_counter()
    for _ in range(1000):
        value_type.checked(order)

    assert time.perf_counter() - began < 0.5


@pytest.mark.parametrize(
    ("text", "key"),
    [
        (b'{"a": 1, "b": 2, "a": 3}', "a"),
        (b'[{"x": {"y": 1, "y": 1}}]', "y"),
        (b'{"a": 18446744073709551616123, "a": 2}', "a"),
    ],
)
def test_a_key_that_stands_twice_is_refused(text: bytes, key: str) -> None:
    """As in searches: nobody can say which of both was meant."""
    with pytest.raises(InvalidJson, match=f'"{key}" stands twice'):
        ValueType(Any).read(text)


def test_many_keys_of_which_one_stands_twice_are_refused_at_once() -> None:
    """The time grows with the keys, not with their square."""
    keys = ",".join(f'"k{number}":0' for number in range(100_000))
    began = time.perf_counter()

    with pytest.raises(InvalidJson, match='"k99999" stands twice'):
        ValueType(dict[str, int]).read(f'{{{keys},"k99999":0}}'.encode())
    assert time.perf_counter() - began < 3

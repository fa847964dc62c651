"""The parameters of a grid, validated: what a custom endpoint needs to list a table."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import reduce
from operator import and_, or_
from typing import TYPE_CHECKING, Protocol

from atomlite.errors import InvalidArgument, InvalidEndpoint, ParametersNotValidated
from atomlite.http.json_text import json_bytes
from atomlite.http.media_types import JSON
from atomlite.http.responses import Response
from atomlite.search.grid_fields import GridFields, grid_fields
from atomlite.search.grid_parameters import (
    read_limit,
    read_match,
    read_offset,
    read_sort,
    whole_number,
)
from atomlite.tables.search.values import Search
from atomlite.tables.table import Table

if TYPE_CHECKING:
    from atomlite.expressions.conditions import Condition
    from atomlite.tables.search.reading import Page

PARAMETERS = ("offset", "limit", "sort", "match", "search")
"""The names of the parameters; all others have no meaning."""

MAXIMUM_LIMIT = 1000
MOST_SEARCHED = 10_000
"""Most characters of a text to search for."""

FAILED = "request failed"
"""The message of a refusal; the form error beside it says what is wrong."""


class Translator(Protocol):
    """Says the texts of errors in another language."""

    def translate(self, text: str, /) -> str:
        """Return a text in the other language."""


class DbGridRequest:
    r"""The parameters ``offset, limit, sort, match, search`` of a list of a table's rows.

    Made for one request, by one thread. Names are those of the public fields; each value is read by
    the type of its column.

    - ``offset``: rows to leave out at the start, ASCII digits.
    - ``limit``: most rows to return, from 1 to ``maximum_limit``.
    - ``sort``: ``name:asc,age``; ascending unless it says ``desc``, nulls last, ties by the keys.
    - ``match``: ``name:Bob|age:37``, exactly these values. ``name:\N`` is null; ``\|`` is a ``|``
      within a value and ``\\`` a backslash before one.
    - ``search``: text of at most 10,000 characters, found anywhere in the fields that
      `dbgrid_parameters` or `find` names, in upper or lower case.

    Args:
        table: The table.
        translator: Turns the texts of errors into another language: a callable, or an object with
            a method ``translate``.
        use_camel_case: Whether clients may write ``userName`` for the field ``user_name``; `find`
            then returns such keys.
        fields: Column by public name, or names of columns; ``None`` for all columns.
        maximum_limit: Greatest ``limit``, 1 or more.

    Raises:
        InvalidEndpoint: The table is none, the fields do not fit it, or nothing translates.

    >>> table = session.read_pandas(
    ...     pd.DataFrame({"id": [1, 2, 3], "name": ["Ann", "bob", "Bo"]}),
    ...     keys={"id"},
    ...     table_name="People",
    ... )
    >>> grid = al.DbGridRequest(table)
    >>> grid.is_valid({"search": "BO", "sort": "name:desc"})
    True
    >>> grid.find(100, ["name"])
    (2, [{'id': 2, 'name': 'bob'}, {'id': 3, 'name': 'Bo'}])
    >>> grid.is_valid({"limit": "ten"}), grid.errors
    (False, {'limit': {'numeric': 'only digits allowed'}})
    """

    __slots__ = (
        "_limit",
        "_match",
        "_maximum",
        "_offset",
        "_search",
        "_sort",
        "_table",
        "_translator",
        "_valid",
        "_values",
        "errors",
        "fields",
    )

    def __init__(
        self,
        table: Table,
        translator: Callable[[str], str] | Translator | None = None,
        use_camel_case: bool = False,
        *,
        fields: Mapping[str, str] | Sequence[str] | None = None,
        maximum_limit: int = MAXIMUM_LIMIT,
    ) -> None:
        given: object = table
        if not isinstance(given, Table):
            raise InvalidEndpoint(f"table is {given!r}.", hint="It must be a table of a session.")
        if type(maximum_limit) is not int or maximum_limit < 1:
            raise InvalidEndpoint(
                f"maximum_limit is {maximum_limit!r}.", hint="Give an integer, 1 or more."
            )
        if translator is not None and not _translates(translator):
            raise InvalidEndpoint(
                f"translator is {translator!r}.",
                hint="Give a function from text to text, or an object with a method `translate`.",
            )
        if type(use_camel_case) is not bool:
            raise InvalidEndpoint(
                f"use_camel_case is {use_camel_case!r}.", hint="It must be True or False."
            )
        self._table = table
        self.fields: GridFields = grid_fields(table.schema, fields, camel=use_camel_case)
        """The public fields."""
        self._translator = translator
        self._maximum = maximum_limit
        self._valid = False
        self.errors: dict[str, dict[str, str]] = {}
        """What is wrong, by parameter and rule; empty when nothing is."""

    def is_valid(self, args: Mapping[str, str]) -> bool:
        """Read the parameters and return whether all of them can be used.

        Args:
            args: Text by name, such as ``request.query_parameters``; other names are passed over.
                Of a parameter given twice the first counts.

        Raises:
            InvalidArgument: A value is no text.
        """
        self._valid = False
        errors: dict[str, dict[str, str]] = {}
        self.errors = errors
        get = args.get
        offset, limit, search = get("offset"), get("limit"), get("search")
        sort, match = get("sort"), get("match")
        _check_texts(offset, limit, sort, match, search)
        self._offset = self._limit = self._sort = self._match = self._values = None
        first, last = self._digits("offset", offset), self._digits("limit", limit)
        if errors:
            return False
        name = "offset"
        try:
            if first is not None:
                self._offset = read_offset(first)
            name = "limit"
            if last is not None:
                self._limit = read_limit(last, self._maximum)
            name = "sort"
            if sort:
                self._sort = read_sort(sort, self.fields)
            name = "match"
            if match:
                self._match, self._values = read_match(match, self.fields)
            name = "search"
            self._search = _checked_search(search) if search else search
        except ValueError as error:
            errors[name] = {"*": self._translated(str(error))}
            return False
        self._valid = True
        return True

    def dbgrid_parameters(
        self, list_limit: int = 0, search_fields: Sequence[str] | None = None
    ) -> dict[str, object]:
        """Return the parameters by name, with columns in the place of public fields.

        Args:
            list_limit: The limit of a request that names none, at most ``maximum_limit``; 0 leaves
                such a request without limit.
            search_fields: Fields or columns of text that ``search`` looks through.

        Returns:
            ``search_text``, ``match_fields`` (text by column, ``None`` for null), ``limit``,
            ``offset``, ``sort_fields`` (``"asc"`` or ``"desc"`` by column) and ``search_fields``
            (columns); ``None`` for what was not given.

        Raises:
            ParametersNotValidated: `is_valid` was not called, or found errors.
            InvalidEndpoint: A search field is no field of text.
        """
        self._check_valid()
        return {
            "search_text": self._search,
            "match_fields": self._match,
            "limit": self._limit_or(list_limit),
            "offset": self._offset,
            "sort_fields": self._sort,
            "search_fields": (
                None if search_fields is None else list(self.fields.searched(search_fields))
            ),
        }

    def find(
        self, list_limit: int = 0, search_fields: Sequence[str] | None = None
    ) -> tuple[int, list[dict[str, object]]]:
        """Return how many rows match, and the rows of the page, both of one state of the table.

        Args:
            list_limit: The limit of a request that names none; 0 is ``maximum_limit``.
            search_fields: Fields or columns of text that ``search`` looks through; without any,
                ``search`` does nothing.

        Returns:
            The number of all matching rows, and a dict by public name for each row of the page,
            its values as JSON can hold them.

        Raises:
            ParametersNotValidated: `is_valid` was not called, or found errors.
            InvalidEndpoint: A search field is no field of text.
        """
        search = self.search(list_limit, search_fields)
        with self._table.reading() as reader:
            page = reader.page(search, count="exact", form="values")
        return page.total or 0, self.items(page)

    def items(self, page: Page) -> list[dict[str, object]]:
        """Return the rows of a page of values by public name."""
        keys = self.fields.keys
        assert isinstance(page.rows, list), "The page was read as values."  # noqa: S101 -- for the type checker
        return [dict(zip(keys, row, strict=True)) for row in page.rows]

    def search(
        self,
        list_limit: int = 0,
        search_fields: Sequence[str] | None = None,
        *,
        only: Condition | None = None,
    ) -> Search:
        """Return what `find` runs, restricted to rows for which ``only`` holds."""
        self._check_valid()
        fields = self.fields
        by_column = fields.by_column
        conditions = [] if only is None else [only]
        for column, value in (self._values or {}).items():
            operand = by_column[column]
            conditions.append(operand.isnull() if value is None else operand == value)
        searched = fields.searched(search_fields) if search_fields else ()
        if self._search and searched:
            text = self._search
            found = [by_column[column].contains(text, case=False) for column in searched]
            conditions.append(reduce(or_, found))
        return Search(
            tuple(by_column.values()),
            reduce(and_, conditions) if conditions else None,
            tuple(
                by_column[column].desc() if direction == "desc" else by_column[column].asc()
                for column, direction in (self._sort or {}).items()
            ),
            self._offset or 0,
            self._limit_or(list_limit) or self._maximum,
        )

    def refusal(self) -> Response:
        """Return the answer 400 that says what is wrong."""
        body = {"success": False, "error": {"message": FAILED, "formError": self.errors}}
        return Response(json_bytes(body), status=400, media_type=JSON)

    def _digits(self, name: str, text: str | None) -> int | None:
        """Return a number; None without one, and for what is no number at all, which is noted."""
        if text is None:
            return None
        try:
            return whole_number(text)
        except ValueError as error:
            self.errors[name] = {"numeric": self._translated(str(error))}
            return None

    def _limit_or(self, list_limit: int) -> int | None:
        if self._limit is not None:
            return self._limit
        return min(list_limit, self._maximum) if list_limit > 0 else None

    def _check_valid(self) -> None:
        if not self._valid:
            found = (
                f"The parameters have errors: {self.errors}."
                if self.errors
                else ("The parameters were not read yet.")
            )
            raise ParametersNotValidated(
                found, hint="Call `is_valid(args)`, and use the parameters when it returns True."
            )

    def _translated(self, text: str) -> str:
        translator = self._translator
        if translator is None:
            return text
        return translator(text) if callable(translator) else translator.translate(text)


def _translates(translator: object) -> bool:
    # Texts have a method of this name, which does something else.
    return callable(translator) or (
        not isinstance(translator, str) and callable(getattr(translator, "translate", None))
    )


def _check_texts(*values: object) -> None:
    for value in values:
        if value is not None and not isinstance(value, str):
            raise InvalidArgument("args", value, "a mapping from names to text")


def _checked_search(text: str) -> str:
    """Return a text to search for, or raise `ValueError`."""
    if len(text) > MOST_SEARCHED:
        raise ValueError(f"search exceeds maximum of {MOST_SEARCHED} characters")
    if "\0" in text:
        raise ValueError("search contains the character NUL")
    try:
        text.encode()
    except UnicodeEncodeError:
        raise ValueError("search contains half characters (surrogates)") from None
    return text

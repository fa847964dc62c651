"""From what a request wants to the answer that goes out: its form, its tag, and its rows."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import pyarrow as pa

from atomlite.errors import (
    DeadlineExceeded,
    InvalidSearch,
)
from atomlite.expressions.conditions import Condition
from atomlite.http import media_types
from atomlite.http.json_text import json_bytes
from atomlite.http.responses import Response
from atomlite.search.delivery import (
    MAPPED_FORMS,
    chosen_form,
    delivered,
    headed,
    not_whole,
    written,
)
from atomlite.search.fields import Field, Scope
from atomlite.search.injection import Call, Injected, Offer, constantly
from atomlite.search.rows import ModelShape, RowShape
from atomlite.search.sorting import lowest_first
from atomlite.search.wanted import Wanted
from atomlite.tables.search.values import Search

if TYPE_CHECKING:
    from atomlite.expressions.columns import Ordering
    from atomlite.search.searching import TableEndpoint
    from atomlite.tables.search.reading import Page, Reader

_LONGEST_HEADER = 4_096


@dataclass(slots=True, kw_only=True)
class Answering:
    """One request on its way to an answer.

    Args:
        endpoint: What answers.
        reader: The instant of the data that is read.
        scope: The endpoint's columns at that instant.
        wanted: What the request asks.
        filter: What rows must meet, all told.
        call: The request.
        offer: What functions can ask for.
        output_map: Makes the object of a row; ``None`` for the columns.
        bound_to: Fingerprint of search and user, for cursors.
    """

    endpoint: TableEndpoint
    reader: Reader
    scope: Scope
    wanted: Wanted
    filter: Condition | None
    call: Call
    offer: Offer
    output_map: Injected | None
    bound_to: str
    _shape: RowShape = field(init=False)
    _search: Search = field(init=False)
    _first_version: str = field(init=False, default="")

    def __post_init__(self) -> None:
        """Turn what is wanted into a search of the table."""
        wanted, scope = self.wanted, self.scope
        after = None
        if wanted.cursor is not None:
            place = self.endpoint.cursors.place(wanted.cursor, self.bound_to)
            after, self._first_version = place.last, place.version
        if wanted.groups is not None:
            fields = _together(wanted.groups.fields)
            self._shape = RowShape(fields, [each.name for each in wanted.groups.aggregates])
        else:
            self._shape = scope.shape
        columns = self._shape.columns
        if self.output_map is not None:
            columns = ModelShape(scope.all_fields()).columns
        grouped = wanted.groups is not None
        self._search = Search(
            columns=() if grouped else columns,
            filter=self.filter,
            order_by=wanted.order_by or self._default_order(),
            offset=wanted.start,
            limit=wanted.limit,
            joins=scope.joins,
            after=after,
            group_by=columns if grouped else (),
            aggregates=wanted.groups.aggregates if wanted.groups else (),
        )

    def response(self) -> Response:
        """Return the answer.

        Raises:
            NotAcceptable: The client accepts none of the forms.
            InvalidSearch: The form has no place for what is wanted.
            AnswerNotSerializable: A function returned what has no form.
        """
        form = self._form()
        return delivered(
            self.call,
            self.reader,
            form,
            ignored=self.wanted.ignored,
            key=lambda: self._whole_key(form),
            make=self._json if form == media_types.JSON else lambda: self._frame(form),
        )

    def _form(self) -> str:
        forms = media_types.TABULAR if self.output_map is None else MAPPED_FORMS
        form = chosen_form(self.call.request.headers.get("accept"), forms)
        if self.wanted.facets and form != media_types.JSON:
            raise InvalidSearch(
                f"'{self.endpoint.names.word('facets')}' have no place in {form}.",
                hint="Ask for them with `Accept: application/json`.",
            )
        return form

    def _whole_key(self, form: str) -> tuple[object, ...] | None:
        """Return all that the body depends on; ``None`` when functions of the user make it."""
        if self.output_map is not None or self.endpoint.headers_vary:
            return None
        wanted = self.wanted
        return (
            self.endpoint.token,
            self.reader.key(self._search),
            form,
            wanted.count,
            tuple(each.shown for each in wanted.facets),
            wanted.whole_pagination,
            self.bound_to,
            self._first_version,
            self.call.user.name,
        )

    def _page(self, *, as_values: bool) -> Page:
        return self.reader.page(
            self._search,
            count=self.wanted.count,
            form="values" if as_values else "arrow",
            with_last=self.wanted.by_cursor,
        )

    def _json(self) -> bytes:
        page = self._page(as_values=True)
        names, wanted = self.endpoint.names, self.wanted
        body = self.endpoint.envelope.success(list(self._rows(page)), self._pagination(page))
        failed = False
        if wanted.facets:
            facets: dict[str, object] = {}
            for each in wanted.facets:
                try:
                    found = self.reader.facet(
                        Search(filter=self.filter, joins=self.scope.joins),
                        each.column,
                        limit=self.endpoint.listing.facet_limit,
                        seconds=self.endpoint.listing.facet_seconds,
                    )
                except DeadlineExceeded as error:
                    failed = True
                    facets[each.shown] = {names.word("error"): str(error)}
                else:
                    facets[each.shown] = {
                        names.word("values"): [
                            {names.word("value"): value, names.word("count"): count}
                            for value, count in found.values
                        ],
                        names.word("more"): found.more,
                    }
            body[names.word("facets")] = facets
        if failed:
            raise not_whole(json_bytes(body))
        return json_bytes(body)

    def _rows(self, page: Page) -> Iterator[object]:
        assert isinstance(page.rows, list)  # noqa: S101 -- values were asked for
        if self.output_map is None:
            return iter(self._shape.shaped(page.rows))
        return self._mapped(page.rows)

    def _mapped(self, rows: list[tuple[object, ...]]) -> Iterator[object]:
        assert self.output_map is not None  # noqa: S101 -- the caller looked
        names = self.endpoint.names
        for model in ModelShape(self.scope.all_fields()).models(rows):
            offer = {**self.offer, "model": constantly(model)}
            yield names.keys(self.output_map(offer, model))

    def _frame(self, form: str) -> bytes:
        """Return a line of headers as JSON, and after it the rows in a form of frames."""
        by_line = form == media_types.NDJSON
        page = self._page(as_values=by_line)
        facts = self._facts(page)
        if by_line:
            return headed(facts, b"".join(json_bytes(row) + b"\n" for row in self._lines(page)))
        assert isinstance(page.rows, pa.Table)  # noqa: S101 -- Arrow was asked for
        frame = page.rows.rename_columns(list(self._shape.keys))
        return headed(facts, written(frame, form, self.call))

    def _lines(self, page: Page) -> Iterator[object]:
        """Return the rows as flat objects, or as a function of the user makes them."""
        assert isinstance(page.rows, list)  # noqa: S101 -- values were asked for
        if self.output_map is not None:
            return self._mapped(page.rows)
        return (dict(zip(self._shape.keys, row, strict=True)) for row in page.rows)

    def _facts(self, page: Page) -> dict[str, str]:
        """Return what JSON says beside the rows, as headers."""
        following = json.dumps(self._next_page(page))
        if len(following) > _LONGEST_HEADER:
            raise InvalidSearch(
                f"The cursor of the next page has {len(following):,} characters, too many for a "
                "header: a value to sort by is that long.",
                hint="Ask with `Accept: application/json`, or sort by another column.",
            )
        facts = {"Atomlite-Next-Page": following}
        if page.total is not None:
            facts["Atomlite-Number-Results"] = f"{'>' if page.more_than else ''}{page.total}"
        if self.wanted.by_cursor:
            facts["Atomlite-Version-Moved"] = json.dumps(self._version_moved())
        return facts

    def _pagination(self, page: Page) -> dict[str, object]:
        names, wanted = self.endpoint.names, self.wanted
        if page.total == 0 and not page.more_than and not wanted.whole_pagination:
            return {}
        total: object = page.total
        if page.more_than:
            total = {names.word("more_than"): page.total}
        found = {
            names.word("number_results"): total,
            names.word("limit"): wanted.limit,
            names.word("next_page"): self._next_page(page),
        }
        if wanted.by_cursor:
            found[names.word("version_moved")] = self._version_moved()
        return found

    def _next_page(self, page: Page) -> dict[str, object]:
        names, wanted = self.endpoint.names, self.wanted
        if not page.more:
            return {}
        if not wanted.by_cursor:
            return {names.word("start"): wanted.start + wanted.limit}
        assert page.last is not None  # noqa: S101 -- there is a last row, and it was asked for
        version = self._first_version or self.reader.versions(self._search)
        token = self.endpoint.cursors.token(self.bound_to, page.last, version)
        return {names.word("cursor"): token}

    def _version_moved(self) -> bool:
        return self._first_version not in {"", self.reader.versions(self._search)}

    def _default_order(self) -> tuple[Ordering, ...]:
        groups = self.wanted.groups
        if groups is not None:
            return tuple(lowest_first(each.column, descending=False) for each in groups.fields)
        descending = self.endpoint.listing.descending
        return (lowest_first(self.scope.default_sort.column, descending=descending),)


def _together(fields: Sequence[Field]) -> list[Field]:
    """Return columns with those of one joined table together, where the first of them stands."""
    tables: dict[str, list[Field]] = {}
    for each in fields:
        tables.setdefault(each.outer or each.shown, []).append(each)
    return [each for listed in tables.values() for each in listed]

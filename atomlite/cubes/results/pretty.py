"""Results for the eye: indexed by levels, sorted, values shown as their measures say.

What stands in the cells are the values themselves; only how they are shown is formatted.
"""

from __future__ import annotations

import copy
import datetime as dt
import sys
from collections.abc import Callable, Mapping
from functools import cache, wraps
from types import FrameType
from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np
import pyarrow as pa
from pyarrow import compute

from atomlite.cubes.results.formatting import digits_after_point, formatted
from atomlite.cubes.results.indexes import index_of
from atomlite.cubes.results.metadata import measures_of
from atomlite.cubes.results.totals import BLANK
from atomlite.tables.frames import to_frame

if TYPE_CHECKING:
    import pandas as pd

    from atomlite.cubes.running import Answer
    from atomlite.measures.additivity import Additivity
    from atomlite.types import Version

    _Frame = pd.DataFrame
else:
    _Frame = object

_Kind = TypeVar("_Kind", bound="FormattedFrame")
_GAP = "..."
_SELECTIONS = (
    "__copy__",
    "__deepcopy__",
    "__getitem__",
    "copy",
    "drop",
    "dropna",
    "filter",
    "head",
    "nlargest",
    "nsmallest",
    "query",
    "sample",
    "sort_index",
    "sort_values",
    "tail",
    "xs",
)
"""Methods of frames that give some of the rows and columns, or all of them in another order."""


class FormattedFrame(_Frame):
    """A DataFrame whose values are shown as formatters say; so are selections of it."""

    _kind: type[FormattedFrame]
    _known: Any
    """What its selections know, too: the formatter of each column, or more."""

    def __repr__(self) -> str:
        """Return the cells with formatted values; the first and last ones of many."""
        import pandas as pd  # noqa: PLC0415 -- where frames leave

        if self.empty:
            return super().__repr__()
        shown = self._shown()
        text = shown.to_string(
            max_cols=pd.get_option("display.max_columns") or None,
            line_width=pd.get_option("display.width"),
        )
        return text if len(shown) == len(self) else f"{text}\n\n{self._size()}"

    def _repr_html_(self) -> str:
        import pandas as pd  # noqa: PLC0415 -- where frames leave

        shown = self._shown()
        table = shown.to_html(
            max_cols=pd.get_option("display.max_columns") or None, notebook=True, max_rows=None
        )
        return f"<div>{table}<p>{self._size()}</p></div>"

    def __reduce__(self) -> Any:  # noqa: ANN401 -- as pickle has it
        """Let it be pickled as a plain DataFrame."""
        import pandas as pd  # noqa: PLC0415 -- where frames leave

        return copy.copy, (pd.DataFrame.copy(self),)

    @property
    def _constructor(self) -> type[pd.DataFrame]:
        import pandas as pd  # noqa: PLC0415 -- where frames leave

        return pd.DataFrame

    def _size(self) -> str:
        rows, columns = self.shape
        return f"[{rows:,} rows x {columns:,} columns]"

    def _shown(self) -> pd.DataFrame:
        """Return texts in the place of values; of many rows the first and last ones."""
        import pandas as pd  # noqa: PLC0415 -- where frames leave

        most = pd.get_option("display.max_rows")
        places = list(range(len(self)))
        gap = None
        if most and len(self) > most:
            gap = max(min(pd.get_option("display.min_rows") or most, most) // 2, 1)
            places = [*places[:gap], *places[-gap:]]
        part = self.iloc[places]
        formatters = self._formatters()
        columns = {}
        for number, name in enumerate(part.columns):
            values = [self._value(value, name) for value in part.iloc[:, number]]
            digits = digits_after_point(values)
            columns[number] = [formatted(value, formatters.get(name), digits) for value in values]
        levels = [part.index.get_level_values(n) for n in range(part.index.nlevels)]
        rows = list(zip(*(map(label_text, labels) for labels in levels), strict=True))
        if gap is not None:
            for texts in columns.values():
                texts.insert(gap, _GAP)
            rows.insert(gap, (_GAP,) * part.index.nlevels)
        if part.index.nlevels > 1:
            index: pd.Index[Any] = pd.MultiIndex.from_tuples(rows, names=part.index.names)
        else:
            index = pd.Index([row[0] for row in rows], name=part.index.name, dtype=object)
        shown = pd.DataFrame(columns, index=index, dtype=object)
        shown.columns = part.columns
        return shown

    def _formatters(self) -> Mapping[str, str | None]:
        """Return the formatter of each column."""
        known: Mapping[str, str | None] = self._known
        return known

    def _value(self, value: object, name: str) -> object:  # noqa: ARG002 -- others ask for it
        """Return a value of a column; pandas has NaN for null, too."""
        shown = plain(value)
        return shown if shown == shown else None  # noqa: PLR0124 -- no NaN


class CubeResult(FormattedFrame):
    """The result of a query of a cube: a DataFrame that knows what it came from.

    The index has the levels, sorted by level order, and the columns are the measures. A total has
    `TOTAL` at the first level that it does not express, and nothing at those after.

    Its copies and what selects or sorts rows and columns, such as `head`, `loc`, `xs`,
    `sort_values` and brackets, know the same. Whatever else is made of it, such as calculations and
    `reset_index`, is a plain DataFrame, and one row or column is a plain Series.
    """

    @property
    def _answer(self) -> Answer:
        answer: Answer = self._known
        return answer

    @property
    def additivity(self) -> dict[str, Additivity]:
        """Whether the cells of each measure that it has add up."""
        measures = measures_of(self._answer.plan)
        return {each.name: each.additivity for each in measures if each.name in self.columns}

    @property
    def version(self) -> Version:
        """The version of the data when the tables that were read last changed."""
        return self._answer.version

    def cell(self, measure: object, coordinates: Mapping[Any, object] | None = None) -> Any:  # noqa: ANN401 -- see there
        """Return one cell, which can be explained and drilled through.

        Args:
            measure: A measure, or its name.
            coordinates: The member of each level, by level or its name; levels that are left out
                are totals.
        """
        from atomlite.cubes.results.cells import cell  # noqa: PLC0415 -- it knows results

        return cell(self._answer, measure, coordinates or {})

    def _formatters(self) -> Mapping[str, str | None]:
        return {each.name: each.formatter for each in measures_of(self._answer.plan)}

    def _value(self, value: object, name: str) -> object:
        """Return a value of a column; pandas has NaN for null, too."""
        shown = plain(value)
        if shown == shown or name not in self._answer.table.column_names:  # noqa: PLR0124 -- no NaN
            return shown
        return shown if self._has_nan(name) else None

    def _has_nan(self, name: str) -> bool:
        column = self._answer.table.column(name)
        return pa.types.is_floating(column.type) and bool(compute.any(compute.is_nan(column)))


def pretty_result(answer: Answer) -> CubeResult:
    """Return the rows of an answer, which come in order, as a DataFrame indexed by the levels."""
    table, plan = answer.table, answer.plan
    width = len(plan.axis)
    depths = np.asarray(table.column(width)).astype(np.int64)
    index = index_of(table.columns[:width], table.column_names[:width], depths)
    frame = to_frame(table.select(range(width + 1, table.num_columns)))
    frame.index = index
    return _made(CubeResult, frame, answer)


def formatted_frame(frame: pd.DataFrame, formatters: Mapping[str, str | None]) -> FormattedFrame:
    """Return a frame that is shown with a formatter for each column."""
    return _made(FormattedFrame, frame, formatters)


def _made(kind: type[_Kind], frame: pd.DataFrame, known: object) -> _Kind:
    hashable: Any = kind
    result: _Kind = _class(hashable)(frame)
    result.attrs = dict(frame.attrs)
    object.__setattr__(result, "_known", known)
    return result


@cache
def _class(kind: type[Any]) -> type[Any]:
    """Return a kind of frames as a class of pandas, which is made when pandas is there."""
    import pandas as pd  # noqa: PLC0415 -- where frames leave

    members: dict[str, Any] = {name: _keeping(pd.DataFrame, name) for name in _SELECTIONS}
    for name in ("loc", "iloc"):
        members[name] = _indexing(name)
    members["__doc__"] = kind.__doc__
    members["_kind"] = kind
    return type(kind.__name__, (kind, pd.DataFrame), members)


def _keeping(owner: type, name: str) -> Callable[..., Any]:
    """Return a method of frames whose results know what the frame itself knows."""
    method = getattr(owner, name)

    @wraps(method)
    def select(self: FormattedFrame, *args: Any, **kwargs: Any) -> Any:  # noqa: ANN401 -- as pandas
        return _kept(self, method(self, *args, **kwargs), sys._getframe(1))  # noqa: SLF001 -- its caller

    return select


def _indexing(name: str) -> property:
    """Return ``loc`` or ``iloc``, whose results know what the frame itself knows."""
    import pandas as pd  # noqa: PLC0415 -- where frames leave

    kind = type(getattr(pd.DataFrame(), name))

    def __getitem__(self: Any, key: object) -> Any:  # noqa: ANN401, N807 -- as pandas
        return _kept(self.obj, kind.__getitem__(self, key), sys._getframe(1))  # noqa: SLF001 -- its caller

    indexer = type(kind.__name__, (kind,), {"__getitem__": __getitem__})
    return property(lambda self: indexer(name, self))


def _kept(result: FormattedFrame, made: Any, caller: FrameType) -> Any:  # noqa: ANN401 -- as pandas
    """Return a selection as what it is selected from, where its index still has levels of it.

    Methods of pandas select, too, and go on to make other things of it: they get a plain frame.
    """
    import pandas as pd  # noqa: PLC0415 -- where frames leave

    inside = caller.f_globals.get("__name__", "").partition(".")[0] == "pandas"
    if inside or not isinstance(made, pd.DataFrame):
        return made
    if not set(made.index.names) <= set(result.index.names):
        return made
    return _made(result._kind, made, result._known)  # noqa: SLF001 -- of its own class


def plain(value: object) -> object:
    """Return a value of a frame as one of Python; what pandas has for nothing is ``None``.

    >>> plain(np.int64(3)), plain(np.float64("nan")), plain(pd.NA)
    (3, nan, None)
    """
    import pandas as pd  # noqa: PLC0415 -- where frames leave

    if value is pd.NA or value is pd.NaT:
        return None
    return value.item() if isinstance(value, np.generic) else value


def label_text(label: object) -> str:
    """Return a label of the index as it is shown: members as they are, a date without its time.

    >>> label_text(2026), label_text(None), label_text(pd.Timestamp("2026-01-31"))
    ('2026', 'None', '2026-01-31')
    >>> label_text(pd.Timestamp(1))
    '1970-01-01 00:00:00.000000001'
    """
    import pandas as pd  # noqa: PLC0415 -- where frames leave

    value = plain(label)
    if value is None or value != value:  # noqa: PLR0124 -- as NaN, which stands for null beside others
        return "None"
    if isinstance(value, dt.datetime):
        if isinstance(value, pd.Timestamp) and value.tz is not None and value.year > dt.MAXYEAR:
            return f"{value.tz_convert(None).isoformat(sep=' ')}+00:00"  # in UTC; see `to_frame`
        at_midnight = value.tzinfo is None and value == pd.Timestamp(value).normalize()
        return value.isoformat(sep=" ").split(" ")[0] if at_midnight else value.isoformat(sep=" ")
    return BLANK if value is BLANK else str(value)

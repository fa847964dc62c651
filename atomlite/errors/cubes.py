"""Errors of cubes: their model, their measures and their queries."""

from __future__ import annotations

import difflib
from collections.abc import Sequence
from typing import TYPE_CHECKING

from atomlite.errors.root import AtomliteError, did_you_mean, names_listed, shortened

if TYPE_CHECKING:
    from atomlite.types import JsonValue

_LISTED = 12


class InvalidModel(AtomliteError, ValueError):
    """A cube, a hierarchy or a level cannot be as asked for, or its columns have gone."""

    code = "invalid_model"
    http_status = 400


class CubeNotFound(AtomliteError, KeyError):
    """No cube has this name."""

    code = "cube_not_found"
    http_status = 404

    def __init__(self, name: object, *, known: Sequence[str], deleted: bool = False) -> None:
        cubes = f"Cubes: {names_listed(known)}." if known else "There are no cubes yet."
        there = "It was deleted; `session.create_cube` makes it again." if deleted else cubes
        super().__init__(
            f'No cube named "{shortened(name)}". {there}',
            hint=did_you_mean(name, known),
            details={"cube": shortened(name), "cubes": list(known)},
        )


class CubeExists(AtomliteError, ValueError):
    """A cube of this name exists and was not to be replaced."""

    code = "cube_exists"
    http_status = 409

    def __init__(self, name: str) -> None:
        super().__init__(
            f'A cube named "{name}" exists.',
            hint=f'Delete it with `del session.cubes["{name}"]`, choose another name, '
            'or pass if_exists="replace".',
            details={"cube": name},
        )


class _NameNotFound(AtomliteError, KeyError):
    """A name of a part of a cube that is not there.

    Args:
        name: As it was given; a tuple for a full name.
        cube: The cube.
        known: The names that exist, short ones or full ones.
        hint: What to write; if empty, the known name that is most like it.
    """

    http_status = 400
    what = ""

    def __init__(
        self, name: object, *, cube: str, known: Sequence[str | tuple[str, ...]], hint: str = ""
    ) -> None:
        self.name = name
        names = [_written(each) for each in known]
        there = f"{_plural(self.what).capitalize()}: {_listed(names)}." if names else "It has none."
        close = difflib.get_close_matches(_written(name), names, n=1)
        super().__init__(
            f'No {self.what} named {_written(name)} in the cube "{cube}". {there}',
            hint=hint or (f"Did you mean {close[0]}?" if close else ""),
            details={
                self.what: _plain(name),
                "cube": cube,
                _plural(self.what): [*map(_plain, known)],
            },
        )


class HierarchyNotFound(_NameNotFound):
    """No hierarchy of the cube has this name."""

    code = "hierarchy_not_found"
    what = "hierarchy"


class LevelNotFound(_NameNotFound):
    """No level of the cube has this name."""

    code = "level_not_found"
    what = "level"


class MeasureNotFound(_NameNotFound):
    """No measure of the cube has this name."""

    code = "measure_not_found"
    what = "measure"


class AggregateNotFound(_NameNotFound):
    """No aggregate table of the cube has this name."""

    code = "aggregate_not_found"
    what = "aggregate table"


class AmbiguousName(AtomliteError, KeyError):
    """A short name means more than one hierarchy or level.

    Args:
        what: ``"hierarchy"`` or ``"level"``.
        name: As it was given.
        cube: The cube.
        candidates: The full names that it may mean.
    """

    code = "ambiguous_name"
    http_status = 400

    def __init__(
        self, what: str, name: object, *, cube: str, candidates: Sequence[tuple[str, ...]]
    ) -> None:
        names = [_written(each) for each in candidates]
        super().__init__(
            f'{_written(name)} may mean {len(names)} {_plural(what)} of the cube "{cube}": '
            f"{_listed(names)}.",
            hint=f"Write a full name: {in_brackets(what, candidates[0])}.",
            details={
                what: _plain(name),
                "cube": cube,
                "candidates": [*map(_plain, candidates)],
            },
        )


class InvalidMeasure(AtomliteError, ValueError):
    """An expression cannot be a measure of the cube, or would not count right."""

    shows_values = True
    code = "invalid_measure"
    http_status = 400


class MeasureInUse(AtomliteError, ValueError):
    """A change would take away what measures are made of.

    Args:
        what: What was to be changed, as the subject of a sentence.
        measures: The names of the measures that use it.
        hint: What to do.
    """

    code = "measure_in_use"
    http_status = 409

    def __init__(self, what: str, measures: Sequence[str], *, hint: str = "") -> None:
        verb = "uses" if len(measures) == 1 else "use"
        noun = "the measure" if len(measures) == 1 else "the measures"
        super().__init__(
            f"{what}: {noun} {names_listed(measures)} {verb} it.",
            hint=hint or "Delete or redefine them first, or all at once with `update`.",
            details={"measures": list(measures)},
        )


class InvalidAggregate(AtomliteError, ValueError):
    """An aggregate table cannot be: it would not answer what it is declared for."""

    code = "invalid_aggregate"
    http_status = 400


class AggregateNotRefreshedWarning(UserWarning):
    """An aggregate table could not be brought up to date after a change of the data."""


class CellNotFound(AtomliteError, KeyError):
    """A result has no cell at these coordinates."""

    code = "cell_not_found"
    http_status = 404


class DataMovedWarning(UserWarning):
    """The data changed between a result and the rows that it is traced back to."""


class RowsLeftOutWarning(UserWarning):
    """A cell has more facts than are shown, or its value is not of these facts alone."""


class InvalidQuery(AtomliteError, ValueError):
    """A query of a cube asks for what cannot be answered."""

    shows_values = True
    code = "invalid_query"
    http_status = 400


class TooManyCells(AtomliteError, ValueError):
    """The answer of a query would have more cells than the session allows."""

    code = "too_many_cells"
    http_status = 400


class MeasureFailed(AtomliteError, RuntimeError):
    """A Python function that is a measure raised, or returned what does not fit."""

    shows_values = True
    code = "measure_failed"
    http_status = 422


def in_brackets(what: str, name: Sequence[str]) -> str:
    """Return how a full name of a hierarchy or level is written, in Python and in JSON.

    >>> in_brackets("level", ("Geography", "City"))
    '`cube.levels["Geography", "City"]`, over HTTP ["Geography", "City"]'
    """
    parts = ", ".join(map(_written, name))
    return f"`cube.{_plural(what)}[{parts}]`, over HTTP [{parts}]"


def _plural(what: str) -> str:
    return {"hierarchy": "hierarchies"}.get(what, f"{what}s")


def _plain(name: object) -> JsonValue:
    """Return a name for a program to read: a text, or a list of texts for a full one."""
    return [shortened(each) for each in name] if isinstance(name, tuple) else shortened(name)


def _written(name: object) -> str:
    """Return a name as it is written in the brackets: text in quotes, a tuple of texts."""
    if isinstance(name, tuple):
        return f"({', '.join(map(_written, name))})"
    return f'"{shortened(name)}"'


def _listed(names: Sequence[str]) -> str:
    more = len(names) - _LISTED
    return ", ".join(names[:_LISTED]) + (f" and {more} more" if more > 0 else "")

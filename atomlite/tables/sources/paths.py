"""Files named by a path, a pattern or a list."""

from __future__ import annotations

import glob
import os
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TypeAlias

from atomlite.errors import SourceNotFound

Paths: TypeAlias = "str | os.PathLike[str] | Iterable[str | os.PathLike[str]]"
"""A path, a pattern with ``*``, ``?``, ``[...]`` or ``**``, or several of them."""


def found_files(paths: Paths) -> list[str]:
    """Return the files that are meant, patterns filled in and sorted by name.

    Raises:
        SourceNotFound: A path or pattern that matches no file.
    """
    given = [paths] if isinstance(paths, str | os.PathLike) else list(paths)
    if not given:
        raise SourceNotFound("")
    files: list[str] = []
    for path in given:
        text = os.fspath(path)
        matches = [text] if Path(text).is_file() else _matching(text)
        if not matches:
            raise SourceNotFound(text)
        files += matches
    return files


def _matching(pattern: str) -> list[str]:
    return sorted(path for path in glob.glob(pattern, recursive=True) if Path(path).is_file())  # noqa: PTH207 -- absolute patterns too


def shown(files: Sequence[str]) -> str:
    """Return the files for a message.

    >>> shown(["a.csv", "b.csv"])
    '"a.csv" and 1 more'
    """
    more = f" and {len(files) - 1} more" if len(files) > 1 else ""
    return f'"{files[0]}"{more}'

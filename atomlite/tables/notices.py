"""Warnings that point at the user's line, whatever of atomlite lies between."""

from __future__ import annotations

import contextlib
import os
import sys
import warnings
from collections.abc import Iterable
from pathlib import Path
from types import FrameType

_OURS = str(Path(__file__).parents[1]) + os.sep


def warn_caller(notices: Iterable[Warning]) -> None:
    """Raise warnings as ones of the line outside of atomlite that led here."""
    for notice in notices:
        warnings.warn(notice, stacklevel=_levels_up())


def _levels_up() -> int:
    """Return the stack level of the user's line, as the function that called this counts it."""
    level, frame = 1, sys._getframe(1)  # noqa: SLF001 -- what `warnings` itself does
    while _is_ours(frame) and frame.f_back is not None:
        level, frame = level + 1, frame.f_back
    return level


def _is_ours(frame: FrameType) -> bool:
    name = frame.f_code.co_filename
    return name.startswith(_OURS) or name == contextlib.__file__

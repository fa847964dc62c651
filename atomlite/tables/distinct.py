"""Whether keys are all different, seen from the data on its way in.

One whole-number key is the common case and cheap to look through here; for other keys the engine
counts.
"""

from __future__ import annotations

import numpy as np
import pyarrow as pa

_WORTH_A_MAP = 4
"""A range of numbers this many times wider than their count is still marked off one by one."""


class KnownDistinct:
    """Gathers the values of one integer key."""

    def __init__(self, key: str) -> None:
        self._key = key
        self._parts: list[np.ndarray] = []
        self._usable = True

    def add(self, rows: pa.Table) -> None:
        """Take the keys of a slice."""
        column = rows.column(self._key)
        self._usable &= pa.types.is_integer(column.type)
        if self._usable:
            self._parts.append(column.to_numpy())

    def certain(self) -> bool:
        """Return whether all keys are known to be different; False says nothing."""
        if not self._usable:
            return False
        keys = np.concatenate(self._parts) if self._parts else np.empty(0, np.int64)
        if len(keys) < 2 or bool((keys[1:] > keys[:-1]).all()):  # noqa: PLR2004 -- one is alone
            return True
        low = int(keys.min())
        width = int(keys.max()) - low + 1
        if width > _WORTH_A_MAP * len(keys):
            ordered = np.sort(keys)
            return bool((ordered[1:] != ordered[:-1]).all())
        seen = np.zeros(width, dtype=bool)
        seen[keys - low] = True
        return int(seen.sum()) == len(keys)


class UnknownDistinct:
    """Knows nothing: the engine will count."""

    def add(self, rows: pa.Table) -> None:
        """Take a slice and look away."""

    def certain(self) -> bool:
        """Return False."""
        return False


def known_distinct(keys: tuple[str, ...]) -> KnownDistinct | UnknownDistinct:
    """Return what can be known about these keys without the engine."""
    return KnownDistinct(keys[0]) if len(keys) == 1 else UnknownDistinct()

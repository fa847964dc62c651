"""Column names of incoming data."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from atomlite.errors import UnsupportedData, names_listed


def checked_names(names: Sequence[str]) -> list[str]:
    """Return the names, or raise when data has no columns or two of one name.

    >>> checked_names(["a", "a"])
    Traceback (most recent call last):
    ...
    atomlite.errors.UnsupportedData: Two columns are named "a". Rename one of them.
    """
    if not names:
        raise UnsupportedData(
            "The data has no columns.", hint="Give it one or more, or use `create_table`."
        )
    twice = [name for name, count in Counter(names).items() if count > 1]
    if twice:
        raise UnsupportedData(
            f"Two columns are named {names_listed(twice)}.", hint="Rename one of them."
        )
    return list(names)

"""The labels of totals in the index of a result.

>>> TOTAL, str(TOTAL), TOTAL == "Total"
(Total, 'Total', False)
"""

from __future__ import annotations

from typing import Final

__all__ = ["BLANK", "TOTAL", "Total"]


class Total:
    """The label of a total; there is one object of it, and it equals nothing else.

    So it is told from a member that is named "Total", and from the member ``None``.
    """

    __slots__ = ()

    def __repr__(self) -> str:
        """Return how it is shown."""
        return "Total"

    def __reduce__(self) -> str:
        """Stay the one object, also through copies and pickles."""
        return "TOTAL"


TOTAL: Final = Total()
"""Stands at the first level that a total does not express."""

BLANK: Final = ""
"""Stands at the levels after it, where no member can stand."""

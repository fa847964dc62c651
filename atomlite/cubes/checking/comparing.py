"""Whether two values are the same number, text or list, up to the rounding of floats. Pure.

>>> same(0.1 + 0.2, 0.3, 1.0), same(3, 4, 1e6), same(None, 0, 1.0)
(True, False, False)
"""

from __future__ import annotations

import math
from typing import Any

_RELATIVE = 1e-9


def same(left: Any, right: Any, greatest: float) -> bool:  # noqa: ANN401 -- of any type
    """Return whether two values are the same.

    Args:
        left: A value; ``None`` is null and equals itself.
        right: Another.
        greatest: The greatest number that they were made of: floats are as exact as that allows.
    """
    if left is None or right is None:
        return left is right
    if isinstance(left, list) and isinstance(right, list):
        pairs = zip(left, right, strict=False)
        return len(left) == len(right) and all(same(a, b, greatest) for a, b in pairs)
    if isinstance(left, float) or isinstance(right, float):
        return _near(float(left), float(right), greatest)
    return bool(left == right)


def _near(left: float, right: float, greatest: float) -> bool:
    if math.isnan(left) or math.isnan(right):
        return math.isnan(left) and math.isnan(right)
    tiny = _RELATIVE * greatest if math.isfinite(greatest) else 0.0
    return math.isclose(left, right, rel_tol=_RELATIVE, abs_tol=max(tiny, _RELATIVE))


def plain(members: tuple[object, ...]) -> tuple[object, ...]:
    """Return members as what equals itself: NaN does not."""
    nan = ("NaN",)
    return tuple(nan if isinstance(each, float) and math.isnan(each) else each for each in members)

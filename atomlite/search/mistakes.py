"""What a parameter was given, in few words, for messages about configurations.

>>> described("people"), described({1}), described(object())
("'people'", '{1}', 'of type object')
"""

from __future__ import annotations

import inspect

_LONGEST = 60
_PLAIN = (str, bytes, int, float, bool, list, tuple, dict, set, frozenset, type(None))


def described(value: object) -> str:
    """Return a short value as it is written in Python, the type of any other.

    >>> described(lambda: 1), described([1] * 100)
    ('a function', 'of type list')
    """
    if inspect.iscoroutinefunction(value):
        return "an async function"
    if inspect.isroutine(value):
        return "a function"
    text = repr(value) if isinstance(value, _PLAIN) else ""
    return text if text and len(text) <= _LONGEST and "\n" not in text else _typed(value)


def _typed(value: object) -> str:
    kind = value if isinstance(value, type) else type(value)
    return f"{'the class' if kind is value else 'of type'} {kind.__name__}"

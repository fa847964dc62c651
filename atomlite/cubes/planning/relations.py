"""Named relations of a statement, put in an order in which each follows what it reads. Pure.

>>> found = ordered("_r2", {"_r1": "SELECT 1 AS a", "_r2": "SELECT * FROM _r1", "_r3": "SELECT 2"})
>>> found.splitlines()
['WITH _r1 AS (SELECT 1 AS a)', 'SELECT * FROM _r1']
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping

# Each alternative begins with a plain character: so the search jumps from one to the next.
_QUOTED = r"""\"[^"]*"|'[^']*'"""
_NAMES = re.compile(_QUOTED + r"|_(?<![\w.]_)[a-z]\d+(?:_\d+)?\b(?!\.)")
_CHOSEN = re.compile(r"SELECT \* FROM (_[a-z]\d+(?:_\d+)?)(?: WHERE \w+ IN \([\d, ]+\))?")
_SAME = re.compile(r"SELECT \* FROM (_[a-z]\d+(?:_\d+)?)")
_PARAMETERS = re.compile(_QUOTED + r"|\$\d+")


def ordered(last: str, relations: Mapping[str, str]) -> str:
    """Return a statement for one relation, with those that it needs before it.

    What is read more than once is kept, rather than computed again; rows that are only chosen from
    another relation are chosen again rather than copied.

    Args:
        last: Its name.
        relations: The SELECT of each relation, by name.
    """
    relations = _without_copies(relations, last)
    reads: Counter[str] = Counter()
    kept: dict[str, str] = {}
    done: dict[str, None] = {}

    def visit(name: str) -> None:
        needed = names_in(relations[name], relations)
        reads.update(needed)
        for each in needed:
            if each not in done:
                visit(each)
        done[name] = None

    visit(last)
    del done[last]
    for name in reversed(done):  # each after all that read it
        chosen = _CHOSEN.fullmatch(relations[name])
        if chosen and chosen[1] in relations and reads[name] > 1:
            kept[name] = "NOT MATERIALIZED "
            reads[chosen[1]] += reads[name] - 1
    parts = [
        f"{name} AS {kept.get(name) or ('MATERIALIZED ' if reads[name] > 1 else '')}"
        f"({relations[name]})"
        for name in done
    ]
    listed = ",\n".join(parts)
    return f"WITH {listed}\n{relations[last]}" if parts else relations[last]


def _without_copies(relations: Mapping[str, str], last: str) -> dict[str, str]:
    """Return the relations without those that are another one by another name.

    The engine takes some 2 ms for such a name in a statement over few rows.
    """
    same: dict[str, str] = {}
    for name, text in relations.items():
        copied = _SAME.fullmatch(text)
        if copied and copied[1] in relations and name != last:
            same[name] = copied[1]

    def original(match: re.Match[str]) -> str:
        name: str = match[0]
        while name in same:
            name = same[name]
        return name

    left = {name: text for name, text in relations.items() if name not in same}
    return {name: _NAMES.sub(original, text) for name, text in left.items()} if same else left


def names_in(text: str, relations: Mapping[str, str]) -> list[str]:
    """Return the relations that a SELECT reads, once for each time."""
    return [name for name in _NAMES.findall(text) if name in relations]


def with_parameters(text: str, values: list[object]) -> tuple[str, tuple[object, ...]]:
    """Return text with its ``$n`` numbered from 1 without gaps, and their values.

    >>> with_parameters("a = $3 AND b = $1 AND c = $3", ["x", "y", "z"])
    ('a = $1 AND b = $2 AND c = $1', ('z', 'x'))
    """
    if "$" not in text:
        return text, ()
    used: dict[int, int] = {}

    def renumbered(match: re.Match[str]) -> str:
        found = match[0]
        if not found.startswith("$"):
            return found
        return f"${used.setdefault(int(found[1:]), len(used) + 1)}"

    numbered = _PARAMETERS.sub(renumbered, text)
    return numbered, tuple(values[number - 1] for number in used)

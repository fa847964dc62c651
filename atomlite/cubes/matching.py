"""What is known of the rows that joins find, so that the engine may join in a faster way.

An inner join is three to five times faster than one that keeps the rows without a partner. It is
right where no such row exists, and can be made right where their keys lie outside of a range.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import pyarrow as pa

from atomlite.sql import Statement, quote
from atomlite.tables.definitions import rows_of

if TYPE_CHECKING:
    from atomlite.engine.cursors import TimeLimit
    from atomlite.engine.snapshots import Snapshot
    from atomlite.tables.catalogs import Catalog
    from atomlite.tables.links import Link

_MOST_KNOWN = 256


@dataclass(frozen=True, slots=True)
class Match:
    """Which rows of a link's source find a partner.

    Args:
        complete: Whether all do; a row whose key is null does not.
        bounds: The smallest and the greatest key of the target, where every row whose key lies
            between them finds its partner; ``None`` where that does not hold or is not known.
    """

    complete: bool
    bounds: tuple[int, int] | None = None


class Matching:
    """Knows, for the newest versions of tables, which rows of a link find their partners.

    Safe from any thread; two that ask at once may both look.
    """

    __slots__ = ("_known",)

    def __init__(self) -> None:
        self._known: dict[Link, tuple[tuple[int, int], Match]] = {}

    def found(self, link: Link, snapshot: Snapshot[Catalog], limit: TimeLimit) -> Match:
        """Return which rows find their partners.

        Args:
            link: From a source to a target.
            snapshot: The instant that is meant; no part of a transaction, whose versions stand
                still while it writes.
            limit: How long it may take to look.
        """
        tables = snapshot.state
        versions = (tables.table(link.source).version, tables.table(link.target).version)
        known = self._known.get(link)
        if known is None or known[0] != versions:
            match = _looked(link, snapshot, limit)
            if len(self._known) >= _MOST_KNOWN:
                self._known.clear()
            known = self._known[link] = (versions, match)
        return known[1]


def _looked(link: Link, snapshot: Snapshot[Catalog], limit: TimeLimit) -> Match:
    if not _is_one_integer(link, snapshot.state):
        return Match(not snapshot.rows(orphan_of(link), limit))
    ((low, high, orphans, holes),) = snapshot.rows(bounds_of(link), limit)
    bounds = (low, high) if isinstance(low, int) and isinstance(high, int) and not holes else None
    return Match(not orphans, bounds)


def _is_one_integer(link: Link, tables: Catalog) -> bool:
    if len(link.pairs) > 1:
        return False
    ((ours, theirs),) = link.pairs
    ends = ((link.source, ours), (link.target, theirs))
    return all(
        pa.types.is_integer(tables.table(name).schema.column(column).data_type)
        for name, column in ends
    )


def orphan_of(link: Link) -> Statement:
    """Return the query for one row of the source that has no partner; it finds none or one.

    >>> from atomlite.tables.links import Link
    >>> print(orphan_of(Link("Sales", "Shops", (("Shop", "Id"),))).text)
    SELECT 1 FROM _atomlite_rows."Sales" s
    ANTI JOIN _atomlite_rows."Shops" t ON s."Shop" = t."Id" LIMIT 1
    """
    on = " AND ".join(f"s.{quote(ours)} = t.{quote(theirs)}" for ours, theirs in link.pairs)
    text = f"SELECT 1 FROM {rows_of(link.source)} s\nANTI JOIN {rows_of(link.target)} t ON {on}"  # noqa: S608 -- quoted
    return Statement(f"{text} LIMIT 1", table=link.source)


def bounds_of(link: Link) -> Statement:
    """Return the query for the bounds of the target's key, and for the keys without a partner.

    Its one row: the smallest and the greatest key of the target, null without rows; how many
    different keys of the source have no partner, null among them; how many of these lie between
    the bounds.
    """
    ((ours, theirs),) = link.pairs
    text = (
        f"WITH b AS (SELECT min({quote(theirs)}) AS low, max({quote(theirs)}) AS high "  # noqa: S608 -- quoted
        f"FROM {rows_of(link.target)}), k AS (SELECT DISTINCT {quote(ours)} AS k "
        f"FROM {rows_of(link.source)}), o AS (SELECT k FROM k "
        f"ANTI JOIN {rows_of(link.target)} t ON k.k = t.{quote(theirs)}) "
        "SELECT low, high, (SELECT count(*) FROM o), "
        "(SELECT count(*) FROM o WHERE k BETWEEN low AND high) FROM b"
    )
    return Statement(text, table=link.source)

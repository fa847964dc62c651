"""Finished results, the least recently used leaving first, bounded in bytes.

>>> cache = ResultCache(10_000)
>>> cache.get("a") is None
True
>>> cache.put("a", b"result")
>>> cache.get("a"), cache.hits, cache.misses
(b'result', 1, 1)

A result is the bytes of an answer, or an Arrow table, which nobody can change.

Keys say what a result was made from: the statement, its parameters, and the versions of the tables
it read. So an entry is never wrong, and one of an old version leaves when nobody asks for it. Keys
take memory as results do, and are counted.

Thread rules: safe from any thread. Two threads that miss the same key may both compute it.
"""

from __future__ import annotations

import sys
import threading
from collections import OrderedDict
from collections.abc import Hashable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pyarrow as pa

_LARGEST_SHARE = 4
_OVERHEAD = 300
"""Bytes that an entry takes besides its key and result: links and counters, about."""


class ResultCache:
    """Results by key.

    Args:
        bound: Bytes that all entries may take together; 0 keeps nothing.

    Attributes:
        bound: The bytes that it was given.
        hits: Times that a result was found.
        misses: Times that it was not.
    """

    def __init__(self, bound: int) -> None:
        self.bound = bound
        self._lock = threading.Lock()
        self._entries: OrderedDict[Hashable, tuple[bytes | pa.Table, int]] = OrderedDict()
        self._bytes = 0
        self.hits = 0
        self.misses = 0

    @property
    def size(self) -> int:
        """Bytes that the entries take now."""
        return self._bytes

    def get(self, key: Hashable) -> bytes | None:
        """Return the bytes of a key, ``None`` when they are not there."""
        found = self._found(key)
        return found if isinstance(found, bytes) else None

    def table(self, key: Hashable) -> pa.Table | None:
        """Return the table of a key, ``None`` when it is not there."""
        found = self._found(key)
        return None if isinstance(found, bytes) else found

    def _found(self, key: Hashable) -> bytes | pa.Table | None:
        with self._lock:
            entry = self._entries.get(key)
            if entry is None:
                self.misses += 1
                return None
            self.hits += 1
            self._entries.move_to_end(key)
            return entry[0]

    def put(self, key: Hashable, result: bytes | pa.Table) -> None:
        """Keep a result, unless it and its key take more than a quarter of the bound."""
        own = len(result) if isinstance(result, bytes) else result.get_total_buffer_size()
        size = own + _size(key) + _OVERHEAD
        if size * _LARGEST_SHARE > self.bound:
            return
        with self._lock:
            old = self._entries.pop(key, None)
            self._bytes += size - (0 if old is None else old[1])
            self._entries[key] = result, size
            while self._bytes > self.bound:
                _, (_, freed) = self._entries.popitem(last=False)
                self._bytes -= freed

    def clear(self) -> None:
        """Let go of all entries."""
        with self._lock:
            self._entries.clear()
            self._bytes = 0


def _size(key: object) -> int:
    """Return the bytes of a key, with all that a tuple holds."""
    return sys.getsizeof(key) + (sum(map(_size, key)) if isinstance(key, tuple) else 0)

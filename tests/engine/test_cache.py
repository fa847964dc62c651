from __future__ import annotations

import random
import threading
import tracemalloc

import pyarrow as pa

from atomlite.engine.cache import ResultCache
from atomlite.engine.database import Database
from atomlite.telemetry.tracing import Tracing


def test_the_least_recently_used_leaves_first() -> None:
    """Asking for an entry keeps it."""
    cache = ResultCache(6_000)
    for name in "abcd":
        cache.put(name, bytes(1_000))
    assert cache.get("a") is not None
    cache.put("e", bytes(1_000))

    assert [name for name in "abcde" if cache.get(name) is not None] == ["a", "c", "d", "e"]
    assert (cache.hits, cache.misses) == (5, 1)


def test_it_never_takes_more_than_its_bound() -> None:
    """Also when entries are put again with other sizes, in any order."""
    cache = ResultCache(10_000)
    chance = random.Random(3)  # noqa: S311 -- the same in each run
    for _ in range(3_000):
        cache.put(chance.randrange(40), bytes(chance.randrange(3_000)))
        assert cache.size <= 10_000
    assert cache.size > 5_000
    cache.clear()
    assert cache.size == 0
    assert all(cache.get(key) is None for key in range(40))


def test_keys_are_counted() -> None:
    """Results are small where clients send large values."""
    cache = ResultCache(100_000)
    tracemalloc.start()
    try:
        before, _ = tracemalloc.get_traced_memory()
        for number in range(1_000):
            cache.put(("endpoint", (f"{number}" + "x" * 10_000, 7)), b"[]")
        taken = tracemalloc.get_traced_memory()[0] - before
    finally:
        tracemalloc.stop()
    assert 50_000 < cache.size <= 100_000
    assert taken < 150_000
    cache.put(("y" * 50_000,), b"[]")
    assert cache.get(("y" * 50_000,)) is None


def test_what_takes_more_than_a_quarter_is_not_kept() -> None:
    """One large result must not push all others out."""
    cache = ResultCache(4_000)
    cache.put("small", b"x")
    cache.put("large", bytes(1_000))
    assert cache.get("large") is None
    assert cache.get("small") == b"x"


def test_a_bound_of_nothing_keeps_nothing() -> None:
    """Which is how the cache is turned off."""
    cache = ResultCache(0)
    cache.put("a", b"")
    assert cache.get("a") is None
    assert cache.size == 0


def test_a_new_result_takes_the_place_of_the_old() -> None:
    """And its bytes are counted once."""
    cache = ResultCache(10_000)
    for size in (100, 2_000, 50):
        cache.put("a", bytes(size))
    assert cache.get("a") == bytes(50)
    other = ResultCache(10_000)
    other.put("a", bytes(50))
    assert cache.size == other.size


def test_it_keeps_tables_by_the_memory_that_they_hold() -> None:
    """Also what a slice does not show; the bytes of a key are no table."""
    whole = pa.table({"a": list(range(1_000))})
    cache = ResultCache(100_000)
    cache.put("table", whole.slice(0, 1))
    cache.put("bytes", b"x")

    assert cache.table("table") == whole.slice(0, 1)
    assert (cache.table("bytes"), cache.get("table"), cache.table("none")) == (None, None, None)
    assert cache.size > 8_000


def test_threads_share_it() -> None:
    """No thread sees the result of another key, and the count of bytes stays right."""
    cache = ResultCache(20_000)
    wrong: list[object] = []

    def work(seed: int) -> None:
        chance = random.Random(seed)  # noqa: S311 -- the same in each run
        for _ in range(2_000):
            key = chance.randrange(60)
            found = cache.get(key)
            if found is not None and found != bytes([key]) * 300:
                wrong.append(key)
            cache.put(key, bytes([key]) * 300)

    threads = [threading.Thread(target=work, args=(seed,)) for seed in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert not wrong
    assert cache.hits + cache.misses == 8_000
    assert cache.size <= 20_000


def test_a_closed_database_holds_no_results(tracing: Tracing) -> None:
    """The memory goes with the session."""
    database = Database(None, tracing=tracing, cache_bytes=10_000)
    database.cache.put("a", b"x")
    database.close()
    assert database.cache.size == 0

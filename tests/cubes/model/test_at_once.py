"""A cube that changes while others read it."""

from __future__ import annotations

import threading
from collections.abc import Callable

from tests.cubes.model.conftest import Star


def test_readers_see_each_change_whole(star: Star) -> None:
    """While two threads define, delete and redefine, no reader meets half of it."""
    cube = star.cube()
    m, levels = cube.measures, cube.levels
    m.update({"a": 1, "b": m["units.SUM"] - m["units.SUM"] + 1})
    until, failures = threading.Event(), list[object]()

    def write(number: int) -> None:
        m.update({"a": number, "b": m["a"] * 1})
        cube.hierarchies[f"H{number}"] = [star.countries["name"], star.shops["city"]]
        del cube.hierarchies[f"H{number}"]

    def read() -> None:
        table = cube.query("a", "b", levels=[levels["day"]], mode="arrow")
        if table.column("a") != table.column("b"):
            failures.append(table)

    def repeated(work: Callable[[], None]) -> None:
        try:
            while not until.is_set():
                work()
        except Exception as error:  # noqa: BLE001 -- shown below
            failures.append(error)
            until.set()

    works: list[Callable[[], None]] = [lambda: write(1), lambda: write(2), read, read]
    threads = [threading.Thread(target=repeated, args=(work,)) for work in works]
    for thread in threads:
        thread.start()
    until.wait(2)
    until.set()
    for thread in threads:
        thread.join()

    assert failures == []
    assert cube.model.revision > 20


def test_a_reader_keeps_what_it_has(star: Star) -> None:
    """A model is a value; a change makes another one."""
    cube = star.cube()
    before = cube.model
    cube.measures["x"] = 1
    del cube.hierarchies["item"]
    assert "x" not in before.measures
    assert len(before.hierarchies) == len(cube.model.hierarchies) + 1
    assert before.revision < cube.model.revision


def test_a_data_transaction_sees_its_own_columns(star: Star) -> None:
    """Others see the cube as it was, until it ends; undone, nothing of it stays."""
    cube = star.cube()
    seen = list[object]()

    def look() -> None:
        seen.append(("Tags", "tag") in cube.hierarchies)

    class Undone(Exception):
        """Ends the block."""

    def within(*, fails: bool) -> None:
        with star.session.tables.data_transaction():
            star.with_tags()
            seen.append(("Tags", "tag") in cube.hierarchies)
            thread = threading.Thread(target=look)
            thread.start()
            thread.join()
            if fails:
                raise Undone

    try:
        within(fails=True)
    except Undone:
        look()
    within(fails=False)
    look()
    assert seen == [True, False, False, True, False, True]

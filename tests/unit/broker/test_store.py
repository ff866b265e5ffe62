"""Rounds of the store: what is held waits for its begin, which may lend its own thread; all keep one order."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from workbench.broker.store import Store
from workbench.core.errors import Refused


@pytest.fixture(params=["NORMAL", "FULL"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Store]:
    path = tmp_path / "a.flow"
    Store.create(path, request.param)
    store = Store(path)
    store.start()
    yield store
    store.close()


def noting(names: list[str]) -> Callable[[str], Callable[[sqlite3.Connection], int]]:
    def job(name: str) -> Callable[[sqlite3.Connection], int]:
        def run(_: sqlite3.Connection) -> int:
            names.append(name)
            return threading.get_ident()

        return run

    return job


def test_what_is_held_waits_for_its_begin(store: Store):
    names: list[str] = []
    job = noting(names)
    held = [store.submit(job("first"), held=True), store.submit(job("second"), held=True)]
    assert not any(future.done() for future in held) and names == []
    store.begin_held(here=True)
    threads = {future.result(10) for future in held}
    full = store.read(lambda db: db.execute("PRAGMA synchronous").fetchone()[0]) == 2
    assert threads == {threading.get_ident()} or full, "a thread was lent and not taken"
    assert threading.get_ident() not in threads or not full, "a lent thread would wait for the disk"
    assert names == ["first", "second"]


def test_the_writer_takes_what_is_held_when_no_thread_is_lent(store: Store):
    held = store.submit(noting([])("one"), held=True)
    store.begin_held(here=False)
    assert held.result(10) != threading.get_ident()


def test_what_is_held_comes_before_a_later_job(store: Store):
    names: list[str] = []
    held = store.submit(noting(names)("held"), held=True)
    store.write(noting(names)("later")).result(10)
    assert held.done() and names == ["held", "later"]


def test_a_lent_thread_does_not_wait_for_a_round_that_is_on(store: Store):
    begun, end, names = threading.Event(), threading.Event(), []

    def long(_: sqlite3.Connection) -> None:
        begun.set()
        assert end.wait(10)

    on = store.write(long)
    assert begun.wait(10)
    held = store.submit(noting(names)("held"), held=True)
    store.begin_held(here=True)
    assert not held.done()
    end.set()
    on.result(10)
    assert held.result(10) != threading.get_ident()


def test_many_threads_that_lend_themselves_keep_the_order_of_each(store: Store):
    names: list[str] = []
    job = noting(names)

    def bring(who: int) -> None:
        for number in range(100):
            held = store.submit(job(f"{who}-{number:03}"), held=True)
            store.begin_held(here=number % 3 > 0)
            if number % 10 == 0:
                held.result(10)

    threads = [threading.Thread(target=bring, args=(who,)) for who in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    store.write(job("end")).result(10)
    assert len(names) == 401
    for who in range(4):
        mine = [name for name in names if name.startswith(f"{who}-")]
        assert mine == sorted(mine) and len(mine) == 100


def test_what_is_still_held_is_written_at_the_close(store: Store):
    names: list[str] = []
    held = store.submit(noting(names)("held"), held=True)
    store.close()
    assert held.done() and names == ["held"]
    store.begin_held(here=True)
    with pytest.raises(Refused):
        store.submit(noting(names)("late"), held=True)

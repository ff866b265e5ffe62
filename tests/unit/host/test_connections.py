"""Attached systems through the host: acts, rows of the snapshot, tries again, and reading page by page."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest
from contracts.browse_contract import BrowseContract
from listeners.serving import Host, serving

from workbench.broker import Broker
from workbench.control.connections import Attach, Detach, ListConnections
from workbench.control.messages import Push, Subscribe, TakeSnapshot
from workbench.core.errors import NotFound
from workbench.core.records import Record
from workbench.core.snapshot import AttachedStat, Snapshot
from workbench.engines.catalog import ConnectionSpec, user_catalog
from workbench.host import LocalHost, make_workspace
from workbench.session.attached import AttachedReader

DEADLINE_S = 40.0


@pytest.fixture(autouse=True)
def _own_list(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))


class Watcher:
    """A client that is pushed snapshots; ``until`` waits for a row of @staging."""

    def __init__(self, host: LocalHost) -> None:
        self.rows: list[AttachedStat] = []
        self._news = threading.Condition()
        host.on_push(self._take)
        host.call(Subscribe(20.0))

    def _take(self, push: Push) -> None:
        snapshot: Snapshot | None = push.snapshot
        if snapshot is not None and snapshot.attached:
            with self._news:
                self.rows.append(snapshot.attached[0])
                self._news.notify_all()

    def until(self, holds: Callable[[AttachedStat], bool]) -> AttachedStat:
        with self._news:
            came = self._news.wait_for(lambda: bool(self.rows) and holds(self.rows[-1]), DEADLINE_S)
            assert came, self.rows[-1:]
            return self.rows[-1]


@pytest.fixture
def local(tmp_path: Path) -> Iterator[LocalHost]:
    make_workspace(tmp_path / "mine.flow")
    with closing(LocalHost(tmp_path / "mine.flow")) as host:
        yield host


class TestThroughTheHost(BrowseContract):
    @pytest.fixture(autouse=True)
    def _folder(self, tmp_path: Path, local: LocalHost) -> None:
        self.path, self.local = tmp_path / "far.flow", local

    @contextmanager
    def system(self):
        with serving(self.path) as far:
            far.broker.create_topic("orders", 2)
            user_catalog().add(ConnectionSpec("staging", "kafka", far.address))
            self.local.call(Attach("staging"))
            yield (AttachedReader(self.local, "staging"),
                   lambda part, records: far.broker.append("orders", part, records).result())
            self.local.call(Detach("staging"))


def test_topics_of_the_system_itself_are_not_in_its_row(tmp_path: Path, local: LocalHost):
    with serving(tmp_path / "far.flow") as far:
        far.broker.create_topic("orders", 2)
        far.broker.create_topic("__transaction_state")
        user_catalog().add(ConnectionSpec("staging", "kafka", far.address))
        local.call(Attach("staging"))
        row = Watcher(local).until(lambda row: bool(row.topics))
        assert [topic.name for topic in row.topics] == ["orders"]


def test_what_is_attached_is_a_row_of_the_snapshot_and_stays_with_the_workspace(tmp_path: Path, local: LocalHost):
    with serving(tmp_path / "far.flow") as far:
        far.broker.create_topic("orders", 2)
        far.broker.append("orders", 0, [Record(None, b"a")]).result()
        user_catalog().add(ConnectionSpec("staging", "kafka", far.address))
        (info,) = local.call(ListConnections()).connections
        assert (info.name, info.attached) == ("staging", False)
        watcher = Watcher(local)
        local.call(Attach("staging"))
        row = watcher.until(lambda stat: stat.state == "ready" and bool(stat.topics))
        assert [(topic.name, topic.records) for topic in row.topics] == [("orders", 1)]
        assert local.call(ListConnections()).connections[0].attached
        local.close()
        with closing(LocalHost(tmp_path / "mine.flow")) as again:
            assert Watcher(again).until(lambda stat: stat.state == "ready").topics[0].name == "orders"
            again.call(Detach("staging"))
            with pytest.raises(NotFound, match="@staging is not attached"):
                AttachedReader(again, "staging").bounds("orders")


def test_a_system_that_goes_keeps_what_was_seen_says_why_and_is_found_again(tmp_path: Path, local: LocalHost):
    path = tmp_path / "far.flow"
    with Broker.create(path) as broker:
        broker.create_topic("orders", 1)
        broker.append("orders", 0, [Record(None, b"a")]).result()
    far = Host(path)
    user_catalog().add(ConnectionSpec("staging", "kafka", far.address, {"socket.timeout.ms": "2000"}))
    watcher = Watcher(local)
    local.call(Attach("staging"))
    seen = watcher.until(lambda stat: stat.state == "ready" and bool(stat.topics))
    far.kill()
    failing = watcher.until(lambda stat: stat.state == "failing")
    assert "can't be reached" in failing.reason
    assert failing.next_try_ms is not None
    assert failing.health.is_problem and failing.health.condition == "out of reach"
    (problem,) = local.call(TakeSnapshot()).problems
    assert problem.subject == "connection:staging" and "staging is out of reach" in problem.text
    assert (failing.topics, failing.as_of_ms) == (watcher.rows[-1].topics, failing.as_of_ms)
    assert failing.topics == seen.topics
    far.start()
    back = watcher.until(lambda stat: stat.state == "ready" and stat.as_of_ms > failing.as_of_ms)
    assert not back.health.is_problem and local.call(TakeSnapshot()).problems == ()
    assert far.stop() == 0


def test_attaching_what_nobody_named_is_refused(local: LocalHost):
    with pytest.raises(NotFound, match="There is no connection @nope"):
        local.call(Attach("nope"))

"""What moves along the links: each window takes its own difference of counters that only grow."""

from __future__ import annotations

from contextlib import ExitStack, closing
from pathlib import Path

import pytest

from tests.unit.host.conftest import Pushes, Served
from workbench.control import messages as m
from workbench.control.client import ControlClient
from workbench.core.snapshot import LinkStat, RunState, Snapshot
from workbench.core.wanted import Wanted
from workbench.flow import codec
from workbench.flow.document import FlowDocument, Link, Node
from workbench.host import LocalHost, make_workspace
from workbench.ui.bridge.movement import LiveMovements


def moved(seq: int, events: int, again: int = 0, sample: tuple[int, ...] = (), sampled: int = 0) -> Snapshot:
    return Snapshot(seq, 100 * seq, links=(LinkStat("l", events, sample=sample, again=again, sampled=sampled),))


def test_only_what_is_new_moves_and_only_its_colours():
    window = LiveMovements()
    assert window.take(moved(1, 500, 3, (1, 2, 3), 9)) == []  # from before it looked
    (told,) = window.take(moved(2, 502, 4, (2, 3, 7), 10))
    assert (told.count, told.again, told.colours, told.at_ms) == (2, 1, (7,), 200)
    assert window.take(moved(3, 502, 4, (2, 3, 7), 10)) == []
    (told,) = window.take(moved(4, 900, 4, (4, 5, 6), 99))  # more than the sample holds
    assert (told.count, told.colours) == (398, (4, 5, 6))


def test_a_host_that_was_started_again_counts_from_nothing():
    window = LiveMovements()
    window.take(moved(1, 500, 3, (1, 2), 9))
    (told,) = window.take(moved(1, 5, 0, (4,), 1))
    assert (told.count, told.again, told.colours) == (5, 0, (4,))


DRAWN = codec.dumps(FlowDocument(
    [Node("p", "producer", "shop", params={"rate": 2_000.0}), Node("t", "topic", "orders"),
     Node("g", "group", "billing")], [Link("in", "p", "t"), Link("out", "t", "g")],
))


class Window:
    """What a window counts along a link from its first look on, from pushes of its own."""

    def __init__(self) -> None:
        self._movements = LiveMovements()
        self.seen: dict[str, int] = {}
        self.colours = 0

    def look(self, snapshot: Snapshot) -> None:
        for told in self._movements.take(snapshot):
            self.seen[told.link_id] = self.seen.get(told.link_id, 0) + told.count
            self.colours += len(told.colours)


@pytest.fixture
def host(tmp_path: Path):
    make_workspace(tmp_path / "two.flow")
    made = LocalHost(tmp_path / "two.flow")
    yield made
    made.close()


def test_two_windows_on_one_file_see_the_same_events(host: LocalHost):
    """However often either looks."""
    host.call(m.SaveFlow(DRAWN))
    often, seldom = Window(), Window()
    first = host.call(m.TakeSnapshot())
    often.look(first)
    seldom.look(first)
    host.call(m.Run())
    looks = 0
    while often.seen.get("out", 0) < 600:
        looks += 1
        state = host.call(m.TakeSnapshot())
        often.look(state)
        if looks % 5 == 0:
            seldom.look(state)
    last = host.call(m.TakeSnapshot())
    often.look(last)
    seldom.look(last)
    assert often.seen == seldom.seen and often.seen["in"] >= often.seen["out"] >= 600
    assert seldom.colours > 0


def test_two_windows_that_are_told_by_the_wire_end_with_the_same_count(tmp_path: Path):
    """One looks often and at everything, the other seldom and at nothing in particular."""
    make_workspace(tmp_path / "two.flow")
    served = Served(tmp_path / "two.flow")
    with ExitStack() as stack:
        stack.callback(served.stop)
        clients = [stack.enter_context(closing(ControlClient.attach(served.path))) for _ in "12"]
        clients[0].call(m.SaveFlow(DRAWN))
        clients[1].call(m.Want(Wanted()))
        windows, pushes = [Window(), Window()], [Pushes(client) for client in clients]
        for client, hz in zip(clients, (20.0, 3.0), strict=True):
            client.call(m.Subscribe(hz))
        for told in pushes:
            told.wait_for(lambda push: push.snapshot is not None and len(push.snapshot.links) == 2)
        clients[0].call(m.Run())
        pushes[1].wait_for(lambda push: push.snapshot is not None and push.snapshot.links[1].events > 600)
        clients[1].call(m.Stop())
        for told, window in zip(pushes, windows, strict=True):
            told.wait_for(lambda push: push.snapshot is not None and push.snapshot.seq > 1
                          and push.snapshot.links[0].events > 600 and push.snapshot.run is RunState.STOPPED)
            for push in list(told.seen):
                if push.snapshot is not None:
                    window.look(push.snapshot)
    assert windows[0].seen == windows[1].seen
    assert windows[0].seen["in"] >= windows[0].seen["out"] > 600

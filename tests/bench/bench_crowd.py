"""What a snapshot of a crowded file costs window and host: 1,000 topics of 12 partitions, 40 groups, three busy.

    python -m tests.bench.bench_crowd [STATES]

A host runs the three producers and groups; its states, ten a second, are kept. Then a whole window, off screen, takes
them as whole states, as they travelled once, as deltas, and as deltas of what it wants, with all that its models and
panels do for them. The last two again with every topic growing from each state to the next. Times are of the processor,
medians and 95th percentiles.
"""

from __future__ import annotations

import asyncio
import os
import sys
import tempfile
import time
from collections.abc import Callable
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from statistics import median

import msgspec

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
TOPICS, PARTITIONS, GROUPS, BUSY = 1_000, 12, 40, 3
STATES = 40


def make(file: Path) -> str:
    """The crowded file; returns its drawing."""
    from workbench.control import messages as m
    from workbench.core.offsets import ResetSpec
    from workbench.flow import codec
    from workbench.flow.document import FlowDocument, Link, Node
    from workbench.host import LocalHost, make_workspace

    make_workspace(file)
    nodes, links = [], []
    for i in range(BUSY):
        nodes += [Node(f"p{i}", "producer", f"shop-{i}", 0, 300 * i, params={"rate": 1_000.0}),
                  Node(f"t{i}", "topic", f"topic-{i:04}", 300, 300 * i, params={"partitions": PARTITIONS}),
                  Node(f"g{i}", "group", f"group-{i:02}", 600, 300 * i, params={"members": 3})]
        links += [Link(f"in{i}", f"p{i}", f"t{i}"), Link(f"out{i}", f"t{i}", f"g{i}")]
    drawn = codec.dumps(FlowDocument(nodes, links, "crowd"))
    with closing(LocalHost(file)) as host:
        for i in range(TOPICS):
            host.call(m.CreateTopic(f"topic-{i:04}", PARTITIONS))
        each = TOPICS // (GROUPS - BUSY)
        for i in range(BUSY, GROUPS):
            for topic in range((i - BUSY) * each + BUSY, min((i - BUSY + 1) * each + BUSY, TOPICS)):
                host.call(m.ApplyReset(f"group-{i:02}", ResetSpec("earliest"), f"topic-{topic:04}"))
        host.call(m.SaveFlow(drawn))
    return drawn


def record(file: Path, count: int) -> list:
    """States of the running flow, ten a second; prints what making one takes of the host's thread."""
    from workbench.control import messages as m
    from workbench.host import LocalHost

    async def one(host: LocalHost) -> tuple[float, object]:
        began = time.thread_time()
        state = host._service._telemetry.snapshot()
        return (time.thread_time() - began) * 1000, state

    with closing(LocalHost(file)) as host:
        host.call(m.Run())
        time.sleep(2.0)  # the flow is on its way
        took, states = [], []
        for _ in range(count):
            ms, state = asyncio.run_coroutine_threadsafe(one(host), host._loop).result()
            took.append(ms)
            states.append(state)
            time.sleep(0.1)
    print(f"host: a snapshot takes {_two(took[2:])} ms; {states[-1].host.rate_in:.0f} events a second")
    return states


def show(file: Path, drawn: str, states: list, folder: Path) -> None:
    """Each way through a window of its own, printed."""
    from workbench.core.delta import Delta, apply
    from workbench.core.snapshot import Snapshot

    whole = [msgspec.msgpack.encode(state) for state in states]
    wholes, deltas = msgspec.msgpack.Decoder(Snapshot), msgspec.msgpack.Decoder(Delta)
    busy = growing(states)
    for name, sent, read in (
        ("whole", whole, lambda before, data: wholes.decode(data)),
        ("delta", changes(states), lambda before, data: apply(before, deltas.decode(data))),
        ("wanted", changes(narrowed(states)), lambda before, data: apply(before, deltas.decode(data))),
        ("all busy, delta", changes(busy), lambda before, data: apply(before, deltas.decode(data))),
        ("all busy, wanted", changes(narrowed(busy)), lambda before, data: apply(before, deltas.decode(data))),
    ):
        read_ms, took_ms = taken(file, drawn, folder, sent, read)
        both = [a + b for a, b in zip(read_ms, took_ms, strict=True)]
        print(f"window, {name}: {_two([len(data) / 1024 for data in sent[2:]])} KiB, decoded and applied "
              f"{_two(read_ms)}, models and panels {_two(took_ms)}, together {_two(both)} ms")


def changes(states: list) -> list[bytes]:
    from workbench.core.delta import delta
    from workbench.core.snapshot import Snapshot

    return [msgspec.msgpack.encode(delta(a, b)) for a, b in zip([Snapshot(), *states], states, strict=False)]


def narrowed(states: list) -> list:
    """As they are told to a window that shows what is drawn."""
    from workbench.core.wanted import Narrowing, Wanted

    drawn = tuple(f"topic-{i:04}" for i in range(BUSY))
    narrowing = Narrowing(Wanted(drawn, tuple(f"group-{i:02}" for i in range(BUSY))))
    return [narrowing.of(state) for state in states]


def growing(states: list) -> list:
    """The same with an event more in each partition, from each to the next."""
    found = []
    for more, state in enumerate(states):
        topics = tuple(replace(topic, rate_in=120.0, partitions=tuple(
            replace(part, end=part.end + more, rate_in=10.0) for part in topic.partitions)) for topic in state.topics)
        groups = tuple(replace(group, partitions=tuple(replace(part, end=part.end + more) for part in group.partitions))
                       for group in state.groups)
        found.append(replace(state, topics=topics, groups=groups))
    return found


def taken(file: Path, drawn: str, folder: Path, sent: list[bytes], read: Callable) -> tuple[list[float], list[float]]:
    """What reading and showing takes of the window's thread; the first, which are everything, are left out."""
    from PySide6.QtWidgets import QApplication

    from tests.ui.stage import StageCaller
    from workbench.control.messages import Push
    from workbench.core.snapshot import Snapshot
    from workbench.ui.bridge.host_link import HostLink
    from workbench.ui.bridge.operation import wait_for_work
    from workbench.ui.bridge.workspace import Workspace
    from workbench.ui.settings import Settings
    from workbench.ui.theme.theme import theme
    from workbench.ui.window.main_window import MainWindow

    app = QApplication.instance() or QApplication([])
    theme().apply(app, "light")
    workspace = Workspace(file, StageCaller())
    window = MainWindow(workspace, Settings(folder), HostLink(workspace))
    window.load_drawing(drawn)
    window.resize(1440, 900)
    window.show()
    until = time.monotonic() + 2
    while time.monotonic() < until:
        app.processEvents()
    state, figures = Snapshot(), []
    for data in sent:
        began = time.thread_time()
        state = read(state, data)
        between = time.thread_time()
        workspace._take_push(Push(snapshot=state))
        figures.append(((between - began) * 1000, (time.thread_time() - between) * 1000))
        if len(figures) < 3:
            app.processEvents()  # painting is not the snapshot's work
    window.close()
    wait_for_work()
    return [one for one, _ in figures[2:]], [one for _, one in figures[2:]]


def _two(values: list[float]) -> str:
    ordered = sorted(values)
    return f"{median(ordered):.2f} / {ordered[len(ordered) * 95 // 100]:.2f}"


def main() -> None:
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        os.environ.setdefault("WORKBENCH_SETTINGS", place)
        os.environ.setdefault("WORKBENCH_LOGS", place)
        file = folder / "crowd.flow"
        drawn = make(file)
        states = record(file, int(sys.argv[1]) if len(sys.argv) > 1 else STATES)
        show(file, drawn, states, folder)


if __name__ == "__main__":
    main()

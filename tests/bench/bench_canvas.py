"""How long a canvas frame takes with 200 nodes, 400 links and 2,000 dots, idle and beside a busy process.

    python -m tests.bench.bench_canvas [frames]

Prints median, p95 and p99 of painting a whole frame, and the ratio busy / idle of the p99. Offscreen unless
QT_QPA_PLATFORM says otherwise.
"""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from time import perf_counter

from workbench.core.snapshot import LinkStat, RunState, Snapshot
from workbench.flow.document import FlowDocument, Link, Node
from workbench.ui.canvas.frames import percentile

NODES, LINKS, DOTS = 200, 400, 2000
_KINDS = ("producer", "topic", "group", "topic")
_BUSY = "x = 0\nwhile True:\n    x = (x * 1103515245 + 12345) & 0x7fffffff"


@dataclass(frozen=True, slots=True)
class Figures:
    """Milliseconds a frame, and how many dots were on their way in the fullest one."""

    median_ms: float
    p95_ms: float
    p99_ms: float
    dots: int


def large_document() -> FlowDocument:
    """Columns of ten nodes; each links to two in the next column."""
    nodes = [Node(f"n{i}", _KINDS[i // 10 % 4], f"part {i}", i // 10 * 240.0, i % 10 * 120.0) for i in range(NODES)]
    links = []
    for i in range(NODES):
        for step in (10, 11, 12):
            target = (i // 10 + 1) * 10 + (i + step) % 10
            if target < NODES and len(links) < LINKS:
                links.append(Link(f"l{len(links)}", f"n{i}", f"n{target}"))
    return FlowDocument(nodes, links)


def busy_snapshot(seq: int) -> Snapshot:
    """Every link carries 800 events a second, which fills the canvas with nearly all the dots it may have."""
    stats = tuple(LinkStat(f"l{i}", 80 * seq, 800.0, tuple((i + k) % 8 for k in range(8)), sampled=8 * seq)
                  for i in range(LINKS))
    return Snapshot(seq=seq, at_ms=1_000_000 + seq * 100, run=RunState.RUNNING, links=stats)


def measure(frames: int) -> Figures:
    """Paint ``frames`` whole frames while snapshots come ten times a second."""
    from PySide6.QtWidgets import QApplication

    from tests.ui.stage import StageCaller
    from workbench.ui.bridge.workspace import Workspace
    from workbench.ui.canvas.view import FlowView
    from workbench.ui.theme.theme import theme

    app = QApplication.instance() or QApplication([])
    theme().apply(app, "light")
    caller = StageCaller()
    workspace = Workspace(Path("large.flow"), caller)
    document = large_document()
    workspace.document.replace_all(document.nodes, document.links)
    view = FlowView(workspace)
    view.resize(1280, 800)
    view.show()
    view.set_zoom(0.61)
    view.setFocus()
    view.centre_on(view.flow.drawn_rect().center())
    took, dots, seq, next_push = [], 0, 0, 0.0
    while len(took) < frames:
        if perf_counter() >= next_push:
            seq, next_push = seq + 1, perf_counter() + 0.1
            caller.push(busy_snapshot(seq))
        app.processEvents()
        began = perf_counter()
        view.viewport().repaint()
        took.append((perf_counter() - began) * 1000)
        dots = max(dots, len(view.flow.dots()))
    view.close_canvas()
    view.deleteLater()
    app.processEvents()
    warm = took[len(took) // 10 :]
    return Figures(percentile(warm, 0.5), percentile(warm, 0.95), percentile(warm, 0.99), dots)


def main(frames: int = 400) -> None:
    os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
    idle = measure(frames)
    beside = subprocess.Popen([sys.executable, "-c", _BUSY])
    try:
        busy = measure(frames)
    finally:
        beside.kill()
        beside.wait()
    for name, figures in (("idle", idle), ("busy", busy)):
        print(f"{name}: median {figures.median_ms:.1f} ms, p95 {figures.p95_ms:.1f} ms, p99 {figures.p99_ms:.1f} ms, "
              f"{figures.dots} dots")
    print(f"busy / idle p99: {busy.p99_ms / idle.p99_ms:.2f}")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 400)

"""The window's figures, each from a process of its own: first paint, a file of ten million, frames beside a busy host.

    python -m tests.bench.bench_window [paint] [open] [frames] [clients]

The imports stand where they are used, because this module is also the start of the process that is measured. Prints
medians. ``open`` makes a file of ten million events first (about 2 GB in the temporary folder). ``clients`` shows the
window on a virtual screen where there is one; with BENCH_PROFILE=FILE it leaves what the window's thread worked on
there (``python -m pstats FILE``), which costs about as much again. On a machine that others use too, go by the
processor time.
"""

from __future__ import annotations

import gc
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path
from statistics import median
from typing import Any

ROUNDS = 5
RATE, SECONDS, GROUPS = 20_000, 20, ("search", "ledger", "audit")
EVENTS, BATCH = 10_000_000, 1000
OFFSCREEN = {"QT_QPA_PLATFORM": "offscreen"}
SETTLED_MS = 5_000  # pages, charts and the first search for cycles are over


def child(file: str, began: str, seconds: str, *more: str) -> None:
    """In the process that is measured: open the window, say when it was painted, what it weighs, how frames go."""
    gc.disable()  # as workbench.ui.app.main does
    from PySide6.QtCore import QTimer

    from workbench.ui.app import parse
    from workbench.ui.application import Application

    application = Application(parse([file, "--theme", "light", *more]))
    found: dict[str, float] = {}
    watch = _Watch(os.environ.get("BENCH_PROFILE"))

    def painted() -> None:
        found["paint_s"] = time.time() - float(began)
        QTimer.singleShot(SETTLED_MS, lambda: watch.start(application.window))

    def end() -> None:
        window = application.window
        stats = window.canvas.frame_stats()
        found["rss_mib"] = int(Path("/proc/self/statm").read_text().split()[1]) * 4096 / 2**20
        found["p50_ms"], found["p99_ms"] = stats.median_ms, stats.p99_ms
        found["fps"], found["in"] = stats.fps, window.workspace.live.host.rate_in
        print(json.dumps(found | watch.figures()), flush=True)
        window.close()

    open_ = application.open

    def open_and_watch(*args, **kwargs):
        done = open_(*args, **kwargs)
        application.window.canvas.first_painted.connect(painted)
        QTimer.singleShot(int(float(seconds) * 1000), end)
        return done

    application.open = open_and_watch
    application.exec()


class _Watch:
    """The window's thread once it has settled: its processor time by frame and by snapshot, and how even frames come.
    A beat every 10 ms says how long it worked at a stretch."""

    def __init__(self, profile: str | None) -> None:
        self._profile = profile
        self._profiler: Any = None
        self._frames: list[tuple[float, float]] = []  # when a frame was painted, and its processor time
        self._work: list[float] = []
        self._snapshots = 0
        self._began: tuple[float, float] | None = None
        self._time_frames()

    def _time_frames(self) -> None:
        from workbench.ui.canvas.view import FlowView

        paint = FlowView.paintEvent

        def timed(view: Any, event: Any) -> None:
            before = time.thread_time()
            paint(view, event)
            self._frames.append((time.monotonic(), (time.thread_time() - before) * 1000))

        FlowView.paintEvent = timed  # before there is one: Qt looks it up once

    def start(self, window: Any) -> None:
        from PySide6.QtCore import Qt, QTimer

        window.workspace.live_changed.connect(lambda _: self._count())
        self._beats = QTimer(window, interval=10)
        self._beats.setTimerType(Qt.TimerType.PreciseTimer)
        self._beats.timeout.connect(self._beat)
        self._beats.start()
        self._frames.clear()
        self._began, self._used = (time.monotonic(), time.thread_time()), time.thread_time()
        if self._profile:
            import cProfile

            self._profiler = cProfile.Profile(time.thread_time)  # the time it worked, not the time it waited
            self._profiler.enable()

    def _count(self) -> None:
        self._snapshots += 1

    def _beat(self) -> None:
        now = time.thread_time()
        self._work.append((now - self._used) * 1000)
        self._used = now

    def figures(self) -> dict[str, float]:
        if self._began is None or len(self._frames) < 2:
            return {}
        if self._profiler is not None:
            self._profiler.disable()
            self._profiler.dump_stats(self._profile)
        cpu_s, wall_s = time.thread_time() - self._began[1], time.monotonic() - self._began[0]
        gaps = [(b - a) * 1000 for (a, _), (b, _) in zip(self._frames, self._frames[1:], strict=False)]
        told = {"cpu": cpu_s / wall_s, "cpu_frame_ms": cpu_s * 1000 / len(self._frames),
                "cpu_snapshot_ms": (cpu_s * 1000 - sum(ms for _, ms in self._frames)) / max(1, self._snapshots),
                "frames_s": len(self._frames) / wall_s, "work_max_ms": max(self._work)}
        for name, values in (("paint_cpu", [ms for _, ms in self._frames]), ("gap", gaps), ("work", self._work)):
            ordered = sorted(values)
            told[f"{name}_p50_ms"], told[f"{name}_p99_ms"] = median(ordered), ordered[len(ordered) * 99 // 100]
        return told


def measured(file: Path, seconds: float, *more: str, on: Mapping[str, str] = OFFSCREEN) -> dict[str, float]:
    settings = tempfile.mkdtemp()
    env = {**os.environ, "WORKBENCH_SETTINGS": settings, "WORKBENCH_LOGS": settings, **on}
    env.pop("PYTHONDONTWRITEBYTECODE", None)  # as people start it: compiled once
    command = [sys.executable, "-m", "tests.bench.bench_window", "child", str(file), str(time.time()), str(seconds)]
    run = subprocess.run([*command, *more], env=env, capture_output=True, text=True, timeout=seconds + 60, check=True)
    return json.loads(run.stdout.splitlines()[-1])


def paint(folder: Path) -> None:
    from workbench.host import make_workspace

    took = []
    for number in range(ROUNDS):
        make_workspace(folder / f"{number}.flow", "orders")
        took.append(measured(folder / f"{number}.flow", 2.5)["paint_s"])
    print(f"first paint with the sample: median {median(took):.2f} s, best {min(took):.2f} s of {ROUNDS} (goal 0.6 s)")


def open_large(folder: Path) -> None:
    from workbench.broker import Broker, encode_batch
    from workbench.core.records import Record
    from workbench.host import make_workspace

    empty, large = folder / "empty.flow", folder / "large.flow"
    make_workspace(empty)
    with Broker.create(large) as broker:
        broker.create_topic("orders", 6)
        value = b"x" * 200
        waiting = []
        for number in range(EVENTS // BATCH):
            stamp = 1_700_000_000_000 + number * 10
            batch = encode_batch([Record(b"C-%d" % (i % 500), value, (), stamp) for i in range(BATCH)], now_ms=stamp)
            waiting.append(broker.append_batch("orders", number % 6, batch))
            if len(waiting) > 64:
                waiting.pop(0).result()
        for future in waiting:
            future.result()
    here, there = measured(large, 6.0), measured(empty, 6.0)
    more = here["rss_mib"] - there["rss_mib"]
    print(f"ten million events: painted after {here['paint_s']:.2f} s (goal 1 s), empty {there['paint_s']:.2f} s; "
          f"{more:+.0f} MiB against an empty one (goal 60)")


def frames(folder: Path) -> None:
    from workbench.broker import Broker
    from workbench.cli.benchmarks.flow import drawing
    from workbench.flow import codec
    from workbench.host import make_workspace

    make_workspace(folder / "calm.flow", "orders")
    with Broker.create(folder / "busy.flow") as broker:
        broker.save_flow(codec.dumps(drawing()))
    calm = measured(folder / "calm.flow", 12.0, "--run")
    busy = measured(folder / "busy.flow", 12.0, "--run")
    print(f"painting: p99 {calm['p99_ms']:.1f} ms calm, {busy['p99_ms']:.1f} beside {busy['in']:,.0f} events/s "
          f"= {busy['p99_ms'] / calm['p99_ms']:.2f}x; {calm['fps']:.0f} and {busy['fps']:.0f} frames/s")


def clients(folder: Path) -> None:
    """20,000 events a second from a program, read by three groups of programs, all seen in the open window."""
    from tests.screen import screen

    if shutil.which("Xvfb") is None:
        _beside_clients(folder, OFFSCREEN)
        return
    with screen("1440x900") as on:
        _beside_clients(folder, on)


def _beside_clients(folder: Path, on: Mapping[str, str]) -> None:
    from concurrent.futures import ThreadPoolExecutor

    from workbench.control.client import ControlClient
    from workbench.control.messages import TakeSnapshot
    from workbench.host import make_workspace

    file = folder / "clients.flow"
    make_workspace(file, "orders")
    serve = [sys.executable, "-m", "workbench", "serve", str(file), "--kafka", "127.0.0.1:0"]
    host = subprocess.Popen(serve, stdout=subprocess.PIPE)
    assert host.stdout is not None
    address = json.loads(host.stdout.readline())["kafka"]
    watch = ControlClient.attach(file)
    program = [sys.executable, "-m", "tests.bench.clients"]
    reads = {group: subprocess.Popen([*program, "read", address, "orders", str(RATE * SECONDS), group],
                                     stdout=subprocess.PIPE) for group in GROUPS}
    write = subprocess.Popen([*program, "write", address, "orders", str(RATE), str(SECONDS)], stdout=subprocess.PIPE)
    lags, cpu, began = [], _cpu_s(host.pid), time.monotonic()
    with ThreadPoolExecutor(1) as beside:
        seen = beside.submit(measured, file, SECONDS - 3, on=on)
        while write.poll() is None:
            time.sleep(0.25)
            lags.append(sum(group.lag_records for group in watch.call(TakeSnapshot()).groups if group.name in GROUPS))
        cpu = (_cpu_s(host.pid) - cpu) / (time.monotonic() - began)
        sent = int(write.communicate()[0])
        came = {group: json.loads(read.communicate()[0])[group] for group, read in reads.items()}
        found = seen.result()
    watch.close()
    host.terminate()
    host.wait(30)
    host.stdout.close()
    lost = sum(sent - count for count, _ in came.values())
    bad = sum(disorder for _, disorder in came.values())
    print(f"clients: {sent:,} written, {lost} lost of three readings, {bad} out of order; host {cpu:.0%} of a core; "
          f"lag of the three at most {max(lags):,}, at the end {lags[-1]:,}")
    print(f"window: {found['frames_s']:.0f} frames/s, {found['cpu']:.0%} of a core = {found['cpu_frame_ms']:.1f} ms a "
          f"frame in all; painting the canvas p50 {found['paint_cpu_p50_ms']:.1f}, p99 {found['paint_cpu_p99_ms']:.1f} "
          f"ms of processor; all else {found['cpu_snapshot_ms']:.1f} ms a snapshot; at a stretch p99 "
          f"{found['work_p99_ms']:.1f}, at most {found['work_max_ms']:.1f} ms")
    print(f"by the clock: painting p50 {found['p50_ms']:.1f}, p99 {found['p99_ms']:.1f} ms; from frame to frame p50 "
          f"{found['gap_p50_ms']:.1f}, p99 {found['gap_p99_ms']:.1f} ms")


def _cpu_s(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def main() -> None:
    chosen = sys.argv[1:] or ["paint", "frames", "open"]
    with tempfile.TemporaryDirectory() as folder:
        for name in chosen:
            {"paint": paint, "open": open_large, "frames": frames, "clients": clients}[name](Path(folder))


if __name__ == "__main__":
    if sys.argv[1:2] == ["child"]:
        child(*sys.argv[2:])
    else:
        main()

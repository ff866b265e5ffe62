"""The window's figures, each from a process of its own: first paint, a file of ten million, frames beside a busy host.

    python -m tests.bench.bench_window [paint] [open] [frames] [clients]

The imports stand where they are used, because this module is also the start of the process that is measured. Prints
medians. ``open`` makes a file of ten million events first (about 2 GB in the temporary folder).
"""

from __future__ import annotations

import gc
import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from statistics import median

ROUNDS = 5
RATE, SECONDS, GROUPS = 20_000, 20, ("search", "ledger", "audit")
EVENTS, BATCH = 10_000_000, 1000


def child(file: str, began: str, seconds: str, *more: str) -> None:
    """In the process that is measured: open the window, say when it was painted, what it weighs, how frames go."""
    gc.disable()  # as workbench.ui.app.main does
    from PySide6.QtCore import Qt, QTimer

    from workbench.ui.app import parse
    from workbench.ui.application import Application

    application = Application(parse([file, "--theme", "light", *more]))
    found: dict[str, float] = {}
    late: list[float] = []
    work: list[float] = []  # of its own between two beats: what is late beyond that waited for a core
    beats, beat_s = QTimer(), 0.010
    beats.setTimerType(Qt.TimerType.PreciseTimer)
    due, used = [0.0], [0.0]

    def beat() -> None:
        now = time.monotonic()
        late.append(max(0.0, now - due[0]) * 1000)
        cpu = time.thread_time()
        work.append((cpu - used[0]) * 1000)
        due[0], used[0] = now + beat_s, cpu

    def painted() -> None:
        found["paint_s"] = time.time() - float(began)
        found["painted_at_s"], found["cpu_s"] = time.monotonic(), time.thread_time()

    def end() -> None:
        window = application.window
        stats = window.canvas.frame_stats()
        found["rss_mib"] = int(Path("/proc/self/statm").read_text().split()[1]) * 4096 / 2**20
        found["p50_ms"], found["p99_ms"] = stats.median_ms, stats.p99_ms
        found["fps"], found["in"] = stats.fps, window.workspace.live.host.rate_in
        found["cpu"] = (time.thread_time() - found["cpu_s"]) / (time.monotonic() - found["painted_at_s"])
        for name, values in (("late", late), ("work", work)):
            settled = sorted(values[len(values) // 4 :])
            found[f"{name}_p99_ms"], found[f"{name}_max_ms"] = settled[len(settled) * 99 // 100], settled[-1]
        print(json.dumps(found), flush=True)
        window.close()

    open_ = application.open

    def open_and_watch(*args, **kwargs):
        done = open_(*args, **kwargs)
        application.window.canvas.first_painted.connect(painted)
        QTimer.singleShot(int(float(seconds) * 1000), end)
        due[0] = time.monotonic() + beat_s
        beats.timeout.connect(beat)
        beats.start(int(beat_s * 1000))
        return done

    application.open = open_and_watch
    application.exec()


def measured(file: Path, seconds: float, *more: str) -> dict[str, float]:
    settings = tempfile.mkdtemp()
    env = {**os.environ, "QT_QPA_PLATFORM": "offscreen", "WORKBENCH_SETTINGS": settings, "WORKBENCH_LOGS": settings}
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
          f"{more:+.0f} MiB against an empty one (goal 60)")  # fmt: skip


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
          f"= {busy['p99_ms'] / calm['p99_ms']:.2f}x; {calm['fps']:.0f} and {busy['fps']:.0f} frames/s")  # fmt: skip


def clients(folder: Path) -> None:
    """20,000 events a second from a program, read by three groups of programs, all seen in the open window."""
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
    reads = [*program, "read", address, "orders", str(RATE * SECONDS), *GROUPS]
    writes = [*program, "write", address, "orders", str(RATE), str(SECONDS)]
    read, write = subprocess.Popen(reads, stdout=subprocess.PIPE), subprocess.Popen(writes, stdout=subprocess.PIPE)
    lags, cpu, began = [], _cpu_s(host.pid), time.monotonic()
    seen = _Window(file, SECONDS - 4)
    while write.poll() is None:
        time.sleep(0.25)
        lags.append(sum(group.lag_records for group in watch.call(TakeSnapshot()).groups if group.name in GROUPS))
    cpu = (_cpu_s(host.pid) - cpu) / (time.monotonic() - began)
    sent, came = int(write.communicate()[0]), json.loads(read.communicate()[0])
    watch.close()
    host.terminate()
    host.wait(30)
    host.stdout.close()
    found = seen.figures()
    print(f"clients: {sent:,} written, read {came} (events, out of order); host {cpu:.0%} of a core; "
          f"lag of the three at most {max(lags):,}, at the end {lags[-1]:,}; "
          f"painting p50 {found['p50_ms']:.1f}, p99 {found['p99_ms']:.1f} ms at {found['fps']:.0f} frames/s; "
          f"the window's thread {found['cpu']:.0%} of a core, "
          f"busy for p99 {found['work_p99_ms']:.1f} ms, at most {found['work_max_ms']:.1f}, "
          f"late by p99 {found['late_p99_ms']:.1f} ms, at most {found['late_max_ms']:.1f}")  # fmt: skip


def _cpu_s(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


class _Window:
    """``measured`` beside what goes on meanwhile."""

    def __init__(self, file: Path, seconds: float) -> None:
        from concurrent.futures import ThreadPoolExecutor

        self._pool = ThreadPoolExecutor(1)
        self._found = self._pool.submit(measured, file, seconds)

    def figures(self) -> dict[str, float]:
        self._pool.shutdown()
        return self._found.result()


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

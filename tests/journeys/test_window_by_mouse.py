"""The main job as a new user does it, with nothing but the mouse and the keys of a real screen.

Drag a topic, a producer and two groups, wire them, run; slow one group and see its lag grow; rewind the other to
offset 0; export; read the export with another tool. The hand is xdotool; a probe in the window's process only says
where things are.
"""

from __future__ import annotations

import json
import os
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.journeys.person import Person
from tests.screen import screen, why_not
from workbench.broker import BrokerReader
from workbench.control.endpoint import HostFile

on_a_screen = pytest.mark.skipif(bool(why_not("xdotool", "openbox")), reason=why_not("xdotool", "openbox"))


@pytest.fixture
def person(workbench, tmp_path: Path) -> Iterator[Person]:
    file = tmp_path / "shop.flow"
    workbench("new", file)
    with screen("1500x960") as env:
        env |= {f"WORKBENCH_{name}": str(tmp_path / name) for name in ("SETTINGS", "DATA", "LOGS")}
        someone = Person(env, file)
        yield someone
        someone.close()


def draw(person: Person) -> None:
    """A producer, a topic and two groups from the palette, and the links between them."""
    for part, (x, y) in (("Producer", (0.16, 0.5)), ("Topic", (0.45, 0.5)), ("Group", (0.78, 0.25)),
                         ("Group", (0.78, 0.7))):
        before = len(person.state()["nodes"])
        person.drag(person.place(part), person.point(ask="canvas", x=x, y=y))
        person.wait(lambda s, n=before: len(s["nodes"]) == n + 1, f"dropping a {part}")
    for source, target in (("producer", "topic"), ("topic", "group"), ("topic", "group-2")):
        person.drag(person.point(ask="port", node=source, side="out"), person.point(ask="port", node=target, side="in"))
        person.wait(lambda s, link=[source, target]: link in s["links"], f"linking {source} to {target}")


def check(exported: Path, file: Path) -> None:
    """Read the export without the workbench: every kept record once, keys always in the same partition."""
    records = [json.loads(line) for line in exported.read_text(encoding="utf-8").splitlines()]
    with BrokerReader(file) as reader:
        kept = {b.partition: range(b.log_start, b.end) for b in reader.bounds("topic")}
    found = sorted((r["partition"], r["offset"]) for r in records)
    assert found == [(partition, offset) for partition, offsets in sorted(kept.items()) for offset in offsets]
    homes: dict[str, set[int]] = {}
    for record in records:
        assert record["value"]["customer"] == record["key"]
        homes.setdefault(record["key"], set()).add(record["partition"])
    assert all(len(partitions) == 1 for partitions in homes.values())


@pytest.mark.xvfb
@pytest.mark.slow
@pytest.mark.timeout(240)
@on_a_screen
def test_the_main_job_by_mouse(person: Person, tmp_path: Path):
    person.wait(lambda s: s["connected"] and s["width"] > 1000, "the window with its broker")
    draw(person)

    person.click("Run")
    person.wait(lambda s: s["run"] == "running" and s["end"].get("topic", 0) > 100, "the flow running")

    person.click_at(*person.point(ask="body", node="group"))
    person.click("Settings")
    person.click("Processing time")
    person.type("200")
    person.wait(lambda s: s["lag"]["group"] > 60 > 3 * s["lag"]["group-2"], "the slow group falling behind")

    person.click_at(*person.point(ask="body", node="group-2"))
    person.hand("key", "r")
    person.click("Where to: Offset")
    person.click("Where to start")
    person.hand("type", "0")
    person.click("Replay * records")
    resets = person.wait_file(lambda reader: reader.journal(kinds=("reset",)), "the rewind")
    assert resets[0].group == "group-2"
    assert {after for _, _, after in resets[0].moves} == {0}
    person.wait_file(lambda r: [e for e in r.journal(kinds=("done",), limit=100_000) if e.again],
                     "records read again")
    person.click("Stop")
    person.wait(lambda s: s["run"] == "stopped", "the flow stopping")

    person.hand("key", "ctrl+e")
    person.click("File to write")
    person.type(str(out := tmp_path / "session.jsonl"), enter=False)
    person.click("Export")
    person.wait(lambda _: out.exists(), "the export")
    check(out, person.file)


@pytest.mark.xvfb
@pytest.mark.slow
@pytest.mark.timeout(240)
@on_a_screen
def test_killed_host_and_killed_window_lose_nothing(person: Person):
    person.wait(lambda s: s["connected"] and s["width"] > 1000, "the window with its broker")
    draw(person)
    person.click("Run")
    person.wait(lambda s: s["end"].get("topic", 0) > 100, "the flow running")

    acknowledged = person.state()["end"]["topic"]
    os.kill(HostFile.read(person.file).pid, signal.SIGKILL)
    seen = person.wait(lambda s: not s["connected"] and "The broker stopped at" in s["said"], "the bar that says so")
    assert "Nothing acknowledged was lost" in seen["said"]
    assert len(seen["nodes"]) == 4 and seen["end"]["topic"] >= acknowledged  # it goes on showing what it has
    person.click("Restart")
    back = person.wait(lambda s: s["connected"] and not s["said"] and s["end"].get("topic", 0) > 0, "the broker back")
    assert back["end"]["topic"] >= acknowledged

    host = HostFile.read(person.file).pid
    person.kill()
    person.open()
    there = person.wait(lambda s: s["connected"], "a new window with the broker of the old one")
    assert HostFile.read(person.file).pid == host
    assert there["nodes"] == ["group", "group-2", "producer", "topic"] and len(there["links"]) == 3

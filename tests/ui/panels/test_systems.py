"""Attached systems in the window: over a real host, with our own Kafka listener as the cluster."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from listeners.serving import Served, serving

from workbench.control.connections import AddConnection, Attach, Detach
from workbench.control.messages import Subscribe
from workbench.core.capabilities import ACTS, capabilities
from workbench.core.records import Record
from workbench.core.snapshot import AttachedStat, GroupPartitionStat, GroupStat, PartitionStat, Snapshot, TopicStat
from workbench.host import LocalHost, make_workspace
from workbench.ui.bridge.operation import wait_for_work
from workbench.ui.bridge.workspace import Workspace
from workbench.ui.dialogs.attach import AttachDialog
from workbench.ui.models.attached import held_words, with_attached
from workbench.ui.panels.lists.groups import GroupsPanel
from workbench.ui.panels.records.panel import RecordsPanel
from workbench.ui.panels.systems.panel import SystemsPanel

WITHIN_MS = 30_000


@pytest.fixture
def far(tmp_path: Path) -> Iterator[Served]:
    with serving(tmp_path / "far.flow") as served:
        served.broker.create_topic("orders", 2)
        for number in range(40):
            record = Record(b"k%d" % number, b'{"n": %d}' % number, (), 1_795_000_000_000 + number)
            served.broker.append("orders", number % 2, [record]).result()
        yield served


@pytest.fixture
def workspace(qtbot, tmp_path: Path, monkeypatch) -> Iterator[Workspace]:
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    make_workspace(tmp_path / "mine.flow")
    made = Workspace(tmp_path / "mine.flow", LocalHost(tmp_path / "mine.flow"))
    made.call(Subscribe(10.0))
    yield made
    wait_for_work()
    made.close()


def attach(qtbot, workspace: Workspace, address: str) -> None:
    workspace.call(AddConnection("staging", "kafka", address))
    workspace.call(Attach("staging"))
    qtbot.waitUntil(lambda: ready(workspace) is not None, timeout=WITHIN_MS)


def ready(workspace: Workspace) -> AttachedStat | None:
    system = workspace.live.connection("staging")
    return system if system is not None and system.state == "ready" else None


def shown(qtbot, widget, width: int = 900):
    qtbot.addWidget(widget)
    widget.resize(width, 500)
    widget.show()
    return widget


def values(panel: RecordsPanel) -> list[bytes | None]:
    records = [panel.model.record(row) for row in range(panel.model.rowCount())]
    return [record.value for record in records if record is not None]


def test_its_records_are_read_tailed_and_filtered_and_nothing_is_written_to_it(qtbot, workspace, far):
    attach(qtbot, workspace, far.address)
    panel = shown(qtbot, RecordsPanel(workspace))
    panel.show_topic("orders", "staging")
    qtbot.waitUntil(lambda: len(values(panel)) == 40, timeout=WITHIN_MS)
    assert values(panel)[:2] == [b'{"n": 39}', b'{"n": 38}'], "by time, the newest first"
    assert panel.bar.topic.text() == "staging / orders"
    far.broker.append("orders", 0, [Record(None, b'{"n": 40}', (), 1_795_000_000_100)]).result()
    qtbot.waitUntil(lambda: values(panel)[:1] == [b'{"n": 40}'], timeout=WITHIN_MS)
    panel.bar.filter.setText("value.n >= 39")
    qtbot.waitUntil(lambda: values(panel) == [b'{"n": 40}', b'{"n": 39}'], timeout=WITHIN_MS)
    panel.table.selectRow(0)
    qtbot.waitUntil(lambda: panel.detail.record is not None)
    for button in (panel.detail.publish, panel.detail.edit):
        assert not button.isEnabled() and "writing is off" in button.toolTip()


def test_what_is_filtered_of_it_is_exported(qtbot, workspace, far, tmp_path):
    attach(qtbot, workspace, far.address)
    panel = shown(qtbot, RecordsPanel(workspace))
    panel.show_topic("orders", "staging")
    qtbot.waitUntil(lambda: len(values(panel)) == 40, timeout=WITHIN_MS)
    panel.bar.filter.setText("value.n >= 37")
    qtbot.waitUntil(lambda: values(panel) == [b'{"n": 39}', b'{"n": 38}', b'{"n": 37}'], timeout=WITHIN_MS)
    panel.table.selectAll()
    with qtbot.waitSignal(workspace.notice, timeout=WITHIN_MS):
        panel.acts.export_into(tmp_path / "far.jsonl")
    lines = [json.loads(line) for line in (tmp_path / "far.jsonl").read_text().splitlines()]
    assert [(each["topic"], each["value"]) for each in lines] == [("orders", {"n": n}) for n in (37, 38, 39)]


def test_a_topic_deleted_there_is_said_and_what_was_read_stays_named(qtbot, workspace, far):
    attach(qtbot, workspace, far.address)
    panel = shown(qtbot, RecordsPanel(workspace))
    panel.show_topic("orders", "staging")
    qtbot.waitUntil(lambda: len(values(panel)) == 40, timeout=WITHIN_MS)
    far.broker.delete_topic("orders")
    qtbot.waitUntil(lambda: "no longer on @staging" in panel.banner.words.text(), timeout=WITHIN_MS)
    assert panel.topic == "orders"
    workspace.call(Detach("staging"))
    qtbot.waitUntil(lambda: panel.topic == "", timeout=WITHIN_MS)


def test_the_dialog_tries_before_it_keeps(qtbot, workspace, far):
    dialog = AttachDialog(workspace)
    qtbot.addWidget(dialog)
    dialog.open()
    qtbot.waitUntil(lambda: dialog.known.count() == 1, timeout=WITHIN_MS)
    assert not dialog.test.isEnabled() and not dialog.attach.isEnabled()
    dialog.name.setText("staging")
    dialog.address.setText("127.0.0.1:1")
    dialog.test.click()
    qtbot.waitUntil(lambda: "can't be reached" in dialog.said.text(), timeout=WITHIN_MS)
    dialog.address.setText(far.address)
    dialog.options.setPlainText("sasl.password=hunter2")
    dialog.test.click()
    qtbot.waitUntil(lambda: "is a secret" in dialog.said.text(), timeout=WITHIN_MS)
    dialog.options.clear()
    dialog.test.click()
    qtbot.waitUntil(lambda: dialog.said.text() == "Reached: 1 broker, 1 topic.", timeout=WITHIN_MS)
    dialog.add.click()
    qtbot.waitUntil(lambda: ready(workspace) is not None, timeout=WITHIN_MS)
    qtbot.waitUntil(lambda: "attached" in dialog.known.item(0).text(), timeout=WITHIN_MS)
    dialog.attach.click()
    qtbot.waitUntil(lambda: not workspace.live.attached, timeout=WITHIN_MS)
    dialog.close()


# -- by values ------------------------------------------------------------------------------------------------
def group(name: str) -> GroupStat:
    return GroupStat(name, "Stable", partitions=(GroupPartitionStat("orders", 0, 0, 100, 40),))


SYSTEM = AttachedStat("staging", "kafka", "ready", as_of_ms=1_795_443_156_204, groups=(group("billing"),),
                      topics=tuple(TopicStat(f"t{n:04}", "stream", (PartitionStat(0, 0, n),)) for n in range(1_000)),
                      lacks=(("reset", "No."), ("delete_group", "No.")))


@pytest.fixture
def quiet(qtbot, tmp_path: Path) -> Iterator[Workspace]:
    made = Workspace(tmp_path / "none.flow", None)
    made._take_snapshot(Snapshot(1, 1, groups=(group("billing"),), attached=(SYSTEM,)))
    yield made
    made.close()


def test_its_topics_are_found_by_name_among_a_thousand(qtbot, quiet):
    panel = shown(qtbot, SystemsPanel(quiet), 200)
    here = panel.model.index(0, 0)
    assert panel.model.rowCount(here) == 1_001 and panel.tree.isExpanded(here)
    panel.search.setText("0999")
    assert [panel.model.value(panel.model.index(row, 0, here)).name for row in range(panel.model.rowCount(here))] == [
        "t0999"
    ]
    with qtbot.waitSignal(panel.records_wanted) as told:
        panel.tree.activated.emit(panel.model.index(0, 0, here))
    assert told.args == ["t0999", "staging"]


def test_a_new_look_at_the_same_topics_moves_nothing(qtbot, quiet):
    panel = shown(qtbot, SystemsPanel(quiet), 200)
    panel.tree.setExpanded(panel.model.index(0, 0), False)
    resets = []
    panel.model.modelReset.connect(lambda: resets.append(1))
    quiet._take_snapshot(Snapshot(2, 2, attached=(replace(SYSTEM, as_of_ms=SYSTEM.as_of_ms + 1_000),)))
    assert not resets and not panel.tree.isExpanded(panel.model.index(0, 0))


def test_it_says_in_words_why_a_system_fails_and_when_it_is_tried(qtbot, quiet):
    panel = shown(qtbot, SystemsPanel(quiet), 200)
    assert not panel.trouble.isVisible()
    failing = replace(SYSTEM, state="failing", reason="It is gone.", next_try_ms=SYSTEM.as_of_ms + 4_000)
    quiet._take_snapshot(Snapshot(2, 2, attached=(failing,)))
    assert panel.trouble.isVisible()
    assert panel.trouble.text().startswith("@staging is out of reach. It is gone. It is tried again at ")


def test_its_groups_stand_beside_those_of_the_file_and_their_acts_say_why_not(qtbot, quiet):
    assert [g.name for g in with_attached(quiet.shown, quiet.live).groups] == ["billing", "staging / billing"]
    panel = shown(qtbot, GroupsPanel(quiet))
    assert [g.name for g in panel.model.rows] == ["billing", "staging / billing"]
    menu = panel.menu_for(panel.model.rows[1])
    assert {a.text(): (a.isEnabled(), a.toolTip()) for a in menu.actions() if a.text()[:6] in ("Replay", "Delete")} == {
        "Replay from… (R)": (False, "No."), "Delete its offsets…": (False, "No."),
    }


def test_one_vocabulary_tells_what_can_be_done():
    snapshot = Snapshot(attached=(SYSTEM,))
    assert {act: capabilities(snapshot).why_not(act) for act in ACTS} == dict.fromkeys(ACTS, "")
    assert capabilities(snapshot, "staging").why_not("reset") == "No."
    assert capabilities(snapshot, "staging").why_not("browse") == ""
    assert "not attached" in capabilities(snapshot, "gone").why_not("browse")


# -- queues, and what is not counted --------------------------------------------------------------------------
QUEUES = AttachedStat("shop", "rabbitmq", "ready", as_of_ms=1_795_443_156_204, counts="Counts are old.",
                      topics=(TopicStat("work", "queue", (PartitionStat(0, 0, 12),)),
                              TopicStat("log", "stream", (PartitionStat(0, 5, 12),)),
                              TopicStat("shards", "stream", (PartitionStat(0, 0, 0),), counted=False)),
                      lacks=(("peek", "Looking marks them as redelivered."),))


def test_a_queue_that_looking_disturbs_says_so_instead_of_being_shown(qtbot, quiet):
    quiet._take_snapshot(Snapshot(2, 2, attached=(QUEUES,)))
    panel = shown(qtbot, SystemsPanel(quiet), 200)
    here = panel.model.index(0, 0)
    with qtbot.assertNotEmitted(panel.records_wanted), qtbot.waitSignal(quiet.failed) as told:
        panel.tree.activated.emit(panel.model.index(0, 0, here))
    assert told.args[0].message == "Looking marks them as redelivered."
    show = panel.menu_for(QUEUES, QUEUES.topics[0]).actions()[0]
    assert (show.isEnabled(), show.toolTip()) == (False, "Looking marks them as redelivered.")
    with qtbot.waitSignal(panel.records_wanted) as told:
        panel.tree.activated.emit(panel.model.index(1, 0, here))
    assert told.args == ["log", "shop"]


def test_what_is_estimated_or_not_counted_is_shown_as_such():
    assert [held_words(QUEUES, topic) for topic in QUEUES.topics] == [
        "about 12 waiting", "7 kept, 1 partition", "1 partition"
    ]
    assert held_words(replace(QUEUES, counts=""), QUEUES.topics[0]) == "12 waiting"

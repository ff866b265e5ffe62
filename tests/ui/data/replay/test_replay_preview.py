"""The preview of a move: the mockup's words and figures, the form, refusals, a new group, and undo."""

from __future__ import annotations

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QWidget

from tests.ui.stage import PAST_MS, orders_file
from workbench.control.messages import ApplyReset, DeleteTopic
from workbench.core.errors import Invalid
from workbench.core.offsets import ResetSpec
from workbench.host import LocalHost
from workbench.ui.bridge.operation import wait_for_work
from workbench.ui.bridge.workspace import Workspace
from workbench.ui.panels.replay import sentences as replaying
from workbench.ui.panels.replay.preview import ReplayPreview, open_replay_preview


@pytest.fixture
def ground(stage):
    made = QWidget()
    stage.show(made, 1000, 700)
    return made


def opened(stage, ground, spec=None, origin=None) -> ReplayPreview:
    preview = open_replay_preview(stage.workspace, ground, "shipping", spec, topic="orders", origin=origin)
    stage.qtbot.waitUntil(lambda: preview.apply.isEnabled())
    return preview


def test_it_reads_as_the_mockup_does(stage, ground):
    preview = opened(stage, ground, ResetSpec("time", PAST_MS), (0, 48_120))
    assert preview.title.text() == "Replay group shipping from offset 48,120"
    assert "orders/0 at 48,120 is the first record at or after <b>2026-11-23 14:02:11</b>" in preview.sentence.text()
    assert preview.apply.text() == "Replay 268,055 records"
    assert preview.moves.total.text() == "268,055"
    assert preview.pause.text() == "Pause both members, move, resume · about 0.3 s without reading"
    assert preview.warning_words.text().startswith("Retention reaches these offsets in 4 min 35 s, and shipping-2")
    assert preview.hold.isChecked() and preview.hold.text() == "Hold retention of orders until the replay ends"


def test_it_is_as_high_as_its_rows(stage, ground):
    preview = opened(stage, ground, ResetSpec("time", PAST_MS), (0, 48_120))
    preview.grab()
    table, total = preview.moves.table, preview.moves.total.parentWidget()
    last = table.rowViewportPosition(5) + table.rowHeight(5)
    assert 0 <= table.viewport().height() - last <= 2
    assert total.y() - table.geometry().bottom() <= 4
    assert preview.moves.height() - total.geometry().bottom() <= 2
    assert preview.pause.mapTo(preview, QPoint(0, 0)).y() - preview.moves.geometry().bottom() < 60


def test_applying_holds_retention_and_undo_brings_the_old_offsets_back(stage, ground):
    preview = opened(stage, ground, ResetSpec("time", PAST_MS), (0, 48_120))
    with stage.qtbot.waitSignal(stage.workspace.notice):
        QTest.mouseClick(preview.apply, Qt.MouseButton.LeftButton)
    sent = stage.caller.of(ApplyReset)
    assert len(sent) == 1 and sent[0].pause_members and sent[0].hold_retention
    stage.workspace.undo_stack.undo()
    stage.qtbot.waitUntil(lambda: len(stage.caller.of(ApplyReset)) == 2)
    back = stage.caller.of(ApplyReset)[1]
    assert back.spec == ResetSpec("offsets", offsets={0: 98_398, 1: 97_218, 2: 99_090, 3: 88_134, 4: 86_363, 5: 87_229})
    stage.workspace.undo_stack.redo()
    stage.qtbot.waitUntil(lambda: len(stage.caller.of(ApplyReset)) == 3)
    assert stage.caller.of(ApplyReset)[2].spec.offsets[0] == 48_120


def test_the_form_previews_while_it_is_typed(stage, ground):
    preview = opened(stage, ground)
    assert preview.title.text() == "Replay group shipping from 14:02:36"
    QTest.mouseClick(preview.mode.button("earliest"), Qt.MouseButton.LeftButton)
    stage.qtbot.waitUntil(lambda: preview.title.text() == "Replay group shipping from the beginning")
    QTest.mouseClick(preview.mode.button("shift"), Qt.MouseButton.LeftButton)
    QTest.keyClicks(preview.where, "-1,000")
    stage.qtbot.waitUntil(lambda: preview.apply.text() == "Replay 6,000 records")
    QTest.mouseClick(preview.mode.button("latest"), Qt.MouseButton.LeftButton)
    stage.qtbot.waitUntil(lambda: preview.apply.text() == "Skip 32,087 records")


def test_what_cannot_be_read_is_said_under_the_field(stage, ground):
    preview = opened(stage, ground)
    preview.where.setText("half past two")
    stage.qtbot.waitUntil(lambda: bool(preview.form_error.text()))
    assert "is not a time" in preview.form_error.text()
    assert not preview.apply.isEnabled()


@pytest.fixture
def hosted(qtbot, tmp_path):
    """A window over a real host, with the topic orders in its file."""
    path = orders_file(tmp_path)
    workspace = Workspace(path, LocalHost(path))
    ground = QWidget()
    qtbot.addWidget(ground)
    ground.resize(1000, 700)
    with qtbot.waitExposed(ground):
        ground.show()
    yield workspace, ground
    wait_for_work()
    workspace.close()


def test_a_host_that_refuses_to_plan_is_quoted(qtbot, hosted):
    workspace, ground = hosted
    preview = open_replay_preview(workspace, ground, "shipping", ResetSpec("earliest"), topic="parcels")
    qtbot.waitUntil(lambda: "There is no topic parcels." in preview.refused.words.text())
    assert preview.refused.isVisible() and not preview.apply.isEnabled()


def test_a_host_that_refuses_to_move_is_quoted_and_may_be_asked_again(qtbot, hosted):
    workspace, ground = hosted
    preview = open_replay_preview(workspace, ground, "shipping", ResetSpec("earliest"), topic="orders")
    qtbot.waitUntil(preview.apply.isEnabled)
    workspace.call(DeleteTopic("orders"))
    QTest.mouseClick(preview.apply, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: "There is no topic orders." in preview.refused.words.text())
    assert preview.isVisible() and preview.apply.isEnabled()
    assert workspace.undo_stack.isClean() and workspace.undo_stack.count() == 0


def test_reading_as_a_new_group_leaves_the_old_one_alone(stage, ground):
    preview = opened(stage, ground, ResetSpec("time", PAST_MS))
    preview.anew.click()
    assert preview.new_name.text() == "shipping-replay"
    with stage.qtbot.waitSignal(stage.workspace.notice):
        QTest.mouseClick(preview.apply, Qt.MouseButton.LeftButton)
    sent = stage.caller.of(ApplyReset)[0]
    assert sent.group == "shipping-replay" and sent.spec.offsets[3] == 48_455
    document = stage.workspace.document
    node = document.named("group", "shipping-replay")
    assert node is not None and [s.name for s in document.sources_of(node.id)] == ["orders"]
    stage.workspace.undo_stack.undo()
    assert document.named("group", "shipping-replay") is None


def test_escape_closes_it_and_takes_the_arrows_away(stage, ground):
    preview = opened(stage, ground, ResetSpec("time", PAST_MS))
    with stage.qtbot.waitSignal(stage.workspace.plan_shown) as shown:
        QTest.keyClick(preview, Qt.Key.Key_Escape)
    assert shown.args == [None]


def test_only_one_preview_is_open(stage, ground):
    opened(stage, ground, ResetSpec("time", PAST_MS))
    second = opened(stage, ground, ResetSpec("earliest"))
    stage.qtbot.waitUntil(lambda: ground.findChildren(ReplayPreview) == [second])


def test_targets_are_read_as_people_type_them():
    assert replaying.read_spec("time", "14:02:11", PAST_MS) == ResetSpec("time", PAST_MS // 1000 * 1000)
    assert replaying.read_spec("duration", "PT10M", 0) == ResetSpec("duration", 600_000)
    assert replaying.read_spec("offset", "48,120", 0) == ResetSpec("offset", 48_120)
    assert replaying.read_spec("group", "billing", 0) == ResetSpec("group", group="billing")
    for mode in ("offset", "shift", "time", "duration"):
        with pytest.raises(Invalid):
            replaying.read_spec(mode, "nonsense", 0)

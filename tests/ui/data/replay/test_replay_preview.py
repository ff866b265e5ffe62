"""The preview of a move: the mockup's words and figures, the form, refusals, a new group, and undo."""

from __future__ import annotations

import pytest
from PySide6.QtCore import QEvent, QPoint, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QLineEdit, QPushButton, QWidget

from tests.ui.stage import NOW_MS, PAST_MS, orders_file, orders_snapshot
from workbench.control.messages import ApplyReset, DeleteTopic, PlanReset
from workbench.core.errors import Invalid
from workbench.core.offsets import ResetMove, ResetSpec
from workbench.host import LocalHost
from workbench.session.resets import read_spec
from workbench.ui.bridge.operation import wait_for_work
from workbench.ui.bridge.workspace import Workspace
from workbench.ui.panels.replay.preview import ReplayPreview, open_replay_preview
from workbench.ui.panels.replay.sentences import sentence


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
    before = {0: 98_398, 1: 97_218, 2: 99_090, 3: 88_134, 4: 86_363, 5: 87_229}
    assert back.spec == ResetSpec("offsets", places={"orders": before})
    stage.workspace.undo_stack.redo()
    stage.qtbot.waitUntil(lambda: len(stage.caller.of(ApplyReset)) == 3)
    assert stage.caller.of(ApplyReset)[2].spec.places["orders"][0] == 48_120


def test_the_form_previews_while_it_is_typed(stage, ground):
    preview = opened(stage, ground)
    assert preview.title.text() == "Replay group shipping from 14:02:36"
    QTest.mouseClick(preview.form.mode.button("earliest"), Qt.MouseButton.LeftButton)
    stage.qtbot.waitUntil(lambda: preview.title.text() == "Replay group shipping from the beginning")
    QTest.mouseClick(preview.form.mode.button("shift"), Qt.MouseButton.LeftButton)
    QTest.keyClicks(preview.form.where, "-1,000")
    stage.qtbot.waitUntil(lambda: preview.apply.text() == "Replay 6,000 records")
    QTest.mouseClick(preview.form.mode.button("latest"), Qt.MouseButton.LeftButton)
    stage.qtbot.waitUntil(lambda: preview.apply.text() == "Skip 32,087 records")


def test_what_cannot_be_read_is_said_under_the_field(stage, ground):
    preview = opened(stage, ground)
    preview.form.where.setText("half past two")
    stage.qtbot.waitUntil(lambda: bool(preview.form.error.text()))
    assert "is not a time" in preview.form.error.text()
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
    assert sent.group == "shipping-replay" and sent.spec.places["orders"][3] == 48_455
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
    assert read_spec("time", "14:02:11", PAST_MS) == ResetSpec("time", PAST_MS // 1000 * 1000)
    assert read_spec("duration", "PT10M", 0) == ResetSpec("duration", 600_000)
    assert read_spec("offset", "48,120", 0) == ResetSpec("offset", 48_120)
    assert read_spec("group", "billing", 0) == ResetSpec("group", group="billing")
    for mode in ("offset", "shift", "time", "duration"):
        with pytest.raises(Invalid):
            read_spec(mode, "nonsense", 0)


# -- the number that is said is the number that is done ----------------------------------------------------
def test_the_preview_follows_the_group_while_it_reads_on(stage, ground):
    preview = opened(stage, ground, ResetSpec("time", PAST_MS))
    before = len(stage.caller.of(PlanReset))
    for later in (400, 800):
        stage.push(orders_snapshot(NOW_MS + later))
    stage.qtbot.waitUntil(lambda: len(stage.caller.of(PlanReset)) > before)
    assert preview.apply.isEnabled()


def test_the_act_carries_the_offsets_that_were_shown_at_the_press(stage, ground):
    preview = opened(stage, ground, ResetSpec("shift", -100))
    said = preview.apply.text()
    QTest.mousePress(preview.apply, Qt.MouseButton.LeftButton)
    stage.caller.ahead = 40  # the group reads on between the press and the move
    preview._ask_again()
    wait_for_work()
    assert preview.apply.text() == said == "Replay 600 records"
    with stage.qtbot.waitSignal(stage.workspace.notice) as told:
        QTest.mouseRelease(preview.apply, Qt.MouseButton.LeftButton)
    sent = stage.caller.of(ApplyReset)[0]
    assert sent.spec.places["orders"][0] == 98_398 - 100
    assert told.args == ["shipping moved. 600 records to read again, and 240 that it read just before it moved."]


def test_without_a_plan_the_button_keeps_no_old_number(stage, ground):
    preview = opened(stage, ground)
    preview.form.where.setText("half past two")
    stage.qtbot.waitUntil(lambda: not preview.apply.isEnabled())
    assert preview.apply.text() == "Replay"


# -- one partition alone, and as it stood -------------------------------------------------------------------
def test_partitions_may_stay_where_they_are(stage, ground):
    preview = opened(stage, ground, ResetSpec("shift", -100))
    preview.moves.only("orders", 2)
    assert preview.apply.text() == "Replay 100 records"
    assert preview.moves.total.text() == "100"
    preview.moves.none.click()
    assert not preview.apply.isEnabled() and preview.apply.text() == "Nothing moves"
    table = preview.moves.table
    table.setFocus()
    table.setCurrentIndex(table.model().index(4, 0))
    QTest.keyClick(table, Qt.Key.Key_Space)
    assert preview.apply.text() == "Replay 100 records"
    with stage.qtbot.waitSignal(stage.workspace.notice):
        preview.apply.click()
    assert stage.caller.of(ApplyReset)[0].spec == ResetSpec("offsets", places={"orders": {4: 86_263}})


def test_a_group_goes_back_to_the_offsets_it_had_at_the_moment_that_is_shown(stage, ground):
    stage.workspace.show_past(PAST_MS, orders_snapshot(PAST_MS))
    preview = opened(stage, ground)
    preview.form.mode.button("stood").click()
    stage.qtbot.waitUntil(lambda: preview.title.text() == "Move group shipping to where it stood at 14:02:11")
    with stage.qtbot.waitSignal(stage.workspace.notice):
        preview.apply.click()
    then = {p.partition: p.committed for p in orders_snapshot(PAST_MS).group("shipping").partitions}
    assert stage.caller.of(ApplyReset)[0].spec.places == {"orders": then}
    stage.qtbot.waitUntil(lambda: stage.workspace.at_ms is None)


@pytest.mark.parametrize(
    ("typed", "ms"), [("7m", 420_000), ("7 min", 420_000), ("1 h 30", 5_400_000), ("PT1H", 3_600_000)]
)
def test_back_by_is_read_as_people_type_it(stage, ground, typed, ms):
    preview = opened(stage, ground)
    preview.form.mode.button("duration").click()
    preview.form.where.setText(typed)
    stage.qtbot.waitUntil(lambda: stage.caller.of(PlanReset)[-1].spec == ResetSpec("duration", ms))
    assert not preview.form.error.isVisible()


# -- a card over its window -----------------------------------------------------------------------------------
class Behind(QWidget):
    """A window with something to type in, that counts the keys it gets."""

    def __init__(self) -> None:
        super().__init__()
        self.keys: list[int] = []
        self.first, self.last = QLineEdit(self), QPushButton("New", self)
        self.last.move(0, 40)

    def keyPressEvent(self, event) -> None:
        self.keys.append(event.key())


@pytest.fixture
def behind(stage):
    made = Behind()
    stage.show(made, 1000, 700)
    made.activateWindow()
    made.first.setFocus()
    stage.qtbot.waitUntil(made.first.hasFocus)
    return made


def test_tab_walks_inside_and_escape_gives_the_focus_back(stage, behind):
    preview = opened(stage, behind)
    assert preview.form.where.hasFocus() and preview.form.where.selectedText()
    seen = set()
    for _ in range(24):
        held = QApplication.focusWidget()
        assert preview.isAncestorOf(held)
        seen.add(held)
        QTest.keyClick(held, Qt.Key.Key_Tab)
    assert {preview.form.where, preview.apply, preview.cancel, preview.moves.table} <= seen
    QTest.keyClick(QApplication.focusWidget(), Qt.Key.Key_L)
    QTest.keyClick(QApplication.focusWidget(), Qt.Key.Key_Escape)
    stage.qtbot.waitUntil(lambda: not behind.findChildren(ReplayPreview))
    assert behind.first.hasFocus() and behind.keys == []


def test_after_the_replay_the_focus_is_where_it_was(stage, behind):
    preview = opened(stage, behind, ResetSpec("shift", -100))
    stage.qtbot.waitUntil(preview.apply.hasFocus)
    with stage.qtbot.waitSignal(stage.workspace.notice):
        QTest.keyClick(preview.apply, Qt.Key.Key_Space)
    stage.qtbot.waitUntil(lambda: not behind.findChildren(ReplayPreview))
    assert behind.first.hasFocus()


def test_what_the_window_lifts_never_covers_it(stage, behind):
    early, late = QWidget(behind), QWidget(behind)
    early.setObjectName("qt_qmainwindow_extended_splitter")
    preview = opened(stage, behind, ResetSpec("shift", -100))
    late.setObjectName("qt_qmainwindow_extended_splitter")
    QApplication.postEvent(behind, QEvent(QEvent.Type.LayoutRequest))
    stage.qtbot.waitUntil(lambda: late in preview._handles)
    for handle in (early, late):
        handle.show()
        handle.setGeometry(preview.geometry())
        handle.raise_()
        at = preview.apply.mapTo(behind, preview.apply.rect().center())
        assert behind.childAt(at) is preview.apply


@pytest.mark.parametrize("size", [(1024, 640), (1024, 560), (1440, 900)])
def test_all_of_it_is_inside_the_window(stage, size):
    made = QWidget()
    stage.show(made, *size)
    preview = opened(stage, made)
    stage.qtbot.waitUntil(lambda: preview.moves.isVisible())
    assert made.rect().contains(preview.geometry())
    assert preview.rect().contains(preview.apply.geometry())


def test_the_choices_are_walked_by_arrows_alone(stage, behind):
    preview = opened(stage, behind)
    QTest.keyClick(preview.form.where, Qt.Key.Key_Backtab, Qt.KeyboardModifier.ShiftModifier)
    assert preview.form.mode.button("time").hasFocus()
    for key in ("offset", "earliest", "latest", "shift", "duration"):
        QTest.keyClick(QApplication.focusWidget(), Qt.Key.Key_Right)
        assert preview.form.mode.current == key and preview.form.mode.button(key).hasFocus()
    QTest.keyClick(QApplication.focusWidget(), Qt.Key.Key_Tab)
    assert preview.form.where.hasFocus()
    QTest.keyClicks(preview.form.where, "7 min")
    stage.qtbot.waitUntil(lambda: stage.caller.of(PlanReset)[-1].spec == ResetSpec("duration", 420_000))


def test_a_time_after_all_records_is_not_said_to_have_one():
    ended, later = ResetMove("orders", 0, 5, 40, 0, 40), ResetMove("orders", 1, 5, 30, 0, 40)
    spec = ResetSpec("time", NOW_MS)
    assert sentence(spec, (ended, ended), None).startswith("No record is of <b>")
    assert sentence(spec, (ended, later), None).startswith("orders/1 at 30 is the first record at or after")

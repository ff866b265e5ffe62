"""Deleted topics in the window: listed, restored, let go after a question."""

from __future__ import annotations

from PySide6.QtCore import QPoint
from PySide6.QtWidgets import QMenu

from tests.ui.stage import NOW_MS
from workbench.control.messages import Push
from workbench.control.transfers import DeletedTopicInfo, DropDeletedTopic, RestoreTopic
from workbench.core.changes import Changes
from workbench.ui.dialogs.ask import Question
from workbench.ui.dialogs.deleted_topics import DeletedTopicsDialog


def test_the_topic_list_s_menu_leads_to_what_was_deleted_and_back(open_window, caller, qtbot):
    caller.deleted = [DeletedTopicInfo("old-orders", "stream", 6, 1_200, 5 << 20, NOW_MS + 3_600_000),
                      DeletedTopicInfo("jobs", "queue", 1, 3, 400, NOW_MS + 60_000)]
    window = open_window()
    window.topics.open_more(QPoint(0, 0))
    menu = window.topics.findChildren(QMenu)[-1]
    next(action for action in menu.actions() if action.text() == "Deleted topics…").trigger()
    dialog = window.findChild(DeletedTopicsDialog)
    qtbot.waitUntil(lambda: set(dialog.rows) == {"old-orders", "jobs"})
    assert "1,200 records" in dialog.rows["old-orders"].about.text()
    assert "queue" in dialog.rows["jobs"].about.text()

    dialog.rows["old-orders"].restore.click()
    qtbot.waitUntil(lambda: set(dialog.rows) == {"jobs"})
    assert caller.of(RestoreTopic) == [RestoreTopic("old-orders")]

    dialog.rows["jobs"].drop.click()
    question = dialog.findChild(Question)
    assert "3 records" in question.lost.text() and not caller.of(DropDeletedTopic)
    question.go_on.click()
    qtbot.waitUntil(lambda: dialog.empty.isVisible() and not dialog.rows)
    assert caller.of(DropDeletedTopic) == [DropDeletedTopic("jobs")]
    dialog.reject()


def test_what_is_let_go_elsewhere_leaves_the_list(open_window, caller, qtbot):
    caller.deleted = [DeletedTopicInfo("jobs", "queue", 1, 3, 400, NOW_MS + 60_000)]
    window = open_window()
    dialog = DeletedTopicsDialog(window.workspace, window)
    qtbot.waitUntil(lambda: set(dialog.rows) == {"jobs"})
    caller.deleted = []
    window.workspace._take_push(Push(changes=Changes.USERS.value))
    window.workspace._take_push(Push(changes=Changes.DELETED.value))
    qtbot.waitUntil(lambda: not dialog.rows)
    dialog.reject()

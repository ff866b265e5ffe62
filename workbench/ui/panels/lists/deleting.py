"""Deleting topics and groups: what is lost is named first, and Undo brings back exactly what it says. GUI thread."""

from __future__ import annotations

from PySide6.QtCore import QCoreApplication
from PySide6.QtGui import QUndoCommand
from PySide6.QtWidgets import QWidget

from workbench.control.command import Command
from workbench.control.messages import ApplyReset, DeleteGroup, DeleteTopic
from workbench.control.transfers import RestoreTopic
from workbench.core.offsets import ResetSpec
from workbench.core.snapshot import GroupStat, TopicStat
from workbench.ui.bridge.workspace import Workspace
from workbench.ui.dialogs.ask import Question, ask
from workbench.ui.theme import words


class _Act(QUndoCommand):
    """Two commands for the host: one does it, one takes it back. ``notice`` is shown when it was done."""

    def __init__(self, label: str, workspace: Workspace, do: Command, undo: Command, notice: str) -> None:
        super().__init__(label)
        self._workspace = workspace
        self._do = do
        self._undo = undo
        self._notice = notice

    def redo(self) -> None:
        self._workspace.act(self._do).done(lambda _: self._workspace.notice.emit(self._notice)).run()

    def undo(self) -> None:
        self._workspace.act(self._undo).run()


def ask_delete_topic(workspace: Workspace, stat: TopicStat, parent: QWidget | None) -> Question:
    readers = [group.name for group in workspace.live.groups if any(p.topic == stat.name for p in group.partitions)]
    title = _tr("Delete {0}").format(stat.name)
    lost = _tr("{0} holds {1} in {2}.").format(
        stat.name, words.plural(stat.records, "record", "records"),
        words.plural(len(stat.partitions), "partition", "partitions"))
    if readers:
        lost += " " + _tr("What {0} committed there goes too.").format(", ".join(readers))

    def go_on() -> None:
        notice = _tr("{0} is deleted. Undo brings it back for a day.").format(stat.name)
        workspace.undo_stack.push(_Act(title, workspace, DeleteTopic(stat.name), RestoreTopic(stat.name), notice))

    stays = _tr("For a day Undo brings all of it back, or «workbench topics FILE restore».")
    act = _tr("Delete {0}").format(words.plural(stat.records, "record", "records"))
    return ask(title, lost, stays, act, go_on, parent)


def ask_delete_group(workspace: Workspace, group: GroupStat, parent: QWidget | None) -> Question:
    places: dict[str, dict[int, int]] = {}
    for place in group.partitions:
        if place.committed is not None:
            places.setdefault(place.topic, {})[place.partition] = place.committed
    title = _tr("Delete group {0}").format(group.name)
    count = sum(len(parts) for parts in places.values())
    lost = _tr("{0} has committed {1} in {2}. A group of that name begins anew.").format(
        group.name, words.plural(count, "offset", "offsets"), ", ".join(sorted(places)) or _tr("no topic"))

    def go_on() -> None:
        notice = _tr("Group {0} is deleted.").format(group.name)
        if not places:
            workspace.act(DeleteGroup(group.name)).done(lambda _: workspace.notice.emit(notice)).run()
            return
        back = ApplyReset(group.name, ResetSpec("offsets", places=places))
        workspace.undo_stack.push(_Act(title, workspace, DeleteGroup(group.name), back, notice))

    return ask(title, lost, _tr("Undo commits the same offsets again."), title, go_on, parent)


def _tr(text: str) -> str:
    return QCoreApplication.translate("deleting", text)

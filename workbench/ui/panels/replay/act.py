"""What a move of a group leaves: an undo that brings the old offsets back, or a second group beside the first."""

from __future__ import annotations

from PySide6.QtCore import QCoreApplication
from PySide6.QtGui import QUndoCommand

from workbench.control.messages import ApplyReset
from workbench.core.offsets import ResetPlan
from workbench.flow.document import FlowDocument, Link, Node
from workbench.flow.edits import AddLink, AddNode, Composite, Edit
from workbench.session.resets import carried_out
from workbench.ui.bridge.workspace import Workspace
from workbench.ui.models.series import group_node


class MoveGroup(QUndoCommand):
    """A move that was done already: the first ``redo`` (when it is pushed) does nothing."""

    def __init__(self, workspace: Workspace, plan: ResetPlan) -> None:
        super().__init__(QCoreApplication.translate("replay", "Move group {0}").format(plan.group))
        self._workspace = workspace
        self._plan = plan
        self._pushed = False

    def redo(self) -> None:
        if self._pushed:
            self._send(after=True)
        self._pushed = True

    def undo(self) -> None:
        self._send(after=False)

    def _send(self, after: bool) -> None:
        target = carried_out(self._plan.moves, after)
        self._workspace.act(ApplyReset(self._plan.group, target, pause_members=True)).run()


def copy_of_group(document: FlowDocument, group: str, name: str, topic: str) -> Edit:
    """An edit that draws a second group like the first, under another name, reading the same topic."""
    node = group_node(document, group)
    assert node is not None
    copied = Node(document.fresh_id("group"), node.kind, name, node.x + 24, node.y + 128, params=dict(node.params))
    sources = [s for s in document.sources_of(node.id) if not topic or s.name == topic]
    links = [AddLink(Link(f"{source.id}-to-{copied.id}", source.id, copied.id)) for source in sources]
    return Composite(QCoreApplication.translate("replay", "Add group {0}").format(name), (AddNode(copied), *links))

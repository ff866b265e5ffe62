"""One member more or less in the drawing: a running group follows, and undo takes it back. GUI thread."""

from __future__ import annotations

from workbench.core.errors import Invalid
from workbench.flow.edits import set_param
from workbench.flow.kinds import kind_of
from workbench.ui.bridge.workspace import Workspace


def change_members(workspace: Workspace, node_id: str, by: int) -> None:
    """Draw ``by`` more members; one too many is said, and nothing changes."""
    document = workspace.document
    node = document.node(node_id)
    kind = kind_of(node.kind)
    try:
        wanted = kind.param("members").check(kind.value(node.params, "members") + by)
    except Invalid as wrong:
        workspace.failed.emit(wrong)
        return
    workspace.perform(set_param(document, node_id, "members", wanted))

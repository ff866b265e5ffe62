"""Undo and redo of edits that were joined: those of one gesture, of one field being typed in."""

from __future__ import annotations

from workbench.flow.document import Node
from workbench.flow.edits import RenameNode
from workbench.ui.bridge.workspace import Workspace


def test_redo_of_joined_edits_comes_back_to_the_last_of_them(qapp, tmp_path):
    workspace = Workspace(tmp_path / "none.flow", None)
    try:
        workspace.document.replace_all([Node("t", "topic", "orders")], [], "")
        for name in ("b", "bi", "bills"):
            workspace.perform(RenameNode("t", name), "typing")

        def name() -> str:
            return workspace.document.node("t").name

        assert (name(), workspace.undo_stack.count()) == ("bills", 1)
        for _ in range(2):
            workspace.undo_stack.undo()
            assert name() == "orders"
            workspace.undo_stack.redo()
            assert name() == "bills"
    finally:
        workspace.close()

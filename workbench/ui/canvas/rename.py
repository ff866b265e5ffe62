"""Renaming in place: a field over the node's name. Enter takes the name, Esc leaves the old one."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QRect, Qt
from PySide6.QtGui import QFocusEvent, QKeyEvent
from PySide6.QtWidgets import QLineEdit, QWidget

from workbench.flow.document import FlowDocument, Node
from workbench.flow.kinds import KINDS, kind_of
from workbench.flow.rules import name_problem
from workbench.ui.theme.theme import theme


def why_not_named(document: FlowDocument, node: Node, name: str) -> str:
    """Why the node can't have that name; empty when it can."""
    kind = kind_of(node.kind)
    problem = name_problem(kind, name)
    if problem or kind.drawn_only:
        return problem
    taken = any(other.id != node.id and other.name == name and KINDS[other.kind].role == kind.role
                for other in document.nodes)
    return f"There is already a {kind.role} called «{name}»." if taken else ""


class RenameField(QLineEdit):
    """See the module. ``take(name)`` is called once, with the new name, when it can be had."""

    def __init__(self, parent: QWidget, place: QRect, node: Node, why_not: Callable[[str], str],
                 take: Callable[[str], None], say: Callable[[str], None]) -> None:
        super().__init__(node.name, parent)
        self._old = node.name
        self._why_not = why_not
        self._take = take
        self._say = say
        self.setAccessibleName(self.tr("Name of {0}").format(node.name))
        self.setFont(theme().font("title"))
        self.setGeometry(place)
        self.textEdited.connect(self._check)
        self.selectAll()
        self.show()
        self.setFocus()

    def _check(self, name: str) -> str:
        problem = self._why_not(name.strip())
        self.setProperty("state", "bad" if problem else "")
        self.style().polish(self)
        self._say(problem)
        return problem

    def commit(self) -> None:
        """Take the name if it may be; otherwise the old one stays."""
        name = self.text().strip()
        if name != self._old and not self._why_not(name):
            self._take(name)
        self.leave()

    def leave(self) -> None:
        self._say("")
        self._take = lambda name: None
        self.hide()
        self.deleteLater()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            if not self._check(self.text()) or self.text().strip() == self._old:
                self.commit()
        elif event.key() == Qt.Key.Key_Escape:
            self.leave()
        else:
            super().keyPressEvent(event)
        event.accept()  # the canvas below would take what a field has no use for

    def focusOutEvent(self, event: QFocusEvent) -> None:
        super().focusOutEvent(event)
        if self.isVisible():
            self.commit()

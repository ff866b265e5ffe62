"""Who may log in where foreign clients are served: the workspace's users by name, added and removed. Passwords are
never shown, for the host keeps only their hashes. What is listed is what the host answered last. GUI thread.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QHBoxLayout, QLineEdit, QScrollArea, QVBoxLayout, QWidget

from workbench.control.command import Command
from workbench.control.messages import ListUsers, PutUser, RemoveUser, UserList
from workbench.core.changes import Changes
from workbench.ui.bridge.operation import Operation
from workbench.ui.bridge.workspace import Workspace
from workbench.ui.panels.parts.blocks import label, push_button, tool_button

_SHOWN = 4
_ROW_HEIGHT = 26


class UsersList(QWidget):
    """See the module. ``changed`` comes after each answer, ``failed`` with a WorkbenchError."""

    changed = Signal()
    failed = Signal(object)

    def __init__(self, workspace: Workspace, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._workspace = workspace
        self.names: tuple[str, ...] = ()
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(6)
        column.addWidget(label(self.tr("Users (SASL/PLAIN, HTTP basic)"), "caption"))
        self._list = QScrollArea()
        self._list.setWidgetResizable(True)
        self._list.setFrameShape(QScrollArea.Shape.NoFrame)
        self._list.setAccessibleName(self.tr("Users"))
        column.addWidget(self._list)
        column.addLayout(self._build_new())
        workspace.changed.connect(self._follow)
        self._show()

    def _build_new(self) -> QHBoxLayout:
        row = QHBoxLayout()
        row.setSpacing(6)
        self.user, self.password = QLineEdit(), QLineEdit()
        self.password.setEchoMode(QLineEdit.EchoMode.Password)
        self.add = push_button(self.tr("Add"), tip=self.tr("Add the user, or give one a new password"))
        self.add.clicked.connect(lambda: self.put())
        for field, name in ((self.user, self.tr("User")), (self.password, self.tr("Password"))):
            field.setAccessibleName(name)
            field.setPlaceholderText(name)
            field.returnPressed.connect(self.put)
            row.addWidget(field, 1)
        row.addWidget(self.add)
        return row

    # -- acts ----------------------------------------------------------------------------------------------
    def _follow(self, changes: Changes) -> None:
        """Somebody was let in, or is no more, here or elsewhere."""
        if Changes.USERS in changes:
            self.refresh()

    def refresh(self) -> None:
        """Ask the host who is known."""
        self._ask(ListUsers(), self._take)

    def put(self, then: Callable[[], None] = lambda: None) -> None:
        """Make the typed user known; ``then`` follows when that is done."""

        def known(_: object) -> None:
            self.user.clear()
            self.password.clear()
            self.refresh()
            then()

        self._ask(PutUser(self.user.text().strip(), self.password.text()), known)

    def remove(self, name: str) -> None:
        self._ask(RemoveUser(name), lambda _: self.refresh())

    def _remove_clicked(self, name: str, _checked: bool = False) -> None:
        self.remove(name)

    def _ask(self, command: Command, done: Callable[[Any], None]) -> None:
        """The answer comes only while this list is there."""
        workspace = self._workspace
        Operation(self, lambda: workspace.call(command)).done(done).failed(self.failed.emit).run()

    # -- showing -------------------------------------------------------------------------------------------
    def _take(self, answer: UserList) -> None:
        self.names = answer.names
        self._show()
        self.changed.emit()

    def _show(self) -> None:
        box = QWidget()
        column = QVBoxLayout(box)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        for name in self.names:
            row = QHBoxLayout()
            remove = tool_button("remove", self.tr("Remove {0}").format(name))
            remove.clicked.connect(partial(self._remove_clicked, name))
            words = label(name)
            words.setToolTip(name)
            row.addWidget(words, 1)
            row.addWidget(remove)
            column.addLayout(row)
        column.addStretch(1)
        self._list.setWidget(box)
        self._list.setVisible(bool(self.names))
        self._list.setFixedHeight(min(len(self.names), _SHOWN) * _ROW_HEIGHT)

"""A question before something is lost: what it is, and a button that names the act. Escape and Enter cancel.

GUI thread.
"""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtWidgets import QWidget

from workbench.ui.dialogs.sheet import Sheet, words_under
from workbench.ui.panels.parts.blocks import label, push_button

_WIDTH = 420


class Question(Sheet):
    """``then`` is called once, when the person goes on."""

    def __init__(self, title: str, lost: str, stays: str, act: str, then: Callable[[], None],
                 parent: QWidget | None) -> None:
        super().__init__(title, parent)
        self.setFixedWidth(_WIDTH)
        self._then = then
        self.lost = label(lost)
        self.lost.setWordWrap(True)
        self.stays = words_under(stays)
        self.cancel = push_button(self.tr("Cancel"))
        self.cancel.clicked.connect(self.reject)
        self.go_on = push_button(act, variant="danger")
        self.go_on.clicked.connect(self._go_on)
        for button in (self.cancel, self.go_on):
            button.setAutoDefault(False)
        self.cancel.setDefault(True)
        self.column.addWidget(self.lost)
        self.column.addWidget(self.stays)
        self.add_foot(self.cancel, self.go_on)
        self.cancel.setFocus()

    def _go_on(self) -> None:
        self.accept()
        self._then()


def ask(title: str, lost: str, stays: str, act: str, then: Callable[[], None], parent: QWidget | None) -> Question:
    """Ask, and ``then`` go on: ``lost`` says what goes, ``stays`` what does not or how it comes back."""
    made = Question(title, lost, stays, act, then, parent)
    made.setModal(True)
    made.open()
    return made

"""Taking messages by hand: how many, and for how long; they stay with «by hand» until they are settled or come back."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QBoxLayout, QFrame, QHBoxLayout, QVBoxLayout, QWidget

from workbench.control.queues import DeliveryList, ReceiveMessages
from workbench.core.errors import WorkbenchError
from workbench.flow.params import Param
from workbench.ui.bridge.workspace import Workspace
from workbench.ui.panels.parts.blocks import label, push_button, set_tone, set_usable
from workbench.ui.panels.parts.number_field import NumberField
from workbench.ui.theme import words

BY_HAND = "the window"
"""The consumer's name of a person at the window."""
_MOST = 100
_LONGEST_S = 43_200


class ReceiveForm(QFrame):
    """See the module. ``received`` carries the deliveries."""

    received = Signal(object)  # tuple[Delivery, ...]

    def __init__(self, workspace: Workspace, queue: Callable[[], str], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setProperty("surface", "card")
        self._workspace = workspace
        self._queue = queue
        column = QVBoxLayout(self)
        column.setContentsMargins(10, 8, 10, 8)
        column.setSpacing(6)
        self._row, row = QHBoxLayout(), QHBoxLayout()
        for layout in (self._row, row):
            layout.setSpacing(8)
        self.count = NumberField(Param("count", "int", 1, self.tr("How many messages"), low=1, high=_MOST), 1)
        seconds = Param("seconds", "int", 0, self.tr("For how many seconds"), low=0, high=_LONGEST_S)
        self.seconds = NumberField(seconds, 0, self.tr("as the queue says"))
        self.seconds.setMinimumWidth(120)
        for field in (self.count, self.seconds):
            field.setToolTip(field.accessibleName())
            field.complained.connect(lambda _: self._check())
        self.take = push_button(self.tr("Receive"), "receive", "primary", role="text_on_accent")
        self.take.clicked.connect(self.receive)
        for widget in (self.count, label(self.tr("for"), "muted"), self.seconds):
            row.addWidget(widget)
        self._row.addLayout(row)
        self._row.addWidget(self.take)
        self._row.addStretch(1)
        self.said = label("", "muted")
        self.said.setWordWrap(True)
        column.addLayout(self._row)
        column.addWidget(self.said)
        self._say(self._standing())
        self.hide()

    def set_narrow(self, narrow: bool) -> None:
        """The button under what it asks for where there is no room beside it."""
        self._row.setDirection(QBoxLayout.Direction.TopToBottom if narrow else QBoxLayout.Direction.LeftToRight)

    def _check(self) -> None:
        """Say what can't be taken, before anything is asked."""
        wrong = self.count.wrong or self.seconds.wrong
        self.take.setEnabled(not wrong)
        self._say(wrong or self._standing(), "bad" if wrong else "muted")

    def _standing(self) -> str:
        return self.tr("They are leased to «{0}» and come back when the lease ends, or this window goes.").format(
            BY_HAND)

    def _say(self, text: str, tone: str = "muted") -> None:
        self.said.setText(text)
        set_tone(self.said, tone)

    def receive(self) -> None:
        """Lease what is ready now."""
        if self.count.wrong or self.seconds.wrong:
            return
        visibility_ms = self.seconds.number() * 1000 or None
        command = ReceiveMessages(self._queue(), BY_HAND, self.count.number(), 0, visibility_ms)
        set_usable(self.take, False, self.count)
        self._workspace.act(command, self).done(self._done).failed(self._refused).run()

    def _done(self, reply: DeliveryList) -> None:
        self.take.setEnabled(True)
        count = len(reply.deliveries)
        if count:
            held = words.plural(count, "message", "messages")
            self._say(self.tr("{0} leased to «{1}», chosen in the list below.").format(held, BY_HAND))
        else:
            self._say(self.tr("Nothing is ready."))
        self.received.emit(reply.deliveries)

    def _refused(self, error: WorkbenchError) -> None:
        self.take.setEnabled(True)
        self._say(error.sentence(), "bad")

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Escape:
            self.hide()
        elif event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self.receive()
        else:
            super().keyPressEvent(event)

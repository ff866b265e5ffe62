"""Ending leases by hand: ack, extend, nack (now or later), reject. For whatever is chosen and in flight.

A nack or a reject may say why; what was said last stands there for the next. The receipt is what the host handed out
with the message, so a message that came back meanwhile is refused, with a sentence; nothing else changes. GUI thread.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from PySide6.QtCore import Signal
from PySide6.QtGui import QIcon
from PySide6.QtWidgets import QBoxLayout, QHBoxLayout, QLineEdit, QMenu, QPushButton, QVBoxLayout, QWidget

from workbench.control.queues import SettleMessages
from workbench.core.acts import Settlement
from workbench.core.errors import WorkbenchError
from workbench.core.queues import Receipt
from workbench.ui.bridge.workspace import Workspace
from workbench.ui.panels.parts.blocks import label, push_button, set_property, set_tone, set_usable
from workbench.ui.theme import icons, words

_DELAYS_MS = (1_000, 5_000, 30_000, 300_000)
_EXTENSIONS_MS = (30_000, 300_000, 3_600_000)
_SAYS_WHY = (Settlement.NACK, Settlement.REJECT)
_REASON_LETTERS = 120
_REASON_WIDE = 320  # pixels


class SettleBar(QWidget):
    """See the module. ``settled`` comes after the host has done it; ``home`` is where the focus goes when a button that
    has it can't be pressed any more."""

    settled = Signal()

    def __init__(self, workspace: Workspace, queue: Callable[[], str], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._workspace = workspace
        self._queue = queue
        self.home: QWidget = self
        self._receipts: tuple[Receipt, ...] = ()
        self._shown: tuple[tuple[Receipt, ...], int] | None = None
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(6)
        self._row, row = QHBoxLayout(), QHBoxLayout()
        for layout in (self._row, row):
            layout.setSpacing(6)
        self._row.addLayout(row)
        column.addLayout(self._row)
        self.ack = self._button(self.tr("Ack"), "ack", self.tr("Say that it is done: the message is gone for good"))
        self.nack = self._button(self.tr("Nack"), "nack", self.tr("Give it back, for somebody else to try"))
        self.reject = self._button(self.tr("Reject"), "reject", self.tr("Say that nobody can: the message is dead"))
        self.extend = self._button(self.tr("Extend"), "extend", self.tr("Hold it longer before it comes back"))
        self.ack.clicked.connect(lambda: self._settle(Settlement.ACK))
        self.reject.clicked.connect(lambda: self._settle(Settlement.REJECT))
        self._fill_menus()
        for button in (self.ack, self.extend, self.nack, self.reject):
            row.addWidget(button)
        row.addStretch(1)
        self.reason = self._build_reason()
        self._row.addWidget(self.reason, 1)
        self.said = label("", "muted")
        self.said.setWordWrap(True)
        self._row.addWidget(self.said, 1)
        self.stack(False)
        self.show_receipts((), 0)

    def _build_reason(self) -> QLineEdit:
        made = QLineEdit()
        made.setPlaceholderText(self.tr("Why, optional"))
        made.setAccessibleName(self.tr("Why they are given back or rejected"))
        made.setToolTip(self.tr("Goes with Nack and Reject: into the message's story, and with it to the dead letters"))
        made.textChanged.connect(lambda _: self._check_reason())
        made.setMinimumWidth(120)
        return made

    def _too_long(self) -> str:
        """Why the reason can't be taken; empty when it can."""
        letters = len(self.reason.text())
        return self.tr("A reason has at most {0} letters, and this one {1}. Shorten it.").format(
            words.count(_REASON_LETTERS), words.count(letters)) if letters > _REASON_LETTERS else ""

    def _check_reason(self) -> None:
        wrong, before = self._too_long(), self.reason.property("state") == "bad"
        set_property(self.reason, "state", "bad" if wrong else "")
        for button in (self.nack, self.reject):
            button.setEnabled(bool(self._receipts) and not wrong)
        if self._shown is not None and (wrong or before):  # what was said about the last act stays
            self._say(wrong or self._standing(self._shown[1]), "bad" if wrong else "muted")

    def _button(self, text: str, icon: str, tip: str) -> QPushButton:
        made = push_button(text, icon, tip=tip)
        made.setProperty("small", True)
        made.setAccessibleName(self.tr("{0} the chosen messages").format(text))
        return made

    def stack(self, stacked: bool) -> None:
        """The reason, and what is said, each on a line of its own where there is no room beside the buttons."""
        self._row.setDirection(QBoxLayout.Direction.TopToBottom if stacked else QBoxLayout.Direction.LeftToRight)
        self.reason.setMaximumWidth(16_777_215 if stacked else _REASON_WIDE)

    def show_glyphs(self, shown: bool) -> None:
        """Words alone where there is no room for glyphs."""
        for button, glyph in ((self.ack, "ack"), (self.nack, "nack"), (self.reject, "reject"), (self.extend, "extend")):
            button.setIcon(icons.icon(glyph) if shown else QIcon())

    def _fill_menus(self) -> None:
        back = QMenu(self.nack)
        back.addAction(self.tr("Back at once")).triggered.connect(lambda *_: self._settle(Settlement.NACK, 0))
        for delay_ms in _DELAYS_MS:
            action = back.addAction(self.tr("Back in {0}").format(words.duration(delay_ms)))
            action.triggered.connect(lambda *_, ms=delay_ms: self._settle(Settlement.NACK, ms))
        self.nack.setMenu(back)
        longer = QMenu(self.extend)
        for delay_ms in _EXTENSIONS_MS:
            action = longer.addAction(self.tr("For another {0}").format(words.duration(delay_ms)))
            action.triggered.connect(lambda *_, ms=delay_ms: self._settle(Settlement.EXTEND, ms))
        self.extend.setMenu(longer)

    def show_receipts(self, receipts: Sequence[Receipt], chosen: int) -> None:
        """What can be settled now, of ``chosen`` messages."""
        if (tuple(receipts), chosen) == self._shown:
            return  # what was said about the last act stays until something else is chosen
        self._shown = (tuple(receipts), chosen)
        self._receipts = tuple(receipts)
        for button in (self.ack, self.nack, self.reject, self.extend):
            set_usable(button, bool(receipts), self.home)
        self.reason.setVisible(bool(receipts))
        if receipts and not self.reason.hasFocus():
            self.reason.setText(self._workspace.last_reason)
        self._say(self._standing(chosen))

    def _standing(self, chosen: int) -> str:
        held = len(self._receipts)
        if not chosen:
            return self.tr("Choose messages in flight to settle them by hand.")
        if not held:
            return self.tr("The one chosen is not in flight.") if chosen == 1 else self.tr(
                "None of the {0} chosen is in flight.").format(words.count(chosen))
        if held == chosen:
            return self.tr("{0} in flight").format(words.plural(held, "message", "messages"))
        return self.tr("{0} of {1} chosen are in flight").format(words.count(held), words.count(chosen))

    def _say(self, text: str, tone: str = "muted") -> None:
        self.said.setText(text)
        self.said.setToolTip(text)
        set_tone(self.said, tone)

    def _settle(self, act: Settlement, delay_ms: int | None = None) -> None:
        if self._receipts:
            if act in _SAYS_WHY and self._too_long():
                return
            why = self._why() if act in _SAYS_WHY else ""
            command = SettleMessages(self._queue(), self._receipts, act, delay_ms, reason=why)
            self._workspace.act(command, self).done(lambda _: self._done(command)).failed(self._refused).run()

    def _why(self) -> str:
        """What the person wrote, and that it was one: the lease may be a program's."""
        wrote = self._workspace.last_reason = " ".join(self.reason.text().split())
        return self.tr("{0} (by hand)").format(wrote) if wrote else self.tr("by hand")

    def _done(self, did: SettleMessages) -> None:
        """The host has done it. What was chosen meanwhile stays to be settled."""
        held = words.plural(len(did.receipts), "message", "messages")
        said = {Settlement.ACK: self.tr("{0} acked"), Settlement.NACK: self.tr("{0} given back"),
                Settlement.REJECT: self.tr("{0} rejected"), Settlement.EXTEND: self.tr("{0} held longer")}[did.act]
        if self._receipts == did.receipts:
            self._receipts = ()
        self._say(said.format(held))
        self.settled.emit()

    def _refused(self, error: WorkbenchError) -> None:
        self._say(error.sentence(), "bad")
        self.settled.emit()

"""Changing messages before they are redriven: key and value of one after the other, each kept as it was typed.

What is shown and what the typed text stands for is ``models.edited``'s. Text that is no JSON where JSON was is said,
and taken all the same; what can't be sent is said, and not taken. GUI thread.
"""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Signal
from PySide6.QtGui import QFontMetrics
from PySide6.QtWidgets import QComboBox, QHBoxLayout, QLineEdit, QPlainTextEdit, QVBoxLayout, QWidget

from workbench.core.queues import Edit, MessageId, QueuedMessage
from workbench.serde import GUESSING, Decoder
from workbench.ui.models import edited
from workbench.ui.panels.parts.blocks import label, push_button, set_property, set_tone
from workbench.ui.theme import words
from workbench.ui.theme.theme import theme

_LINES = 9
MOST = 50


class EditForm(QWidget):
    """See the module. ``edits`` holds what differs from the messages; ``changed`` comes when it does."""

    changed = Signal()

    def __init__(self, messages: Sequence[QueuedMessage], decoder: Decoder = GUESSING,
                 parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._decoder = decoder
        self._messages = tuple(messages)[:MOST]
        self.edits: dict[MessageId, Edit] = {}
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(6)
        column.addLayout(self._build_head())
        self.value = QPlainTextEdit()
        self.value.setFont(theme().font("body", mono=True))
        self.value.setProperty("mono", True)
        self.value.setTabChangesFocus(True)
        self.value.setFixedHeight(_LINES * QFontMetrics(self.value.font()).lineSpacing() + 14)
        self.value.setAccessibleName(self.tr("Value"))
        self.said = label("", "muted")
        column.addWidget(self.value)
        column.addWidget(self.said)
        self._show(0)
        self.which.currentIndexChanged.connect(self._show)
        self.key.textEdited.connect(lambda _: self._take())
        self.value.textChanged.connect(self._take)

    def _build_head(self) -> QHBoxLayout:
        head = QHBoxLayout()
        head.setSpacing(8)
        self.which = QComboBox()
        self.which.setAccessibleName(self.tr("Message to edit"))
        self.which.addItems([str(message.id) for message in self._messages])
        self.key = QLineEdit()
        self.key.setProperty("mono", True)
        self.key.setAccessibleName(self.tr("Key"))
        self.key.setPlaceholderText(self.tr("no key"))
        self.back = push_button(self.tr("As it was"), "undo", "flat", tip=self.tr("Take this message's changes back"))
        self.back.clicked.connect(self._forget)
        head.addWidget(self.which)
        head.addWidget(label(self.tr("Key"), "muted"))
        head.addWidget(self.key, 1)
        head.addWidget(self.back)
        return head

    @property
    def _current(self) -> QueuedMessage:
        return self._messages[max(0, self.which.currentIndex())]

    def _show(self, _index: int) -> None:
        message = self._current
        edit = self.edits.get(message.id, Edit())
        key = edit.key if edit.key is not None else message.record.key
        value = edit.value if edit.value is not None else message.record.value
        can = edited.editable(message.record.value, self._decoder)
        for widget in (self.key, self.value):
            widget.blockSignals(True)
        self.key.setText(edited.shown_key(key, self._decoder) if key else "")
        self.value.setPlainText(edited.shown_value(value, self._decoder))
        for widget in (self.key, self.value):
            widget.blockSignals(False)
            widget.setEnabled(can)
        self._say("" if can else self.tr("Bytes, or too long to edit here."))

    def _take(self) -> None:
        """Keep what differs."""
        message = self._current
        before, text = message.record, self.key.text()
        value, odd, refused = edited.value_of(self.value.toPlainText(), before.value, self._decoder)
        same_value = self.value.toPlainText() == edited.shown_value(before.value, self._decoder)
        same_key = text == (edited.shown_key(before.key, self._decoder) if before.key else "")
        key, _, bad_key = edited.key_of(text, before.key, self._decoder) if text and not same_key else (b"", "", "")
        refused = "" if same_value else refused
        edit = Edit(value=None if same_value else value, key=None if same_key else key)
        if edit == Edit() or refused or bad_key:
            self.edits.pop(message.id, None)
        else:
            self.edits[message.id] = edit
        if refused or bad_key:
            self._say(refused or bad_key, "bad")
        else:
            self._say(self.tr("No JSON any more, at {0}. It is sent as this text.").format(odd) if odd else "", odd)
        self.changed.emit()

    def _forget(self) -> None:
        self.edits.pop(self._current.id, None)
        self._show(0)
        self.changed.emit()

    def _say(self, text: str, odd: str = "") -> None:
        edited = words.plural(len(self.edits), "message edited", "messages edited") if self.edits else ""
        self.said.setText(text or edited or self.tr("Nothing is changed yet."))
        set_tone(self.said, "warn" if odd else "muted")
        set_property(self.value, "state", "bad" if odd else "")

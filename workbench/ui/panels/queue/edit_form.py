"""Changing messages before they are redriven: key and value of one after the other, each kept as it was typed.

JSON is shown pretty and sent compact, as it came. Text that is no JSON where JSON was is said, and taken all the same.
GUI thread.
"""

from __future__ import annotations

from collections.abc import Sequence

import orjson
from PySide6.QtCore import Signal
from PySide6.QtGui import QFontMetrics
from PySide6.QtWidgets import QComboBox, QHBoxLayout, QLineEdit, QPlainTextEdit, QVBoxLayout, QWidget

from workbench.core.queues import Edit, MessageId, QueuedMessage
from workbench.ui.models import pretty
from workbench.ui.panels.blocks import label, push_button, set_property, set_tone
from workbench.ui.theme import words
from workbench.ui.theme.theme import theme

_LINES = 9
MOST = 50


def editable(message: QueuedMessage) -> bool:
    """Whether its value is text that fits an editor."""
    value = message.record.value or b""
    return len(value) <= pretty.SHOWN_BYTES and pretty.readable(value)[1] != "bytes" if value else True


def shown_value(message: QueuedMessage) -> str:
    return pretty.readable(message.record.value)[0] if message.record.value else ""


def value_of(text: str, before: bytes | None) -> tuple[bytes, str]:
    """The bytes that a text stands for, and what is odd about it: JSON goes compact where JSON was."""
    try:
        orjson.loads(before or b"")
    except orjson.JSONDecodeError:
        return text.encode(), ""
    try:
        return orjson.dumps(orjson.loads(text)), ""
    except orjson.JSONDecodeError as wrong:
        return text.encode(), f"{wrong.lineno}:{wrong.colno}"


class EditForm(QWidget):
    """See the module. ``edits`` holds what differs from the messages; ``changed`` comes when it does."""

    changed = Signal()

    def __init__(self, messages: Sequence[QueuedMessage], parent: QWidget | None = None) -> None:
        super().__init__(parent)
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
        can = editable(message)
        for widget in (self.key, self.value):
            widget.blockSignals(True)
        self.key.setText((key or b"").decode("utf-8", "replace"))
        self.value.setPlainText(pretty.readable(value)[0] if value else "")
        for widget in (self.key, self.value):
            widget.blockSignals(False)
            widget.setEnabled(can)
        self._say("" if can else self.tr("Bytes, or too long to edit here."))

    def _take(self) -> None:
        """Keep what differs."""
        message = self._current
        value, odd = value_of(self.value.toPlainText(), message.record.value)
        same_value = self.value.toPlainText() == shown_value(message)
        key = self.key.text().encode()
        edit = Edit(value=None if same_value else value, key=None if key == (message.record.key or b"") else key)
        if edit == Edit():
            self.edits.pop(message.id, None)
        else:
            self.edits[message.id] = edit
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

"""Headers of an event as chips: press one to change it, its cross to take it away, «+ Header» for another."""

from __future__ import annotations

from PySide6.QtWidgets import QFrame, QHBoxLayout, QLineEdit, QPushButton, QWidget

from workbench.core.records import Headers
from workbench.serde import header_line
from workbench.ui.panels.parts.blocks import label, push_button, tool_button
from workbench.ui.theme.theme import theme

_LETTERS = 24


class HeaderChips(QWidget):
    """See the module. Names may come twice, as they may in Kafka."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._headers: list[tuple[str, bytes | None]] = []
        self._row = QHBoxLayout(self)
        self._row.setContentsMargins(0, 0, 0, 0)
        self._row.setSpacing(6)
        self._field = QLineEdit()
        self._field.setPlaceholderText(self.tr("name=value"))
        self._field.setAccessibleName(self.tr("Header as name=value"))
        self._field.setToolTip(self.tr("name=value; a name without = has a null value. Enter takes it"))
        self._field.returnPressed.connect(self._take)
        self._field.editingFinished.connect(self._take)
        self._field.hide()
        self._add = push_button(self.tr("Header"), "add", "dashed", self.tr("Add a header"))
        self._add.setAccessibleName(self.tr("Add a header"))
        self._add.setProperty("small", True)
        self._add.clicked.connect(self._open)
        self._lay_out()

    def headers(self) -> Headers:
        return tuple(self._headers)

    def load(self, headers: Headers) -> None:
        """Show these in place of those there are."""
        self._headers = list(headers)
        self._lay_out()

    def _open(self) -> None:
        self._add.hide()
        self._field.show()
        self._field.setFocus()

    def _take(self) -> None:
        if self._field.isHidden():
            return
        name, equals, value = self._field.text().strip().partition("=")
        self._field.hide()
        self._field.clear()
        self._add.show()
        if name:
            self._headers.append((name, value.encode() if equals else None))
            self._lay_out()

    def _change(self, place: int) -> None:
        name, value = self._headers.pop(place)
        self._lay_out()
        self._open()
        self._field.setText(name if value is None else f"{name}={value.decode(errors='replace')}")

    def _remove(self, place: int) -> None:
        del self._headers[place]
        self._lay_out()

    def _lay_out(self) -> None:
        while (item := self._row.takeAt(0)) is not None:
            widget = item.widget()
            if widget is not None and widget not in (self._field, self._add):
                widget.deleteLater()
        for place, (name, value) in enumerate(self._headers):
            self._row.addWidget(self._chip(place, name, value))
        self._row.addWidget(self._field, 1)
        self._row.addWidget(self._add)
        self._row.addStretch(1)

    def _chip(self, place: int, name: str, value: bytes | None) -> QFrame:
        chip = QFrame()
        chip.setProperty("surface", "chip")
        row = QHBoxLayout(chip)
        row.setContentsMargins(7, 0, 1, 0)
        row.setSpacing(4)
        shown = self.tr("null") if value is None else header_line(value, _LETTERS)
        words = QPushButton(shown)
        words.setFlat(True)
        words.setProperty("variant", "bare")
        words.setFont(theme().font("body", 500))
        words.setAccessibleName(self.tr("Header {0}: {1}").format(name, shown))
        words.clicked.connect(lambda: self._change(place))
        gone = tool_button("close", self.tr("Remove header {0}").format(name))
        gone.setFixedSize(18, 18)
        gone.clicked.connect(lambda: self._remove(place))
        row.addWidget(label(name, "muted"))
        row.addWidget(words)
        row.addWidget(gone)
        chip.setFixedHeight(22)
        return chip

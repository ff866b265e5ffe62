"""One field a parameter of a node kind: the widget, its value, and what is wrong with it in words."""

from __future__ import annotations

from typing import Any

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QFontMetrics
from PySide6.QtWidgets import (
    QCheckBox,
    QComboBox,
    QFileDialog,
    QHBoxLayout,
    QLineEdit,
    QPlainTextEdit,
    QVBoxLayout,
    QWidget,
)

from workbench.core.errors import Invalid
from workbench.flow.kinds import Param
from workbench.ui.panels.parts.blocks import label, set_property, tool_button
from workbench.ui.panels.parts.file_dialog import show_whole_columns
from workbench.ui.panels.parts.number_field import NumberField
from workbench.ui.theme.theme import theme


class SettingField(QWidget):
    """A labelled field. ``edited(name, value)`` comes for values that can be taken; others say why not beneath."""

    edited = Signal(str, object)

    def __init__(self, param: Param, value: Any, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.param = param
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(3)
        title = label(param.label + (f", {param.unit}" if param.unit else ""), "muted")
        self._why = label("", "bad")
        self._why.setWordWrap(True)
        self._why.hide()
        self.editor = self._make(value)
        self.editor.setAccessibleName(param.label)
        self.editor.setAccessibleDescription(param.help)
        if param.help:
            self.editor.setToolTip(param.help)
            title.setToolTip(param.help)
        title.setBuddy(self.editor)
        if param.type != "bool":
            column.addWidget(title)
        column.addWidget(self._row or self.editor)
        column.addWidget(self._why)

    def _make(self, value: Any) -> QWidget:
        self._row: QWidget | None = None
        makers = {"int": self._number, "float": self._number, "bool": self._check, "choice": self._choice,
                  "code": self._code, "path": self._path}
        return makers.get(self.param.type, self._line)(value)

    def _number(self, value: float) -> QWidget:
        field = NumberField(self.param, value)
        field.taken.connect(self._take)
        field.complained.connect(self.complain)
        return field

    def _check(self, value: bool) -> QWidget:
        box = QCheckBox(self.param.label)
        box.setChecked(bool(value))
        box.toggled.connect(self._take)
        return box

    def _choice(self, value: str) -> QWidget:
        box = QComboBox()
        box.addItems([choice.replace("_", " ") for choice in self.param.choices])
        box.setCurrentIndex(self.param.choices.index(value) if value in self.param.choices else 0)
        box.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        box.activated.connect(lambda index: self._take(self.param.choices[index]))
        return box

    def _line(self, value: str) -> QWidget:
        line = QLineEdit(str(value))
        line.setProperty("mono", self.param.type == "expression")
        line.textEdited.connect(self._take)
        return line

    def _code(self, value: str) -> QWidget:
        text = QPlainTextEdit(str(value))
        text.setFont(theme().font("body", mono=True))
        text.setProperty("mono", True)
        text.setTabChangesFocus(True)
        text.setFixedHeight(self.param.lines * QFontMetrics(text.font()).lineSpacing() + 14)
        text.textChanged.connect(lambda: self._take(text.toPlainText()))
        return text

    def _path(self, value: str) -> QWidget:
        self._row = QWidget()
        row = QHBoxLayout(self._row)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(4)
        line = QLineEdit(str(value))
        line.textEdited.connect(self._take)
        pick = tool_button("open", self.tr("Choose a file"))
        pick.clicked.connect(lambda: self._pick(line))
        row.addWidget(line, 1)
        row.addWidget(pick)
        return line

    def _pick(self, line: QLineEdit) -> None:
        dialog = QFileDialog(self.window(), self.param.label)
        dialog.setFileMode(QFileDialog.FileMode.ExistingFile)
        show_whole_columns(dialog)
        dialog.fileSelected.connect(line.setText)
        dialog.fileSelected.connect(self._take)
        dialog.finished.connect(dialog.deleteLater)
        dialog.open()

    def _take(self, value: Any) -> None:
        try:
            checked = self.param.check(value)
        except Invalid as wrong:
            self.complain(wrong.sentence())
            return
        self.complain("")
        self.edited.emit(self.param.name, checked)

    def complain(self, text: str) -> None:
        """Say beneath the field why its value can't be taken; an empty text is no complaint."""
        self._why.setText(text)
        self._why.setVisible(bool(text))
        set_property(self.editor, "state", "bad" if text else "")

    def show_value(self, value: Any) -> None:
        """Show a value that came from elsewhere (undo, another view); not while the person types here."""
        editor = self.editor
        if editor.hasFocus():
            return
        editor.blockSignals(True)
        if isinstance(editor, NumberField):
            editor.setValue(float(value))
        elif isinstance(editor, QCheckBox):
            editor.setChecked(bool(value))
        elif isinstance(editor, QComboBox):
            editor.setCurrentIndex(self.param.choices.index(value))
        elif isinstance(editor, QLineEdit) and editor.text() != str(value):
            editor.setText(str(value))
        elif isinstance(editor, QPlainTextEdit) and editor.toPlainText() != str(value):
            editor.setPlainText(str(value))
        editor.blockSignals(False)
        if isinstance(editor, NumberField):
            self.complain(editor.wrong)

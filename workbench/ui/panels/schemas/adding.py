"""Adding a schema: typed or from a file, checked against the subject before it is registered. GUI thread."""

from __future__ import annotations

import json
from pathlib import Path

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QFontMetrics
from PySide6.QtWidgets import QDialog, QFileDialog, QHBoxLayout, QLineEdit, QPlainTextEdit, QVBoxLayout, QWidget

from workbench.control.schemas import RegisterSchema, SchemaRegistered
from workbench.core.errors import Refused, WorkbenchError
from workbench.core.schemas import AVRO, JSON, PROTOBUF, Schema
from workbench.ui.bridge.operation import Operation
from workbench.ui.bridge.workspace import Workspace
from workbench.ui.panels.parts.blocks import Banner, Segments, label, push_button
from workbench.ui.theme.theme import theme

_ENDINGS = {".avsc": AVRO, ".proto": PROTOBUF, ".json": JSON}


def laid_out(schema: Schema) -> str:
    """To be read and edited: JSON with a line a value, a .proto as it is."""
    try:
        return schema.text if schema.type == PROTOBUF else json.dumps(json.loads(schema.text), indent=2,
                                                                      ensure_ascii=False)
    except ValueError:
        return schema.text


class AddSchema(QDialog):
    """``begun`` is the schema that a new version begins from."""

    registered = Signal()

    def __init__(self, workspace: Workspace, subject: str, begun: Schema | None, parent: QWidget) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setWindowTitle(self.tr("Add a schema"))
        self._workspace = workspace
        self.subject = QLineEdit(subject)
        self.subject.setPlaceholderText(self.tr("orders-value"))
        self.subject.setAccessibleName(self.tr("Subject"))
        self.kind = Segments(((AVRO, "Avro"), (PROTOBUF, "Protobuf"), (JSON, "JSON Schema")), self.tr("Type"))
        self.text = QPlainTextEdit()
        self.text.setFont(theme().font("body", mono=True))
        self.text.setAccessibleName(self.tr("Schema"))
        self.text.setMinimumSize(520, QFontMetrics(self.text.font()).lineSpacing() * 14)
        self.refused, self.fits = Banner("banner-bad"), label("", "muted")
        self.fits.setWordWrap(True)
        self.file = push_button(self.tr("From a file…"), "open")
        self.check = push_button(self.tr("Check"), "check")
        self.register = push_button(self.tr("Register"), "", "primary")
        self._build()
        self.file.clicked.connect(self._choose_file)
        self.check.clicked.connect(lambda: self._check())
        self.register.clicked.connect(self._register)
        self.text.textChanged.connect(self._clear)
        if begun is not None:
            self.kind.choose(begun.type)
            self.text.setPlainText(laid_out(begun))

    def _build(self) -> None:
        column = QVBoxLayout(self)
        column.setContentsMargins(16, 14, 16, 14)
        column.setSpacing(8)
        head = QHBoxLayout()
        head.addWidget(label(self.tr("Subject")))
        head.addWidget(self.subject, 1)
        head.addWidget(self.kind)
        head.addWidget(self.file)
        column.addLayout(head)
        column.addWidget(self.text, 1)
        column.addWidget(self.refused)
        column.addWidget(self.fits)
        foot = QHBoxLayout()
        shut = push_button(self.tr("Cancel"))
        shut.clicked.connect(self.reject)
        foot.addWidget(shut)
        foot.addStretch(1)
        foot.addWidget(self.check)
        foot.addWidget(self.register)
        column.addLayout(foot)
        self.register.setDefault(True)

    def _clear(self) -> None:
        self.refused.say("")
        self.fits.setText("")

    def _choose_file(self) -> None:
        name, _ = QFileDialog.getOpenFileName(self, self.tr("A schema"), "", self.tr(
            "Schemas (*.avsc *.proto *.json);;All files (*)"))
        if name:
            try:
                self.text.setPlainText(Path(name).read_text(encoding="utf-8-sig"))
            except (OSError, UnicodeDecodeError) as error:
                self.refused.say(self.tr("{0} can't be read: {1}.").format(Path(name).name, error))
                return
            if (kind := _ENDINGS.get(Path(name).suffix.lower())) is not None:
                self.kind.choose(kind)

    @property
    def _schema(self) -> Schema:
        return Schema(self.kind.current, self.text.toPlainText())

    def _check(self, refused: WorkbenchError | None = None) -> None:
        """Says whether it fits; with ``refused``, what a registration was refused with, why not, or else that."""
        self._clear()
        subject, schema, lend = self.subject.text().strip(), self._schema, self._workspace.reader_for_work

        def check() -> tuple[str, list[str]]:
            from workbench.session.schemas import Draft, LookedAt

            with lend() as reader:
                found = LookedAt(reader.schemas()).check(subject, Draft(schema))
            return found.level, [one.sentence for one in found.reasons]

        Operation(self, check).done(lambda found: self._say(refused, *found)).failed(self._refuse).run()

    def _say(self, refused: WorkbenchError | None, level: str, reasons: list[str]) -> None:
        if refused is not None and not reasons:
            self._refuse(refused)
        elif reasons:
            self.refused.say(self.tr("It does not fit by {0}. {1}").format(level, " ".join(reasons)))
        else:
            self.fits.setText(self.tr("It fits by {0}.").format(level))

    def _register(self) -> None:
        self._clear()
        command = RegisterSchema(self.subject.text().strip(), self._schema)
        self._workspace.act(command).done(self._done).failed(self._refuse_register).run()

    def _done(self, done: SchemaRegistered) -> None:
        self.registered.emit()
        self.accept()

    def _refuse_register(self, error: WorkbenchError) -> None:
        """Why it does not fit is told by the check, field by field; anything else as it is."""
        if isinstance(error, Refused):
            self._check(error)
        else:
            self._refuse(error)

    def _refuse(self, error: WorkbenchError) -> None:
        self.refused.say(error.sentence())

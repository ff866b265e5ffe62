"""By which schema an event that is composed by hand is written, and a form of it to begin with. GUI thread.

Where the topic or the producer says so, it is so; where the topic guesses and a schema is registered under its usual
subject, a tick decides.
"""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QCheckBox, QHBoxLayout, QWidget

from workbench.core.encodings import AUTO
from workbench.core.errors import WorkbenchError
from workbench.serde import SchemaUse
from workbench.ui.bridge.workspace import Workspace
from workbench.ui.models import pretty
from workbench.ui.models.records import encoding_name, schema_words
from workbench.ui.panels.parts.blocks import push_button


class WrittenAs(QWidget):
    """Hidden where no schema has a say. ``missing`` is the sentence for one that is wanted and not there."""

    changed = Signal()
    template_wanted = Signal(str)

    def __init__(self, workspace: Workspace, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._workspace = workspace
        self._use: SchemaUse | None = None
        self.missing = ""
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(8)
        self.tick = QCheckBox(self.tr("Written by a schema"))
        self.tick.setChecked(True)
        self.tick.toggled.connect(lambda _: self.changed.emit())
        self.template = push_button(self.tr("Template"), tip=self.tr("An event of the schema: defaults, else zeros"))
        self.template.clicked.connect(self._offer)
        row.addWidget(self.tick, 1)
        row.addWidget(self.template)
        self.hide()

    @property
    def use(self) -> SchemaUse | None:
        """What the event is to be written by."""
        return self._use if self.tick.isChecked() else None

    def show_for(self, topic: str, schema: str) -> None:
        """``schema`` is the producer's own: SUBJECT or SUBJECT#MESSAGE, or empty."""
        self.missing, found = "", None
        must = bool(schema) or self._workspace.decoder(topic).value_encoding != AUTO
        try:
            found = self._wanted(topic, schema) if must else self._workspace.serdes.written_for(f"{topic}-value")
        except WorkbenchError as wrong:  # where nobody asked for a schema there need be none
            self.missing = wrong.sentence() if must else ""
        self._use = found
        self.tick.setEnabled(not must)
        if must:
            self.tick.setChecked(True)
        if found is not None:
            told = schema_words(found, encoding_name(found.serde.encoding))
            self.tick.setText(self.tr("Written by {0}").format(told))
        self.setVisible(found is not None)

    def _wanted(self, topic: str, schema: str) -> SchemaUse | None:
        if schema:
            subject, _, message = schema.partition("#")
            return self._workspace.serdes.written_for(subject, message)
        return self._workspace.decoder(topic).value_writer()

    def _offer(self) -> None:
        if self._use is not None:
            self.template_wanted.emit(pretty.pretty_json(self._use.serde.template()))

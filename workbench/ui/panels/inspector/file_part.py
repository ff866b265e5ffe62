"""What a file source has that a generator has not: which file it plays, what is in it, how far it is. GUI thread."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from workbench.core.snapshot import PartState, ProducerStat
from workbench.flow.kinds import kind_of
from workbench.flow.settings import FileSettings
from workbench.ui.panels.inspector.file_preview import FilePreview
from workbench.ui.panels.inspector.setting_fields import SettingField
from workbench.ui.panels.parts.batch_gauge import ShareBar
from workbench.ui.panels.parts.blocks import label


class FilePart(QWidget):
    """See the module. ``edited`` names a setting and its new value, like the fields of the settings do."""

    edited = Signal(str, object)

    def __init__(self, path: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(6)
        self.path = SettingField(kind_of("file").param("path"), path)
        self.path.edited.connect(self.edited)
        column.addWidget(self.path)
        row = QHBoxLayout()
        row.setSpacing(10)
        self.preview = FilePreview()
        column.addWidget(self.preview)
        self._bar = ShareBar(self.tr("How far the file is read"))
        self._words = label("", "muted")
        row.addWidget(self._bar, 1)
        row.addWidget(self._words)
        column.addLayout(row)
        self._trouble = label("", "bad")
        self._trouble.setWordWrap(True)
        self._trouble.hide()
        column.addWidget(self._trouble)

    def show_part(self, file: FileSettings, stat: ProducerStat | None) -> None:
        """The path as it is drawn and what is there, the progress as it is now."""
        self.path.show_value(file.path)
        self.preview.show_settings(file)
        share = stat.progress if stat is not None else None
        said = self._said(file.path, stat)
        self._words.setText(said)
        trouble = stat.reason if stat is not None and stat.state is not PartState.FAILED else ""
        self._trouble.setText(trouble)
        self._trouble.setVisible(bool(trouble) and trouble not in self.preview.refused)
        self._bar.setVisible(share is not None)
        self._bar.show_share(share or 0.0, said)

    def _said(self, path: str, stat: ProducerStat | None) -> str:
        if not path:
            return self.tr("Choose the file to play.")
        if stat is None or stat.state is PartState.IDLE:
            return self.tr("Not read yet. Run the flow.")
        if stat.state is PartState.DONE:
            return self.tr("read to its end")
        if stat.progress is None:
            return self.tr("It has no end that is known.")
        return self.tr("{0} % read").format(int(stat.progress * 100))

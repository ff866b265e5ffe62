"""Preferences: theme, motion, and the zone of times. They apply as soon as they are chosen, and stay. GUI thread."""

from __future__ import annotations

from PySide6.QtWidgets import QCheckBox, QWidget

from workbench.ui.bridge.workspace import Workspace
from workbench.ui.dialogs.file_size import SizeFields
from workbench.ui.dialogs.sheet import Sheet, words_under
from workbench.ui.panels.nodes.panel import section_title
from workbench.ui.panels.parts.blocks import Segments, push_button
from workbench.ui.qt_types import application
from workbench.ui.settings import Settings
from workbench.ui.theme import words
from workbench.ui.theme.theme import theme


class PreferencesDialog(Sheet):
    """See the module."""

    def __init__(self, settings: Settings, parent: QWidget | None = None, workspace: Workspace | None = None) -> None:
        super().__init__("", parent)
        self._settings = settings
        self.setWindowTitle(self.tr("Preferences"))
        choices = (("light", self.tr("Light")), ("dark", self.tr("Dark")), ("system", self.tr("As the system")))
        self.mode = Segments(choices, self.tr("Theme"), small=False)
        self.mode.choose(theme().mode)
        self.mode.chosen.connect(self._set_mode)
        self.motion = QCheckBox(self.tr("Less motion"))
        self.motion.setChecked(theme().reduced_motion)
        self.motion.toggled.connect(self._set_motion)
        zones = (("utc", self.tr("UTC")), ("local", self.tr("Local time")))
        self.zone = Segments(zones, self.tr("Times"), small=False)
        self.zone.choose("local" if words.zone() is None else "utc")
        self.zone.chosen.connect(self._set_zone)
        done = push_button(self.tr("Close"))
        done.clicked.connect(self.reject)
        self.column.addWidget(section_title(self.tr("Theme")))
        self.column.addWidget(self.mode)
        self.column.addSpacing(4)
        self.column.addWidget(section_title(self.tr("Motion")))
        self.column.addWidget(self.motion)
        self.column.addWidget(words_under(self.tr("No dots: a link shows its rate as width and as a number, and "
                                                  "nothing fades.")))
        self.column.addSpacing(4)
        self.column.addWidget(section_title(self.tr("Times")))
        self.column.addWidget(self.zone)
        self.column.addWidget(words_under(self.tr("Wherever they are shown and typed; files and the command line "
                                                  "stay in UTC.")))
        if workspace is not None and workspace.connected:
            self.column.addSpacing(4)
            self.column.addWidget(section_title(self.tr("Size of this file")))
            self.size_fields = SizeFields(workspace, self)
            self.column.addWidget(self.size_fields)
        self.column.addStretch(1)
        self.add_foot(done)
        self.setMinimumWidth(380)

    def _set_mode(self, mode: str) -> None:
        self._settings.theme = mode
        theme().apply(application(), mode)

    def _set_motion(self, reduced: bool) -> None:
        self._settings.reduced_motion = reduced
        theme().set_reduced_motion(reduced)

    def _set_zone(self, zone: str) -> None:
        self._settings.local_time = zone == "local"
        theme().set_local_time(zone == "local")

"""About: version, what it stands on, under which licences; the versions can be copied for a report. GUI thread."""

from __future__ import annotations

import platform
import sqlite3

import PySide6
from PySide6.QtCore import qVersion
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QGridLayout, QHBoxLayout, QLabel, QVBoxLayout, QWidget

from workbench import __version__
from workbench.ui.dialogs.sheet import Sheet, words_under
from workbench.ui.panels.parts.blocks import label, push_button, rule
from workbench.ui.theme import icons
from workbench.ui.theme.theme import theme


def versions() -> tuple[tuple[str, str], ...]:
    """(part, version) of what a report should name."""
    return (
        ("Event-flow workbench", __version__), ("Python", platform.python_version()), ("Qt", qVersion()),
        ("PySide6", PySide6.__version__), ("SQLite", sqlite3.sqlite_version),
        (platform.system(), platform.release()), ("Qt platform", QGuiApplication.platformName()),
    )


class AboutDialog(Sheet):
    """See the module."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__("", parent)
        self.setWindowTitle(self.tr("About"))
        self.column.addLayout(self._build_head())
        self.column.addWidget(rule())
        grid = QGridLayout()
        grid.setHorizontalSpacing(24)
        grid.setVerticalSpacing(4)
        grid.setColumnStretch(1, 1)
        for row, (part, version) in enumerate(versions()):
            grid.addWidget(label(part, "muted"), row, 0)
            grid.addWidget(label(version, "mono"), row, 1)
        self.column.addLayout(grid)
        self.column.addWidget(rule())
        self.column.addWidget(words_under(self.tr("The workbench is under the Apache License 2.0. Qt and PySide6 are "
                                                  "under the LGPL 3, the fonts Inter and JetBrains Mono under the SIL "
                                                  "Open Font License, the Phosphor icons under MIT.")))
        self.column.addStretch(1)
        self.copy = push_button(self.tr("Copy versions"), "copy")
        self.copy.clicked.connect(self._copy)
        close = push_button(self.tr("Close"))
        close.clicked.connect(self.reject)
        self.add_foot(self.copy, close)
        close.setFocus()
        self.setFixedWidth(420)

    def _build_head(self) -> QHBoxLayout:
        row = QHBoxLayout()
        row.setSpacing(12)
        self._sign = QLabel()
        column = QVBoxLayout()
        column.setSpacing(2)
        column.addWidget(label(self.tr("Event-flow workbench"), "heading"))
        column.addWidget(words_under(self.tr("A broker in one file, and a window that shows it live.")))
        row.addWidget(self._sign)
        row.addLayout(column, 1)
        theme().changed.connect(self._dress)
        self._dress()
        return row

    def _dress(self) -> None:
        self._sign.setPixmap(icons.pixmap("flow", "accent", 32, self.devicePixelRatioF()))

    def _copy(self) -> None:
        QGuiApplication.clipboard().setText("\n".join(f"{part} {version}" for part, version in versions()))
        self.copy.setText(self.tr("Copied"))

"""The sheet of keys: every shortcut of the window and of the canvas, by section, with a field to find one.

GUI thread.
"""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QHeaderView, QLineEdit, QTreeWidget, QTreeWidgetItem, QWidget

from workbench.ui.dialogs.commands import commands
from workbench.ui.dialogs.fuzzy import fit
from workbench.ui.dialogs.sheet import Sheet, words_under
from workbench.ui.panels.parts.blocks import push_button
from workbench.ui.qt_types import rows_below
from workbench.ui.theme import icons
from workbench.ui.theme.theme import theme
from workbench.ui.window.actions import ActionBook


class KeysSheet(Sheet):
    """See the module."""

    def __init__(self, actions: ActionBook, parent: QWidget | None = None) -> None:
        super().__init__("", parent)
        self.setWindowTitle(self.tr("All keys"))
        self.search = QLineEdit()
        self.search.setPlaceholderText(self.tr("Find a command or a key"))
        self.search.setAccessibleName(self.tr("Find a command or a key"))
        self.search.setClearButtonEnabled(True)
        self.search.addAction(icons.icon("search", "text_muted"), QLineEdit.ActionPosition.LeadingPosition)
        self.search.textChanged.connect(self._filter)
        self.list = QTreeWidget()
        self.list.setAccessibleName(self.tr("Keys"))
        self.list.setColumnCount(2)
        self.list.setHeaderHidden(True)
        self.list.setRootIsDecorated(False)
        self.list.setIndentation(0)
        self.list.setUniformRowHeights(True)
        self.list.header().setStretchLastSection(False)
        self.list.header().setSectionResizeMode(0, QHeaderView.ResizeMode.Stretch)
        self.list.header().setSectionResizeMode(1, QHeaderView.ResizeMode.ResizeToContents)
        self._nothing = words_under(self.tr("No command and no key has these letters."))
        self._nothing.hide()
        done = push_button(self.tr("Close"))
        done.clicked.connect(self.reject)
        self.column.addWidget(self.search)
        self.column.addWidget(self._nothing)
        self.column.addWidget(self.list, 1)
        self.column.addWidget(words_under(self.tr("Single letters act only while the canvas or the time strip has the "
                                                  "focus.")))
        self.add_foot(done)
        self._fill(actions)
        self.resize(520, 620)
        self.search.setFocus()

    def _fill(self, actions: ActionBook) -> None:
        sections: dict[str, QTreeWidgetItem] = {}
        for command in commands(actions):
            if command.keys:
                self._add(sections, command.section, command.text, self.tr(" or ").join(command.keys))
        for text, keys in self._canvas_keys():
            self._add(sections, self.tr("Canvas"), text, keys)

    def _canvas_keys(self) -> tuple[tuple[str, str], ...]:
        """Keys of the canvas that are no command of a menu."""
        return (
            (self.tr("Move what is selected"), self.tr("Arrows")),
            (self.tr("Move it further"), self.tr("Shift+Arrows")),
            (self.tr("Go along a link"), self.tr("Ctrl+Arrows")),
            (self.tr("Next node, previous node"), self.tr("Tab or Shift+Tab")),
            (self.tr("Move the view"), self.tr("Hold Space and drag")),
            (self.tr("Let go of what is selected, or of a link being drawn"), self.tr("Esc")),
        )

    def _add(self, sections: dict[str, QTreeWidgetItem], section: str, text: str, keys: str) -> None:
        if section not in sections:
            head = sections[section] = QTreeWidgetItem(self.list, [section])
            head.setFirstColumnSpanned(True)
            head.setFlags(Qt.ItemFlag.ItemIsEnabled)
            head.setFont(0, theme().font("body", 600))
            head.setExpanded(True)
        row = QTreeWidgetItem(sections[section], [text, keys])
        row.setFont(1, theme().font("body", mono=True))
        row.setTextAlignment(1, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)

    def _filter(self, typed: str) -> None:
        shown = 0
        for head in self._heads():
            rows = rows_below(head)
            for row in rows:
                words = f"{row.text(0)} {row.text(1)} {head.text(0)}"
                row.setHidden(fit(typed, words, loose=False) is None)
            there = sum(not row.isHidden() for row in rows)
            head.setHidden(not there)
            shown += there
        self._nothing.setVisible(not shown)

    def _heads(self) -> list[QTreeWidgetItem]:
        return rows_below(self.list.invisibleRootItem())

    def rows(self) -> list[tuple[str, str, str]]:
        """(section, command, keys) of what is shown."""
        return [(head.text(0), row.text(0), row.text(1)) for head in self._heads()
                for row in rows_below(head) if not row.isHidden()]

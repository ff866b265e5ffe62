"""Colour rules: which records stand on which ground. A popover with a line a rule; the first that matches counts.

Changes show at once and are kept in the workspace. GUI thread.
"""

from __future__ import annotations

from PySide6.QtWidgets import QComboBox, QHBoxLayout, QLineEdit, QVBoxLayout, QWidget

from workbench.core.errors import Invalid
from workbench.session.matching import read_filter
from workbench.ui.models.views import COLOURS, ColourRule, Views
from workbench.ui.panels.parts.blocks import label, push_button, set_property, tool_button
from workbench.ui.panels.parts.popover import Popover
from workbench.ui.theme import icons

WIDTH = 460


class RulesPopover(Popover):
    """See the module."""

    def __init__(self, views: Views, parent: QWidget) -> None:
        super().__init__(parent, self._title(), "records", "accent", WIDTH)
        self.setObjectName("rules_popover")
        self._views = views
        self.lines: list[tuple[QLineEdit, QComboBox]] = []
        self._column = QVBoxLayout()
        self._column.setSpacing(6)
        self.body.addWidget(label(self.tr("A filter, and the ground of the rows that match. The first one counts."),
                                  "muted"))
        self.body.addLayout(self._column)
        self.add = push_button(self.tr("Add a rule"), "add", "flat")
        self.add.clicked.connect(lambda: self._add(ColourRule("", COLOURS[len(self.lines) % len(COLOURS)]), focus=True))
        self.body.addWidget(self.add)
        for rule in views.rules or (ColourRule("", COLOURS[0]),):
            self._add(rule)

    def _title(self) -> str:
        return self.tr("Colour rules")

    def _add(self, rule: ColourRule, focus: bool = False) -> None:
        row = QWidget()
        line = QHBoxLayout(row)
        line.setContentsMargins(0, 0, 0, 0)
        line.setSpacing(6)
        text = QLineEdit(rule.text)
        text.setProperty("mono", True)
        text.setPlaceholderText("value.total > 100")
        text.setAccessibleName(self.tr("Filter of the rule"))
        colour = QComboBox()
        colour.setAccessibleName(self.tr("Colour of the rule"))
        names = {"stream": self.tr("Blue"), "queue": self.tr("Violet"), "producer": self.tr("Teal"),
                 "consumer": self.tr("Plum"), "ok": self.tr("Green"), "warn": self.tr("Amber")}
        for name in COLOURS:
            colour.addItem(icons.icon("ready", name), names[name], name)
        colour.setCurrentIndex(COLOURS.index(rule.colour))
        gone = tool_button("close", self.tr("Remove this rule"))
        pair = (text, colour)
        self.lines.append(pair)
        text.editingFinished.connect(self._take)
        colour.currentIndexChanged.connect(lambda _: self._take())
        gone.clicked.connect(lambda: self._remove(row, pair))
        line.addWidget(text, 1)
        line.addWidget(colour)
        line.addWidget(gone)
        self._column.addWidget(row)
        self.fit()
        if focus:
            text.setFocus()

    def _remove(self, row: QWidget, pair: tuple[QLineEdit, QComboBox]) -> None:
        self.lines.remove(pair)
        self._column.removeWidget(row)
        row.hide()
        row.deleteLater()
        self._take()
        self.fit()

    def _take(self) -> None:
        """Keep the rules that can be read; the others are marked."""
        rules = []
        for text, colour in self.lines:
            wanted = text.text().strip()
            try:
                if wanted:
                    read_filter(wanted)
                    rules.append(ColourRule(wanted, colour.currentData()))
                set_property(text, "state", "")
                text.setToolTip("")
            except Invalid as reason:
                set_property(text, "state", "bad")
                text.setToolTip(reason.sentence())
        if tuple(rules) != self._views.rules:
            self._views.set_rules(tuple(rules))

"""Whose rules a queue follows: chosen by name, with what that system calls things, its defaults and limits, and what
is modelled, approximated and absent here. All of it comes from the broker's table of profiles. GUI thread.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QComboBox, QGridLayout, QHBoxLayout, QLabel, QToolButton, QVBoxLayout, QWidget

from workbench.core.errors import WorkbenchError
from workbench.flow.document import Node
from workbench.flow.edits import set_param
from workbench.flow.kinds import KINDS
from workbench.flow.topics import drawn_topic
from workbench.ui.bridge.workspace import Workspace
from workbench.ui.canvas.queue_view_states import PROFILE_NAMES
from workbench.ui.panels.nodes.panel import section_title
from workbench.ui.panels.parts.blocks import label, rule
from workbench.ui.qt_types import empty
from workbench.ui.theme import icons, words

if TYPE_CHECKING:
    from workbench.broker import Feature, Profile

NONE = "none"
_LEVELS = {"modelled": ("exact", "ok"), "approximated": ("info", "warn"), "absent": ("refused", "text_muted")}
_IN_MS = ("queue.visibility.ms", "queue.ttl.ms", "queue.delay.ms", "queue.retry.delay.ms", "queue.dedup.ms",
          "retention.ms")


class Fold(QWidget):
    """A title that opens and shuts what is under it."""

    def __init__(self, title: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(4)
        self.head = QToolButton()
        self.head.setCheckable(True)
        self.head.setAutoRaise(True)
        self.head.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        self.head.toggled.connect(self._open)
        self._body = QWidget()
        self.grid = QGridLayout(self._body)
        self.grid.setContentsMargins(4, 0, 0, 4)
        self.grid.setHorizontalSpacing(10)
        self.grid.setVerticalSpacing(4)
        column.addWidget(self.head)
        column.addWidget(self._body)
        self.name(title)
        self._open(False)

    def name(self, title: str) -> None:
        self.head.setText(title)
        self.head.setAccessibleName(title)

    def _open(self, opened: bool) -> None:
        self._body.setVisible(opened)
        self.head.setIcon(icons.icon("down" if opened else "next", "text_muted"))

    def clear(self) -> None:
        empty(self.grid)


class ProfileCard(QWidget):
    """See the module. Choosing another profile is an edit of the drawing."""

    def __init__(self, workspace: Workspace, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._workspace = workspace
        self._node: Node | None = None
        self._shown = ""
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(6)
        column.addWidget(rule())
        row = QHBoxLayout()
        row.addWidget(section_title(self.tr("Follows the rules of")), 1)
        self.choice = QComboBox()
        self.choice.setAccessibleName(self.tr("Profile"))
        self.choice.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        for name in KINDS["queue"].param("profile").choices:
            self.choice.addItem(PROFILE_NAMES.get(name, self.tr("nobody")), name)
        self.choice.activated.connect(self._choose)
        row.addWidget(self.choice)
        column.addLayout(row)
        self.why = label("", "bad")
        self.why.setWordWrap(True)
        self.about = label("", "muted")
        self.about.setWordWrap(True)
        self.names, self.defaults = Fold(self.tr("What it calls things")), Fold(self.tr("Its defaults"))
        self.limits, self.features = Fold(self.tr("What it refuses")), Fold(self.tr("What is modelled"))
        for widget in (self.why, self.about, self.names, self.defaults, self.limits, self.features):
            column.addWidget(widget)

    def show_node(self, node: Node) -> None:
        """The profile of a drawn queue, and what of its settings that system would refuse."""
        self._node = node
        name = str(KINDS["queue"].value(node.params, "profile"))
        self.choice.setCurrentIndex(max(0, self.choice.findData(name)))
        found = None if name == NONE else _profile(name)
        self._show_refusal(node, found)
        if name != self._shown:
            self._shown = name
            self._show_profile(found)

    def _choose(self, index: int) -> None:
        if self._node is not None and self._workspace.document.has_node(self._node.id):
            name = self.choice.itemData(index)
            self._workspace.perform(set_param(self._workspace.document, self._node.id, "profile", name))

    def _show_refusal(self, node: Node, found: Profile | None) -> None:
        why = ""
        if found is not None:
            try:
                config = drawn_topic(self._workspace.document, node).config
                found.check_settings(found.defaults_for(node.name, config) | config)
            except WorkbenchError as error:
                why = error.sentence()
        self.why.setText(why)
        self.why.setVisible(bool(why))

    def _show_profile(self, found: Profile | None) -> None:
        for fold in (self.names, self.defaults, self.limits, self.features):
            fold.setVisible(found is not None)
            fold.clear()
        if found is None:
            self.about.setText(self.tr("The workbench's own way: everything is allowed, nothing is renamed."))
            return
        self.about.setText(self.tr("{0}, after {1}.").format(found.title, found.as_of))
        _fill_pairs(self.names, [(ours.replace("_", " "), theirs or self.tr("has none"))
                                 for ours, theirs in found.names.items()])
        _fill_pairs(self.defaults, [(setting, _value(setting, value)) for setting, value in found.defaults.items()])
        _fill_lines(self.limits, [rule_.say for rule_ in found.rules])
        self._show_features(list(found.features.values()))

    def _show_features(self, features: list[Feature]) -> None:
        counts = {level: sum(f.level == level for f in features) for level in _LEVELS}
        self.features.name(self.tr("{0} modelled, {1} approximated, {2} absent").format(*counts.values()))
        row = 0
        for level, (icon, role) in _LEVELS.items():
            title = {"modelled": self.tr("Modelled"), "approximated": self.tr("Approximated"),
                     "absent": self.tr("Absent")}[level]
            self.features.grid.addWidget(section_title(title), row, 0, 1, 2)
            row += 1
            for feature in (f for f in features if f.level == level):
                self._add_feature(row, feature, icon, role)
                row += 1
        self.features.grid.setColumnStretch(1, 1)

    def _add_feature(self, row: int, feature: Feature, icon: str, role: str) -> None:
        sign = QLabel()
        sign.setPixmap(icons.pixmap(icon, role, 14, self.devicePixelRatioF()))
        sign.setAccessibleName(str(feature.level))
        said = label(f"{feature.title}: {feature.text}")
        said.setWordWrap(True)
        said.setToolTip("\n".join(f"{source.title}: {source.url}" for source in feature.sources))
        self.features.grid.addWidget(sign, row, 0, Qt.AlignmentFlag.AlignTop)
        self.features.grid.addWidget(said, row, 1)


def _profile(name: str) -> Profile:
    from workbench.broker import profile  # off the first paint's way

    return profile(name)


def _value(setting: str, value: str) -> str:
    if setting in _IN_MS and value.isdigit():
        return words.duration(int(value)) if int(value) else "0"
    return value


def _fill_pairs(fold: Fold, rows: list[tuple[str, str]]) -> None:
    for row, (left, right) in enumerate(rows):
        fold.grid.addWidget(label(left, "muted"), row, 0, Qt.AlignmentFlag.AlignTop)
        said = label(right)
        said.setWordWrap(True)
        fold.grid.addWidget(said, row, 1)
    fold.grid.setColumnStretch(1, 1)


def _fill_lines(fold: Fold, lines: list[str]) -> None:
    for row, line in enumerate(dict.fromkeys(lines)):
        said = label(line)
        said.setWordWrap(True)
        fold.grid.addWidget(said, row, 0)

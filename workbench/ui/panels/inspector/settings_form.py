"""The settings of the selected node, by section, from the table of kinds. Checked as you type; each change an edit."""

from __future__ import annotations

from typing import Any

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QLineEdit, QScrollArea, QVBoxLayout, QWidget

from workbench.core.encodings import coding_of
from workbench.flow import rules
from workbench.flow.document import Change, Node, NodeChanged
from workbench.flow.edits import RenameNode, SetParams
from workbench.flow.kinds import KINDS, TOPICS, Param
from workbench.flow.settings import ConsumingSettings, FileSettings, shown_settings
from workbench.ui.bridge.workspace import Workspace
from workbench.ui.canvas.rename import why_not_named
from workbench.ui.models.series import PREFIX
from workbench.ui.panels.inspector.file_preview import FilePreview
from workbench.ui.panels.inspector.reader_preview import ReaderPreview
from workbench.ui.panels.inspector.setting_fields import SettingField
from workbench.ui.panels.parts.blocks import Empty, label, set_property
from workbench.ui.panels.parts.then_line import NowLine
from workbench.ui.theme.theme import theme

_ONLY_FOR = {
    "burst_rate": ("shape", "burst"), "burst_every_s": ("shape", "burst"), "burst_for_s": ("shape", "burst"),
    "ramp_to": ("shape", "ramp"), "ramp_s": ("shape", "ramp"), "partition": ("partitioner", "explicit"),
    "speed": ("pace", "original"), "delimiter": ("format", ("auto", "csv")), "pointer": ("format", ("auto", "json")),
}
"""A setting that means something only while another has this value, or one of these."""


class SettingsForm(QScrollArea):
    """See the module."""

    def __init__(self, workspace: Workspace, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._workspace = workspace
        self._node_id = ""
        self._fields: dict[str, SettingField] = {}
        self.setWidgetResizable(True)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setAccessibleName(self.tr("Settings"))
        self._unfollow = workspace.document.follow(self._follow)
        self.destroyed.connect(lambda *_: self._unfollow())
        workspace.selection_changed.connect(self._choose)
        self._choose(workspace.selection)

    def _choose(self, chosen: frozenset[str]) -> None:
        node_id = next(iter(chosen)) if len(chosen) == 1 else ""
        if node_id and not self._workspace.document.has_node(node_id):
            node_id = ""
        self._node_id = node_id
        self._fields = {}
        self._preview: FilePreview | None = None
        self._reader: ReaderPreview | None = None
        outside = len(chosen) == 1 and next(iter(chosen)).startswith(PREFIX)
        self.setWidget(self._form(self._workspace.document.node(node_id)) if node_id else self._nothing(outside))

    def _nothing(self, outside: bool) -> QWidget:
        if outside:
            how = self.tr("It comes from outside, and says how it works. Keep it on the drawing to set its alarm.")
            return Empty("sliders", self.tr("Nothing of it is ours to set"), how)
        return Empty("sliders", self.tr("Nothing is selected"), self.tr("Pick one node to see what can be set on it."))

    def _form(self, node: Node) -> QWidget:
        form = QWidget()
        column = QVBoxLayout(form)
        column.setContentsMargins(12, 12, 12, 12)
        column.setSpacing(8)
        column.addWidget(NowLine(self._workspace))
        column.addWidget(label(self.tr("Name"), "muted"))
        self._name = QLineEdit(node.name)
        self._name.setAccessibleName(self.tr("Name"))
        self._name.textEdited.connect(self._check_name)
        self._name.editingFinished.connect(lambda: self._rename(self._name.text()))
        self._name_why = label("", "bad")
        self._name_why.setWordWrap(True)
        self._name_why.hide()
        column.addWidget(self._name)
        column.addWidget(self._name_why)
        section = ""
        kind = KINDS[node.kind]
        for param in kind.params:
            if param.section != section:
                if node.kind == "file" and section == "Event":
                    self._add_preview(column, node)
                section = param.section
                column.addSpacing(6)
                head = label(section)
                head.setFont(theme().font("body", 600))
                column.addWidget(head)
            column.addWidget(self._field(param, kind.value(node.params, param.name)))
            if param.name == "reader_schema":
                self._reader = ReaderPreview(self._workspace)
                column.addWidget(self._reader)
        column.addStretch(1)
        self._show_fitting(node)
        return form

    def _add_preview(self, column: QVBoxLayout, node: Node) -> None:
        """Beneath what says how the file is read: what comes of it."""
        self._preview = FilePreview()
        self._preview.show_settings(shown_settings(node, FileSettings))
        column.addWidget(self._preview)

    def _show_reader(self, node: Node) -> None:
        """Beneath the reader schema: what it makes of what the group's topics are written by."""
        if self._reader is not None:
            document = self._workspace.document
            topics = [each for each in document.sources_of(node.id) if each.kind in TOPICS]
            subjects = [coding_of("", str(each.params.get("value_schema", "")), f"{each.name}-value").subject
                        for each in topics]
            self._reader.show_reader(shown_settings(node, ConsumingSettings).reader_schema, tuple(subjects))

    def _field(self, param: Param, value: Any) -> SettingField:
        field = SettingField(param, value)
        field.edited.connect(self._set)
        self._fields[param.name] = field
        return field

    def _set(self, name: str, value: Any) -> None:
        document = self._workspace.document
        node = document.node(self._node_id)
        if KINDS[node.kind].value(node.params, name) != value:
            edit = SetParams(node.id, {**node.params, name: value},
                             self.tr("Change {0}").format(self._fields[name].param.label.lower()))
            self._workspace.perform(edit, merge_key=f"{node.id}.{name}")

    def _check_name(self, name: str) -> str:
        node = self._workspace.document.node(self._node_id)
        why = why_not_named(self._workspace.document, node, name)
        self._name_why.setText(why)
        self._name_why.setVisible(bool(why))
        set_property(self._name, "state", "bad" if why else "")
        return why

    def _rename(self, name: str) -> None:
        """Once it is typed whole: a name on the way there may be another group's, and offsets go along with it."""
        if not self._workspace.document.has_node(self._node_id):
            return
        node = self._workspace.document.node(self._node_id)
        if not self._check_name(name) and name != node.name:
            self._workspace.perform(RenameNode(node.id, name), merge_key=f"{node.id}.name")

    def _follow(self, change: Change) -> None:
        if isinstance(change, NodeChanged) and change.after.id == self._node_id:
            node = change.after
            for name, field in self._fields.items():
                field.show_value(KINDS[node.kind].value(node.params, name))
            if self._preview is not None:
                self._preview.show_settings(shown_settings(node, FileSettings))
            if not self._name.hasFocus():
                self._name.setText(node.name)
            self._show_fitting(node)

    def _show_fitting(self, node: Node) -> None:
        """Hide what means nothing as things are set, and say what the drawing's rules complain about."""
        self._show_reader(node)
        kind = KINDS[node.kind]
        complaints = [text for node_id, text in rules.problems(self._workspace.document) if node_id == node.id]
        for name, field in self._fields.items():
            other, value = _ONLY_FOR.get(name, ("", ""))
            wanted = value if isinstance(value, tuple) else (value,)
            fits = not other or other not in self._fields or kind.value(node.params, other) in wanted
            field.setVisible(fits)
            if field.param.type in ("code", "expression", "path", "text"):
                field.complain(next((text for text in complaints if _is_about(text, field.param)), ""))


def _is_about(complaint: str, param: Param) -> bool:
    """Whether a complaint of the drawing's rules is about this setting."""
    if complaint.startswith(f"«{param.label}»"):
        return True
    no_field = complaint.startswith("The template has no field")
    return {
        "key": no_field,
        "template": complaint.startswith("The template") and not no_field,
        "headers": complaint.startswith("The headers"),
        "charset": complaint.startswith("There is no character set"),
        "delimiter": complaint.startswith("Columns can't be parted"),
        "pointer": "is no way into a document" in complaint,
        "time_format": "time format" in complaint,
        "reader_schema": "is no version of a schema" in complaint,
        "path": "file" in complaint and not complaint.endswith("yet."),
    }.get(param.name, False)

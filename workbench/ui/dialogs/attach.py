"""Attach a system: one of those the user has named, or another one, which can be tried before it is kept.

The list is the user's own (``engines.catalog``), the same as that of ``workbench connections``. Secrets are not typed
here: they are named, as environment variables. GUI thread; reaching a system is the host's, and takes seconds.
"""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import (
    QComboBox,
    QFormLayout,
    QHBoxLayout,
    QLineEdit,
    QListWidget,
    QListWidgetItem,
    QPlainTextEdit,
    QWidget,
)

from workbench.control.connections import (
    AddConnection,
    Attach,
    ConnectionInfo,
    ConnectionList,
    Detach,
    ListConnections,
    Reached,
    RemoveConnection,
    TryConnection,
)
from workbench.core.errors import WorkbenchError
from workbench.engines.registry import SYSTEMS
from workbench.ui.bridge.workspace import Workspace
from workbench.ui.dialogs.sheet import Sheet, words_under
from workbench.ui.panels.nodes.panel import section_title
from workbench.ui.panels.parts.blocks import label, push_button, set_tone

_INFO = Qt.ItemDataRole.UserRole


class AttachDialog(Sheet):
    """See the module."""

    def __init__(self, workspace: Workspace, parent: QWidget | None = None) -> None:
        super().__init__("", parent)
        self.setWindowTitle(self.tr("Attach a system"))
        self._workspace = workspace
        self._build_known()
        self._build_new()
        self.said = words_under("")
        self.said.setMinimumHeight(3 * self.said.fontMetrics().lineSpacing())  # nothing jumps under the pointer
        self.said.setAlignment(Qt.AlignmentFlag.AlignTop)
        self.column.addWidget(self.said)
        self._build_foot()
        self._check()
        self._show_chosen()
        self.resize(460, 520)
        self._load()

    # -- building ------------------------------------------------------------------------------------------
    def _build_known(self) -> None:
        self.column.addWidget(section_title(self.tr("Your systems")))
        self.known = QListWidget()
        self.known.setAccessibleName(self.tr("Your systems"))
        self.known.setMinimumHeight(84)
        self.known.currentRowChanged.connect(lambda _: self._show_chosen())
        self.known.itemActivated.connect(lambda _: self._attach_chosen())
        self.column.addWidget(self.known, 1)
        self.attach = push_button(self.tr("Attach"), "plug")
        self.attach.clicked.connect(self._attach_chosen)
        self.forget = push_button(self.tr("Forget"), "delete")
        self.forget.clicked.connect(self._forget_chosen)
        row = QHBoxLayout()
        row.setSpacing(8)
        row.addWidget(self.attach)
        row.addWidget(self.forget)
        row.addStretch(1)
        self.column.addLayout(row)

    def _build_new(self) -> None:
        self.column.addWidget(section_title(self.tr("Another one")))
        form = QFormLayout()
        form.setHorizontalSpacing(12)
        form.setVerticalSpacing(8)
        form.setFieldGrowthPolicy(QFormLayout.FieldGrowthPolicy.AllNonFixedFieldsGrow)
        self.name = self._line(self.tr("Name"), "staging")
        self.system = QComboBox()
        for kind in SYSTEMS.values():
            self.system.addItem(kind.title, kind.name)
        self.system.setAccessibleName(self.tr("System"))
        self.address = self._line(self.tr("Address"), "")
        self.options = QPlainTextEdit()
        self.options.setAccessibleName(self.tr("Options"))
        self.options.setToolTip(
            self.tr("One setting of the client library a line. A secret is named: env:VARIABLE or keyring:"))
        self.options.setProperty("mono", True)
        self.options.setTabChangesFocus(True)
        self.options.setFixedHeight(60)
        self.system.currentIndexChanged.connect(lambda _: self._show_examples())
        self._show_examples()
        for text, field in ((self.tr("Name"), self.name), (self.tr("System"), self.system),
                            (self.tr("Address"), self.address), (self.tr("Options"), self.options)):
            form.addRow(label(text, "muted"), field)
        self.column.addLayout(form)

    def _show_examples(self) -> None:
        kind = SYSTEMS[self.system.currentData()]
        self.address.setPlaceholderText(kind.example)
        self.options.setPlaceholderText(kind.options)

    def _line(self, name: str, example: str) -> QLineEdit:
        made = QLineEdit()
        made.setAccessibleName(name)
        made.setPlaceholderText(example)
        made.textChanged.connect(lambda _: self._check())
        return made

    def _build_foot(self) -> None:
        close = push_button(self.tr("Close"))
        close.clicked.connect(self.reject)
        self.test = push_button(self.tr("Test"), "goto", tip=self.tr("Reach it and say what is there; nothing is kept"))
        self.test.clicked.connect(self._test)
        self.add = push_button(self.tr("Add and attach"), "plug", "primary", role="text_on_accent")
        self.add.clicked.connect(self._add)
        self.add_foot(close, self.test, self.add)

    # -- the list ------------------------------------------------------------------------------------------
    def _load(self) -> None:
        self._workspace.act(ListConnections(), self).done(self._show_known).failed(self._fail).run()

    def _show_known(self, listed: ConnectionList) -> None:
        chosen = self._chosen()
        self.known.clear()
        for info in listed.connections:
            kind = SYSTEMS.get(info.system)
            state = self.tr("  ·  attached") if info.attached else ""
            item = QListWidgetItem(f"@{info.name}  ·  {kind.title if kind else info.system}  ·  {info.address}{state}")
            item.setData(_INFO, info)
            self.known.addItem(item)
            if chosen is not None and info.name == chosen.name:
                self.known.setCurrentItem(item)
        if not listed.connections:
            item = QListWidgetItem(self.tr("None yet: name one below."))
            item.setFlags(Qt.ItemFlag.NoItemFlags)
            self.known.addItem(item)
        elif self.known.currentRow() < 0:
            self.known.setCurrentRow(0)
        self._show_chosen()

    def _chosen(self) -> ConnectionInfo | None:
        item = self.known.currentItem()
        return None if item is None else item.data(_INFO)

    def _show_chosen(self) -> None:
        info = self._chosen()
        self.attach.setEnabled(info is not None)
        attached = info is not None and info.attached
        self.attach.setText(self.tr("Detach") if attached else self.tr("Attach"))
        self.attach.setAccessibleName(self.attach.text())
        self.forget.setEnabled(info is not None and not attached)
        self.forget.setToolTip(self.tr("Detach it first") if attached
                               else self.tr("Take it off the list; nothing changes there"))

    def _attach_chosen(self) -> None:
        info = self._chosen()
        if info is None:
            return
        command = Detach(info.name) if info.attached else Attach(info.name)
        text = self.tr("@{0} is detached.") if info.attached else self.tr("@{0} is attached.")
        self._act(command, text.format(info.name))

    def _forget_chosen(self) -> None:
        info = self._chosen()
        if info is not None:
            self._act(RemoveConnection(info.name), self.tr("@{0} is forgotten.").format(info.name))

    # -- another one ---------------------------------------------------------------------------------------
    def _check(self) -> None:
        usable = bool(self.name.text().strip() and self.address.text().strip())
        for button in (self.test, self.add) if hasattr(self, "add") else ():
            button.setEnabled(usable)

    def _typed(self) -> tuple[str, str, str, dict[str, str]] | None:
        """Name, system, address and options; None where a line of the options is none, which is said."""
        options = {}
        for line in filter(None, map(str.strip, self.options.toPlainText().splitlines())):
            name, sign, value = line.partition("=")
            if not sign or not name.strip():
                self._say(self.tr("«{0}» is not an option. Write each as NAME=VALUE.").format(line), "bad")
                return None
            options[name.strip()] = value.strip()
        name = self.name.text().strip().removeprefix("@")
        return name, self.system.currentData(), self.address.text().strip(), options

    def _test(self) -> None:
        if (typed := self._typed()) is None:
            return
        self._say(self.tr("Reaching {0}…").format(typed[2]))
        self.test.setEnabled(False)
        self._workspace.act(TryConnection(*typed), self, hurried=True).done(self._reached).failed(self._fail).run()

    def _reached(self, found: Reached) -> None:
        self._check()
        self._say(self.tr("Reached: {0}.").format(found.about), "ok")

    def _add(self) -> None:
        if (typed := self._typed()) is None:
            return
        name = typed[0]

        def added(_: object) -> None:
            self._act(Attach(name), self.tr("@{0} is attached.").format(name))

        self._workspace.act(AddConnection(*typed), self).done(added).failed(self._fail).run()

    def _act(self, command: Attach | Detach | RemoveConnection, text: str) -> None:
        def done(_: object) -> None:
            self._say(text, "ok")
            self._load()

        self._workspace.act(command, self).done(done).failed(self._fail).run()

    def _fail(self, error: WorkbenchError) -> None:
        self._check()
        self._say(error.sentence(), "bad")

    def _say(self, text: str, tone: str = "muted") -> None:
        set_tone(self.said, tone)
        self.said.setText(text)

"""Serving Kafka clients, on and off: a popover, never a modal dialog.

The address others may reach is chosen on purpose: the risk is named, a box must be ticked, and a user and TLS can be
asked for. What was served is remembered for the file, but only addresses of this machine are served again by
themselves. GUI thread.
"""

from __future__ import annotations

from ipaddress import ip_address

from PySide6.QtCore import QPoint
from PySide6.QtWidgets import QApplication, QCheckBox, QHBoxLayout, QLabel, QLineEdit, QVBoxLayout, QWidget

from workbench.control.command import Command
from workbench.control.messages import Listen
from workbench.core.errors import WorkbenchError
from workbench.core.snapshot import Snapshot
from workbench.ui.bridge.workspace import Workspace
from workbench.ui.models.outside import client_name
from workbench.ui.panels.blocks import Banner, label, push_button, rule, tool_button
from workbench.ui.panels.kafka_users import KafkaUsersList
from workbench.ui.panels.popover import Floating
from workbench.ui.settings import Settings
from workbench.ui.theme import icons, words
from workbench.ui.theme.theme import theme

ADDRESS = "127.0.0.1:9092"
WIDTH = 380
SHOWN_UNSERVED = 3


def of_this_machine(address: str) -> bool:
    """Whether only programs of this machine reach HOST:PORT; a name other than localhost counts as reachable."""
    host = address.strip().rpartition(":")[0].removeprefix("[").removesuffix("]")
    try:
        return host in ("", "localhost") or ip_address(host).is_loopback
    except ValueError:
        return False


class KafkaPopover(Floating):
    """See the module."""

    def __init__(self, workspace: Workspace, settings: Settings, parent: QWidget) -> None:
        super().__init__(parent)
        self.setObjectName("kafka_popover")
        self.setAccessibleName(self.tr("Kafka clients"))
        self._workspace, self._settings = workspace, settings
        self._build()
        self.address.setText(settings.kafka_address(workspace.path) or ADDRESS)
        self.address.textChanged.connect(lambda _: self._show_state(workspace.live))
        self.allow.toggled.connect(lambda _: self._show_state(workspace.live))
        workspace.live_changed.connect(self._show_state)
        self.users.changed.connect(self._take_users)
        self.users.failed.connect(self._refuse)
        self._show_state(workspace.live)
        self.users.refresh()

    # -- building ------------------------------------------------------------------------------------------
    def _build(self) -> None:
        self.setFixedWidth(WIDTH)
        column = QVBoxLayout(self)
        column.setContentsMargins(1, 0, 1, 14)
        column.setSpacing(0)
        column.addLayout(self._build_head())
        column.addWidget(rule())
        body = QVBoxLayout()
        body.setContentsMargins(14, 12, 14, 0)
        body.setSpacing(8)
        column.addLayout(body)
        self.sentence = label()
        self.sentence.setWordWrap(True)
        self.address = _field(self.tr("Address to serve"), mono=True)
        self.address.returnPressed.connect(self.serve)
        self.refused = Banner("banner-bad")
        self.unserved = Banner("banner-warn")
        body.addWidget(self.sentence)
        body.addWidget(self.unserved)
        body.addWidget(self._build_copy())
        body.addWidget(label(self.tr("Address · port 0 takes any that is free"), "caption"))
        body.addWidget(self.address)
        body.addWidget(self._build_risk())
        self.users = KafkaUsersList(self._workspace)
        body.addWidget(self.users)
        body.addWidget(self.refused)
        body.addLayout(self._build_foot())

    def _build_head(self) -> QHBoxLayout:
        head = QHBoxLayout()
        head.setContentsMargins(14, 8, 8, 8)
        head.setSpacing(10)
        glyph = QLabel()
        glyph.setPixmap(icons.pixmap("client", "external", 16, self.devicePixelRatioF()))
        title = label(self.tr("Kafka clients"), "title")
        shut = tool_button("close", self.tr("Close"), self.tr("Close (Esc)"), "text")
        shut.clicked.connect(self.close)
        head.addWidget(glyph)
        head.addWidget(title, 1)
        head.addWidget(shut)
        return head

    def _build_copy(self) -> QWidget:
        self.served = QWidget()
        row = QHBoxLayout(self.served)
        row.setContentsMargins(0, 0, 0, 0)
        self.bootstrap = _field(self.tr("Setting for Kafka clients"), mono=True)
        self.bootstrap.setReadOnly(True)
        self.copy = tool_button("copy", self.tr("Copy the setting"))
        self.copy.clicked.connect(lambda: QApplication.clipboard().setText(self.bootstrap.text()))
        row.addWidget(self.bootstrap, 1)
        row.addWidget(self.copy)
        return self.served

    def _build_risk(self) -> QWidget:
        """What an address that others reach needs: the risk in words, a choice, and what keeps strangers out."""
        self.risk = QWidget()
        column = QVBoxLayout(self.risk)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(6)
        warning = Banner("banner-warn")
        warning.say(self.tr("Other machines reach this address. Every program there could read and write the topics of "
                            "this workspace."))  # fmt: skip
        self.allow = QCheckBox(self.tr("Let other machines in"))
        column.addWidget(warning)
        column.addWidget(self.allow)
        self.certificate, self.key = _field(self.tr("Certificate (PEM file)")), _field(self.tr("Its key (PEM file)"))
        column.addWidget(label(self.tr("Encrypt (TLS)"), "caption"))
        row = QHBoxLayout()
        row.setSpacing(6)
        for field in (self.certificate, self.key):
            field.setPlaceholderText(field.accessibleName())
            row.addWidget(field)
        column.addLayout(row)
        self.ask = QCheckBox(self.tr("Ask for one of these users"))
        column.addWidget(self.ask)
        return self.risk

    def _build_foot(self) -> QHBoxLayout:
        foot = QHBoxLayout()
        self.stop = push_button(self.tr("Stop serving"))
        self.stop.clicked.connect(self.stop_serving)
        self.start = push_button(self.tr("Serve"), variant="primary")
        self.start.clicked.connect(self.serve)
        foot.addStretch(1)
        foot.addWidget(self.stop)
        foot.addWidget(self.start)
        return foot

    # -- following -----------------------------------------------------------------------------------------
    def _show_state(self, live: Snapshot) -> None:
        on = live.host.listeners.get("kafka")
        remote = not of_this_machine(self.address.text())
        here = sum(client.connections > 0 for client in live.clients)
        said = self.tr("Let any program with a Kafka client write to and read from this workspace.")
        if on:
            said = self.tr("{0} connected.").format(
                words.plural(here, self.tr("client is"), self.tr("clients are"))
            ) if here else self.tr("Served. No client is connected yet.")  # fmt: skip
        self.sentence.setText(said)
        self.unserved.say(self._in_vain(live))
        self.bootstrap.setText(f"bootstrap.servers={on}" if on else "")
        self.served.setVisible(on is not None)
        self.risk.setVisible(remote)
        self.ask.setEnabled(bool(self.users.names or self.users.user.text()))
        self.users.setVisible(remote or bool(self.users.names))
        self.stop.setVisible(on is not None)
        self.start.setVisible(on is None or self.address.text().strip() != on)
        self.start.setText(self.tr("Serve") if on is None else self.tr("Serve here instead"))
        self.start.setEnabled(self._workspace.connected and (self.allow.isChecked() or not remote))
        self._fit()

    def _in_vain(self, live: Snapshot) -> str:
        """What clients asked for that is not served, with what to do instead: a line a client and thing."""
        told = [
            self.tr("{0} asks for {1}, which is not served. {2}").format(client_name(client), one.what, one.instead)
            for client in live.clients for one in client.unserved
        ]  # fmt: skip
        rest = len(told) - SHOWN_UNSERVED
        more = [self.tr("{0} more in the Clients panel.").format(rest)] if rest > 0 else []
        return "\n".join((*told[:SHOWN_UNSERVED], *more))

    def _take_users(self) -> None:
        self.ask.setChecked(bool(self.users.names))
        self._show_state(self._workspace.live)

    def _fit(self) -> None:
        self.layout().activate()
        self.setFixedHeight(self.layout().totalHeightForWidth(WIDTH))

    # -- acts ----------------------------------------------------------------------------------------------
    def serve(self) -> None:
        """Serve at the address that stands there; a user that was typed is made known first."""
        if not self.start.isEnabled():
            return
        remote = not of_this_machine(self.address.text())
        typed = remote and bool(self.users.user.text().strip())
        listen = Listen(
            "kafka", self.address.text().strip(), allow_remote=remote and self.allow.isChecked(),
            users=remote and (self.ask.isChecked() or typed),
            certificate=self.certificate.text().strip() if remote else "",
            key=self.key.text().strip() if remote else "",
        )  # fmt: skip
        if typed:
            self.users.put(then=lambda: self._ask(listen, lambda _: self._remember(listen)))
        else:
            self._ask(listen, lambda _: self._remember(listen))

    def stop_serving(self) -> None:
        self._ask(Listen("kafka", None), lambda _: self._remember(Listen("kafka", None)))

    def _ask(self, command: Command, done) -> None:
        self._say("")
        self._workspace.act(command).done(done).failed(self._refuse).run()

    def _remember(self, listen: Listen) -> None:
        local = listen.address is not None and of_this_machine(listen.address)
        self._settings.set_kafka_address(self._workspace.path, listen.address or "" if local else "")

    def _refuse(self, error: WorkbenchError) -> None:
        self._say(error.sentence())

    def _say(self, text: str) -> None:
        self.refused.say(text)
        self._fit()

    # -- place ---------------------------------------------------------------------------------------------
    def place_under(self, anchor: QWidget) -> None:
        """Below the button it was opened from, with its right edge, inside the window."""
        window = self.parentWidget()
        corner = anchor.mapTo(window, QPoint(anchor.width(), anchor.height() + 6))
        self.move(max(8, min(corner.x(), window.width() - 8) - WIDTH), corner.y())


def _field(name: str, mono: bool = False) -> QLineEdit:
    made = QLineEdit()
    made.setAccessibleName(name)
    if mono:
        made.setProperty("mono", True)
        made.setFont(theme().font("body", mono=True))
    return made

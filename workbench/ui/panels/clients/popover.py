"""Serving clients of other programs, a line a protocol: a popover, never a modal dialog.

An address others may reach is chosen on purpose: the risk is named, a box must be ticked, and a user and TLS can be
asked for. What was served is remembered for the file, but only addresses of this machine are served again by
themselves. GUI thread.
"""

from __future__ import annotations

from ipaddress import ip_address

from PySide6.QtCore import QPoint
from PySide6.QtWidgets import QCheckBox, QGridLayout, QHBoxLayout, QLabel, QVBoxLayout, QWidget

from workbench.control.command import Command
from workbench.control.messages import Listen
from workbench.core.errors import WorkbenchError
from workbench.core.snapshot import Snapshot
from workbench.ui.bridge.workspace import Workspace
from workbench.ui.models.outside import client_name
from workbench.ui.models.protocols import PROTOCOLS
from workbench.ui.panels.clients.protocol_row import ProtocolRow, address_field
from workbench.ui.panels.clients.users_list import UsersList
from workbench.ui.panels.parts.blocks import Banner, label, rule, tool_button
from workbench.ui.panels.parts.popover import Floating
from workbench.ui.qt_types import layout_of, parent_of
from workbench.ui.settings import Settings
from workbench.ui.theme import icons

WIDTH = 520
SHOWN_UNSERVED = 3


def of_this_machine(address: str) -> bool:
    """Whether only programs of this machine reach HOST:PORT; a name other than localhost counts as reachable."""
    host = address.strip().rpartition(":")[0].removeprefix("[").removesuffix("]")
    try:
        return host in ("", "localhost") or ip_address(host).is_loopback
    except ValueError:
        return False


class ClientsPopover(Floating):
    """See the module."""

    def __init__(self, workspace: Workspace, settings: Settings, parent: QWidget) -> None:
        super().__init__(parent)
        self.setObjectName("clients_popover")
        self.setAccessibleName(self.tr("Clients"))
        self._workspace, self._settings = workspace, settings
        self._build()
        remembered = settings.listeners(workspace.path)
        for row in self.rows.values():
            row.address.setText(remembered.get(row.protocol.key, row.protocol.address))
            row.wanted.connect(self._wanted)
            row.edited.connect(lambda: self._show_state(workspace.live))
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
        sentence = label(self.tr("Let programs with clients of these systems write to and read from this workspace. "
                                 "Port 0 takes any that is free."))
        sentence.setWordWrap(True)
        self.refused = Banner("banner-bad")
        self.unserved = Banner("banner-warn")
        body.addWidget(sentence)
        body.addWidget(self._build_rows())
        body.addWidget(self.refused)
        body.addWidget(self.unserved)
        body.addWidget(self._build_risk())
        self.users = UsersList(self._workspace)
        body.addWidget(self.users)

    def _build_head(self) -> QHBoxLayout:
        head = QHBoxLayout()
        head.setContentsMargins(14, 8, 8, 8)
        head.setSpacing(10)
        glyph = QLabel()
        glyph.setPixmap(icons.pixmap("client", "external", 16, self.devicePixelRatioF()))
        title = label(self.tr("Clients"), "title")
        shut = tool_button("close", self.tr("Close"), self.tr("Close (Esc)"), "text")
        shut.clicked.connect(self.close)
        head.addWidget(glyph)
        head.addWidget(title, 1)
        head.addWidget(shut)
        return head

    def _build_rows(self) -> QWidget:
        box = QWidget()
        grid = QGridLayout(box)
        grid.setContentsMargins(0, 4, 0, 4)
        grid.setHorizontalSpacing(8)
        grid.setVerticalSpacing(6)
        grid.setColumnStretch(1, 1)
        grid.setColumnMinimumWidth(3, 66)
        self.rows = {protocol.key: ProtocolRow(protocol, grid, place) for place, protocol in enumerate(PROTOCOLS)}
        return box

    def _build_risk(self) -> QWidget:
        """What an address that others reach needs: the risk in words, a choice, and what keeps strangers out."""
        self.risk = QWidget()
        column = QVBoxLayout(self.risk)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(6)
        warning = Banner("banner-warn")
        warning.say(self.tr("Other machines reach this address. Every program there could read and write the topics of "
                            "this workspace."))
        self.allow = QCheckBox(self.tr("Let other machines in"))
        column.addWidget(warning)
        column.addWidget(self.allow)
        self.certificate = address_field(self.tr("Certificate (PEM file)"))
        self.key = address_field(self.tr("Its key (PEM file)"))
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

    # -- following -----------------------------------------------------------------------------------------
    def _show_state(self, live: Snapshot) -> None:
        remote = False
        for row in self.rows.values():
            reachable = not of_this_machine(row.text())
            remote = remote or reachable
            there = self._workspace.connected
            row.show_state(live, there and (self.allow.isChecked() or not reachable), there)
        self.unserved.say(self._in_vain(live))
        self.risk.setVisible(remote)
        self.ask.setEnabled(bool(self.users.names or self.users.user.text()))
        self.users.setVisible(remote or bool(self.users.names))
        self._fit()

    def _in_vain(self, live: Snapshot) -> str:
        """What clients asked for that is not served, with what to do instead: a line a client and thing."""
        told = [
            self.tr("{0} asks for {1}, which is not served. {2}").format(client_name(client), one.what, one.instead)
            for client in live.clients for one in client.unserved
        ]
        rest = len(told) - SHOWN_UNSERVED
        more = [self.tr("{0} more in the Clients panel.").format(rest)] if rest > 0 else []
        return "\n".join((*told[:SHOWN_UNSERVED], *more))

    def _take_users(self) -> None:
        self.ask.setChecked(bool(self.users.names))
        self._show_state(self._workspace.live)

    def _fit(self) -> None:
        layout = layout_of(self)
        layout.activate()
        self.setFixedHeight(layout.totalHeightForWidth(WIDTH))

    # -- acts ----------------------------------------------------------------------------------------------
    def _wanted(self, row: ProtocolRow, on: bool) -> None:
        if on:
            self._serve(row)
        else:
            self._listen(Listen(row.protocol.key, None))

    def _serve(self, row: ProtocolRow) -> None:
        """Serve at the address that stands there; a user that was typed is made known first."""
        remote = not of_this_machine(row.text())
        typed = remote and bool(self.users.user.text().strip())
        listen = Listen(
            row.protocol.key, row.text(), allow_remote=remote and self.allow.isChecked(),
            users=remote and (self.ask.isChecked() or typed),
            certificate=self.certificate.text().strip() if remote else "",
            key=self.key.text().strip() if remote else "",
        )
        if typed:
            self.users.put(then=lambda: self._listen(listen))
        else:
            self._listen(listen)

    def _listen(self, command: Listen) -> None:
        self._ask(command, lambda _: self._remember(command))

    def _ask(self, command: Command, done) -> None:
        self._say("")
        self._workspace.act(command).done(done).failed(self._refuse).run()

    def _remember(self, listen: Listen) -> None:
        local = listen.address is not None and of_this_machine(listen.address)
        self._settings.set_listener(self._workspace.path, listen.protocol, listen.address or "" if local else "")

    def _refuse(self, error: WorkbenchError) -> None:
        self._say(error.sentence())

    def _say(self, text: str) -> None:
        self.refused.say(text)
        self._fit()

    # -- place ---------------------------------------------------------------------------------------------
    def place_under(self, anchor: QWidget) -> None:
        """Below the button it was opened from, with its right edge, inside the window."""
        window = parent_of(self)
        corner = anchor.mapTo(window, QPoint(anchor.width(), anchor.height() + 6))
        self.move(max(8, min(corner.x(), window.width() - 8) - WIDTH), corner.y())

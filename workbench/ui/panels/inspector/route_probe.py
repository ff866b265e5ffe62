"""Where would this key go? A key is typed, the host says which queues a message with it would reach. Nothing is sent.

GUI thread; the host answers, so what counts is what is bound now.
"""

from __future__ import annotations

from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QLineEdit, QVBoxLayout, QWidget

from workbench.control.exchanges import Route, RouteMessage
from workbench.core.errors import WorkbenchError
from workbench.core.records import Headers
from workbench.ui.bridge.workspace import Workspace
from workbench.ui.panels.parts.blocks import label, set_tone

_TYPING_MS = 150


def read_headers(text: str) -> Headers:
    """``a=1, b=2`` as headers; what has no ``=`` has a null value."""
    parts = [part.strip().partition("=") for part in text.split(",") if part.strip()]
    return tuple((name.strip(), value.strip().encode() if equals else None) for name, equals, value in parts)


class RouteProbe(QWidget):
    """See the module. ``by_headers`` asks for headers in place of a key."""

    def __init__(self, workspace: Workspace, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._workspace = workspace
        self._exchange = ""
        self._by_headers = False
        self._asked = 0
        self._typing = QTimer(self, singleShot=True, interval=_TYPING_MS)
        self._typing.timeout.connect(self.ask)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 4, 0, 0)
        column.setSpacing(4)
        self.title = label("", "muted")
        self.key = QLineEdit()
        self.key.setProperty("mono", True)
        self.key.textEdited.connect(lambda _: self._typing.start())
        self.key.returnPressed.connect(self.ask)
        self.answer = label("", "muted")
        self.answer.setWordWrap(True)
        for widget in (self.title, self.key, self.answer):
            column.addWidget(widget)
        self._name()

    def show_exchange(self, name: str, kind: str) -> None:
        """Ask this exchange from now on; another one forgets what was typed."""
        if (name, kind == "headers") != (self._exchange, self._by_headers):
            self._exchange, self._by_headers = name, kind == "headers"
            self.key.clear()
            self.answer.setText("")
            self._name()

    def _name(self) -> None:
        headers = self._by_headers
        self.title.setText(self.tr("Where would these headers go?") if headers else
                           self.tr("Where would this key go?"))
        self.key.setAccessibleName(self.title.text())
        self.key.setPlaceholderText("region=eu, kind=order" if headers else "order.de.paid")

    def ask(self) -> None:
        """Ask the host; only the last answer counts."""
        self._typing.stop()
        self._asked += 1
        asked, text = self._asked, self.key.text().strip()
        if not text and self._by_headers:
            self.answer.setText("")
            return
        command = RouteMessage(self._exchange, "", read_headers(text)) if self._by_headers else RouteMessage(
            self._exchange, text)
        self._workspace.act(command, self).done(lambda reply: self._say(asked, reply)).failed(
            lambda error: self._refuse(asked, error)).run()

    def _say(self, asked: int, reply: Route) -> None:
        if asked != self._asked:
            return
        queues = reply.routed.queues
        set_tone(self.answer, "" if queues else "warn")
        if queues:
            self.answer.setText(self.tr("To {0}.").format(", ".join(queues)))
        else:
            self.answer.setText(self.tr("To no queue: no binding takes it."))

    def _refuse(self, asked: int, error: WorkbenchError) -> None:
        if asked == self._asked:
            set_tone(self.answer, "bad")
            self.answer.setText(error.sentence())

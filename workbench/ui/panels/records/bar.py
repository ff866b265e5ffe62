"""The line over the records table: which topic, what to look for, in which order, where to go, and the tail.

It knows nothing of records: it shows what it is told and says by signals what a person chose. GUI thread.
"""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Qt, QTimer, Signal
from PySide6.QtGui import QAction, QActionGroup, QResizeEvent
from PySide6.QtWidgets import QGridLayout, QLabel, QLineEdit, QMenu, QPushButton, QWidget

from workbench.ui.canvas.kinds import role_of
from workbench.ui.models.views import Views
from workbench.ui.panels.parts.blocks import push_button, set_property, tool_button
from workbench.ui.theme import icons, words
from workbench.ui.theme.theme import theme

TYPING_MS = 150
NARROW = 820
"""Below this width the filter has a line of its own."""


class FilterField(QLineEdit):
    """A filter that is checked while it is typed; ``changed_text`` comes after a short pause."""

    changed_text = Signal(str)

    def __init__(self, views: Views, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._views = views
        self.setProperty("mono", True)
        self.setPlaceholderText(self.tr("Filter: text, or value.total > 100 && key.startsWith(\"C-2\")"))
        self.setAccessibleName(self.tr("Filter"))
        self.setToolTip(self.tr("Filter by text or by an expression over key, value, headers (Ctrl+F)"))
        self.addAction(icons.icon("filter", "text_muted"), QLineEdit.ActionPosition.LeadingPosition)
        self._clear = QAction(icons.icon("close", "text_muted"), self.tr("Clear the filter"), self)
        self._clear.triggered.connect(self.clear)
        self.addAction(self._clear, QLineEdit.ActionPosition.TrailingPosition)
        keep = QAction(icons.icon("bookmark", "text_muted"), self.tr("Kept filters"), self)
        keep.triggered.connect(self._open_kept)
        self.addAction(keep, QLineEdit.ActionPosition.TrailingPosition)
        self._verdict = QLabel(self)
        self._verdict.hide()
        self._pause = QTimer(self, singleShot=True, interval=TYPING_MS)
        self._pause.timeout.connect(lambda: self.changed_text.emit(self.text().strip()))
        self.textChanged.connect(self._typed)
        theme().changed.connect(self._dress)
        self._typed()
        self._dress()

    def _dress(self) -> None:
        self.setFont(theme().font("body", mono=True))
        self._verdict.setFont(theme().font("body"))

    def _typed(self) -> None:
        self._clear.setVisible(bool(self.text()))
        self._pause.start()

    def say(self, verdict: str) -> None:
        """``ok``, ``bad`` or nothing: the outline and the word at the right."""
        set_property(self, "state", verdict)
        text = {"ok": self.tr("✓ valid"), "bad": self.tr("not valid")}.get(verdict, "")
        self._verdict.setText(text)
        set_property(self._verdict, "tone", verdict)
        self._verdict.adjustSize()
        self._verdict.setVisible(bool(text))
        self.setTextMargins(0, 0, self._verdict.width() + 8 if text else 0, 0)
        self._place()

    def _place(self) -> None:
        self._verdict.move(self.width() - self._verdict.width() - 58, (self.height() - self._verdict.height()) // 2)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._place()

    def _open_kept(self) -> None:
        """The filters that the workspace keeps."""
        menu = QMenu(self)
        menu.setObjectName("kept_filters")
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        kept, text = self._views.filters, self.text().strip()
        if text and text not in kept:
            menu.addAction(self.tr("Keep this filter")).triggered.connect(lambda *_: self._views.keep_filter(text))
        elif text:
            menu.addAction(self.tr("Forget this filter")).triggered.connect(lambda *_: self._views.drop_filter(text))
        if text and kept:
            menu.addSeparator()
        for known in kept:
            menu.addAction(words.menu_text(known)).triggered.connect(lambda _=False, known=known: self.setText(known))
        if not kept:
            menu.addAction(self.tr("No filters are kept in this workspace yet")).setEnabled(False)
        menu.popup(self.mapToGlobal(self.rect().bottomLeft()))


class RecordsBar(QWidget):
    topic_chosen = Signal(str)
    order_chosen = Signal(object, bool)  # partition or None for all, newest first
    destination_typed = Signal(str)
    tail_pressed = Signal()
    columns_wanted = Signal(object)  # the button, to open a menu under

    def __init__(self, views: Views, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._grid = QGridLayout(self)
        self._grid.setContentsMargins(12, 8, 12, 6)
        self._grid.setSpacing(8)
        self.topic = self._menu_button(self.tr("Topic"), "topic", "stream")
        self._topics: Sequence[str] = ()  # those in its menu
        self._kinds: dict[str, str] = {}
        self._kind = "topic"
        self.filter = FilterField(views)
        self.order = self._menu_button(self.tr("Order"))
        self.destination = QLineEdit()
        self.destination.setPlaceholderText(self.tr("Go to offset or time"))
        self.destination.setAccessibleName(self.tr("Go to offset or time"))
        self.destination.setToolTip(self.tr("94528, 1 @ 94528, or 14:12:02 (Ctrl+G)"))
        self.destination.addAction(icons.icon("goto", "text_muted"), QLineEdit.ActionPosition.LeadingPosition)
        self.destination.setFixedWidth(170)
        self.columns = tool_button("settings", self.tr("Columns and colours"))
        self.columns.clicked.connect(lambda: self.columns_wanted.emit(self.columns))
        self.destination.returnPressed.connect(lambda: self.destination_typed.emit(self.destination.text()))
        self.tail = push_button(self.tr("Pause tail"), "pause")
        self.tail.clicked.connect(self.tail_pressed)
        self._narrow: bool | None = None
        self._lay_out(narrow=False)
        self.show_order(None, True, 0)

    def _lay_out(self, narrow: bool) -> None:
        """On one line, or with the filter on a line of its own where there is too little room beside the others."""
        if narrow == self._narrow:
            return
        self._narrow = narrow
        line = (self.topic, self.order, self.destination, self.columns, self.tail)
        for widget in (*line, self.filter):
            self._grid.removeWidget(widget)
        for column in range(6):
            self._grid.setColumnStretch(column, 0)
        if narrow:
            for column, widget in enumerate(line):
                self._grid.addWidget(widget, 0, column)
            self._grid.addWidget(self.filter, 1, 0, 1, 5)
            self._grid.setColumnStretch(2, 1)
            return
        self._grid.addWidget(self.topic, 0, 0)
        self._grid.addWidget(self.filter, 0, 1)
        for column, widget in enumerate(line[1:], 2):
            self._grid.addWidget(widget, 0, column)
        self._grid.setColumnStretch(1, 1)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._lay_out(event.size().width() < NARROW)

    def _menu_button(self, name: str, icon: str = "", role: str = "text") -> QPushButton:
        button = push_button("", icon, role=role)
        button.setAccessibleName(name)
        button.setMenu(QMenu(button))
        return button

    def show_topics(self, topics: Sequence[str], kinds: dict[str, str], current: str) -> None:
        """``kinds`` says what those in the menu, and the one that is shown, are."""
        self.topic.setText(current or self.tr("No topic"))
        kind = kinds.get(current, "topic")
        if kind != self._kind:
            self._kind = kind
            self.topic.setIcon(icons.icon(kind, role_of(kind)))
        if (topics, kinds) == (self._topics, self._kinds):
            return
        self._topics, self._kinds = topics, kinds
        menu = self.topic.menu()
        menu.clear()
        for name in topics:
            menu.addAction(icons.icon(kinds[name], role_of(kinds[name])), name).triggered.connect(
                lambda _=False, name=name: self.topic_chosen.emit(name)
            )

    def show_order(self, partition: int | None, newest_first: bool, partitions: int) -> None:
        order = self.tr("newest first") if newest_first else self.tr("oldest first")
        place = self.tr("By time") if partition is None else self.tr("Partition {0}").format(partition)
        self.order.setText(f"{place}, {order}")
        menu = self.order.menu()
        menu.clear()
        orders = QActionGroup(menu)
        for text, newest in ((self.tr("Newest first"), True), (self.tr("Oldest first"), False)):
            self._choice(menu, orders, text, newest == newest_first, partition, newest)
        menu.addSeparator()
        places = QActionGroup(menu)
        self._choice(menu, places, self.tr("All partitions by time"), partition is None, None, newest_first)
        inner = menu.addMenu(self.tr("One partition"))
        inner.setEnabled(partitions > 0)
        for number in range(partitions):
            text = self.tr("Partition {0}").format(number)
            self._choice(inner, places, text, number == partition, number, newest_first)

    def show_sorted(self, column: str, descending: bool) -> None:
        """The order is that of a column, not of the log."""
        order = self.tr("largest first") if descending else self.tr("smallest first")
        self.order.setText(self.tr("By {0}, {1}").format(column, order))

    def _choice(self, menu: QMenu, group: QActionGroup, text: str, checked: bool, partition: int | None,
                newest: bool) -> None:
        action = menu.addAction(text)
        action.setCheckable(True)
        action.setChecked(checked)
        group.addAction(action)
        action.triggered.connect(lambda: self.order_chosen.emit(partition, newest))

    def show_tail(self, following: bool, waiting: str, enabled: bool = True) -> None:
        """``waiting`` is the number of new records as words, empty when there is none."""
        if following:
            text = self.tr("Pause tail")
        else:
            text = self.tr("Resume tail · {0} new").format(waiting) if waiting else self.tr("Resume tail")
        if self.tail.text() != text:
            self.tail.setText(text)
            self.tail.setAccessibleName(text)
            self.tail.setIcon(icons.icon("pause" if following else "run", "text" if following else "accent"))
            set_property(self.tail, "variant", "plain" if following else "soft")
        self.tail.setEnabled(enabled)

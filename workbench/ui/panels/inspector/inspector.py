"""The inspector: what is selected, in figures and tables. A part of any kind, a binding, or the whole file.

It paints ``shown``, so in the past it tells of the past. Each face is a widget of its own. GUI thread.
"""

from __future__ import annotations

from typing import Any

from PySide6.QtCore import QEvent, QObject, Qt
from PySide6.QtGui import QPainter, QPaintEvent, QResizeEvent, QShowEvent
from PySide6.QtWidgets import QAbstractButton, QScrollArea, QStackedWidget, QVBoxLayout, QWidget

from workbench.flow.document import Change, Link, Node
from workbench.ui.bridge.workspace import Workspace
from workbench.ui.canvas.kinds import VIEWS, loaded, view_of
from workbench.ui.canvas.queue_view_states import is_routing_link
from workbench.ui.models.outside import part_of
from workbench.ui.panels.inspector.file import FileSection
from workbench.ui.panels.inspector.queue import RoutingLinkSection
from workbench.ui.panels.inspector.wishes import Wishes
from workbench.ui.qt_types import parent_of
from workbench.ui.theme.theme import theme

_FOOT_GAP = 10


class _Foot(QWidget):
    """Where the buttons of a part stand: under what is told of it, or at the lower edge where that is longer."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self._stack = QVBoxLayout(self)
        self._stack.setContentsMargins(12, _FOOT_GAP, 12, 12)
        self._acts: dict[QWidget, QWidget] = {}
        self.pinned = False

    def take(self, face: QWidget) -> None:
        """Take over the buttons of a face, if it has some."""
        acts = getattr(face, "acts", None)
        if acts is not None:
            self._acts[face] = acts
            self._stack.addWidget(acts)
            acts.hide()

    def show_of(self, face: QWidget) -> int:
        """Show the buttons of this face; returns the height that takes."""
        for owner, acts in self._acts.items():
            acts.setVisible(owner is face and any(not child.isHidden() for child in acts.findChildren(QAbstractButton)))
        shown = self._acts.get(face)
        self.setVisible(shown is not None and not shown.isHidden())
        return 0 if self.isHidden() else self._stack.sizeHint().height()

    def paintEvent(self, event: QPaintEvent) -> None:
        if self.pinned:
            painter = QPainter(self)
            painter.fillRect(0, 0, self.width(), 1, theme().color("line"))
            painter.end()


class Inspector(QScrollArea):
    """See the module. ``wishes`` are what its faces want of the rest of the window."""

    def __init__(self, workspace: Workspace, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._workspace = workspace
        self.setWidgetResizable(True)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setAccessibleName(self.tr("Inspector"))
        self._faces = QStackedWidget()
        self.wishes = Wishes(self)
        self.file_face = FileSection(workspace, self.wishes)
        self.binding_face = RoutingLinkSection(workspace)
        made_by = dict.fromkeys(view.inspector for view in VIEWS.values() if view.inspector)
        self._by_maker = {maker: loaded(maker)(workspace, self.wishes) for maker in made_by}
        self._face: QWidget = self.file_face
        self._foot = _Foot(self)
        for face in (self.file_face, self.binding_face, *self._by_maker.values()):
            page = QWidget()
            page.setMinimumWidth(10)
            column = QVBoxLayout(page)
            column.setContentsMargins(12, 12, 12, 12)
            column.addWidget(face)
            column.addStretch(1)
            self._faces.addWidget(page)
            self._foot.take(face)
            face.installEventFilter(self)
        self.setWidget(self._faces)
        self._node_id = ""
        workspace.shown_changed.connect(self._soon)
        workspace.selection_changed.connect(lambda _: self.refresh())
        workspace.links_selected.connect(lambda _: self.refresh())
        self._unfollow = workspace.document.follow(self._changed)
        self.destroyed.connect(lambda *_: self._unfollow())
        self.refresh()

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self.refresh()

    def _changed(self, _change: Change) -> None:
        self._soon()

    def _soon(self, _shown: object = None) -> None:
        """Not while hidden."""
        if self.isVisible():
            self.refresh()

    def refresh(self) -> None:
        """Show the selected node or binding as ``shown`` has it; the file when it is neither."""
        node, link = self._chosen_node(), self._chosen_binding()
        self._say_wanted(node)
        if node is not None and (face := self._face_of(node)) is not None:
            face.show_node(node, self._workspace.shown)
        elif link is not None:
            face = self.binding_face
            face.show_link(link, self._workspace.shown)
        else:
            face = self.file_face
            face.refresh()
        self._face = face
        self._place_foot()
        page = parent_of(face)
        if self._faces.currentWidget() is not page:
            self._faces.setCurrentWidget(page)
            self.verticalScrollBar().setValue(0)

    def _place_foot(self) -> None:
        """What can be done with a part is in sight, however much is told of it."""
        needed = self._foot.show_of(self._face)
        self.setViewportMargins(0, 0, 0, needed)
        room = self.viewport().geometry()
        told = 12 + self._face.height()
        self._foot.pinned = told > room.height()
        self._foot.setGeometry(room.left(), room.top() + min(told, room.height()), room.width(), needed)
        self._foot.update()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._place_foot()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() == QEvent.Type.Resize and watched is self._face:
            self._place_foot()
        return super().eventFilter(watched, event)

    def _say_wanted(self, node: Node | None) -> None:
        """The selected part, and who reads it."""
        names = [] if node is None else [node.name]
        readers = [group.name for group in self._workspace.live.groups if not set(names).isdisjoint(group.topics)]
        self._workspace.wants.put(self, names, [*names, *readers], names)

    def _chosen_node(self) -> Node | None:
        chosen = self._workspace.selection
        node_id = next(iter(chosen)) if len(chosen) == 1 else ""
        return part_of(self._workspace.document, self._workspace.shown, node_id) if node_id else None

    def _chosen_binding(self) -> Link | None:
        document, chosen = self._workspace.document, self._workspace.link_selection
        link_id = next(iter(chosen)) if len(chosen) == 1 else ""
        link = document.link(link_id) if link_id and document.has_link(link_id) else None
        return link if link is not None and is_routing_link(document, link) else None

    def _face_of(self, node: Node) -> Any:
        return self._by_maker.get(view_of(node).inspector)

    def face(self, kind: str) -> Any:
        """The face of a kind of part."""
        return self._by_maker[VIEWS[kind].inspector]

    def edit_binding(self, link_id: str) -> None:
        """Show a binding, ready to be typed at."""
        self._workspace.select(())
        self._workspace.select_links({link_id})
        self.refresh()
        self.binding_face.focus_first()

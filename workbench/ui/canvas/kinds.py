"""How each kind of node looks in the window: one table from a kind to its painter, its values, its inspector face and
its panel. A new kind has one entry here, and one in ``flow/kinds.py``.

Faces of the inspector and panels are named, not imported: they are loaded when one is shown for the first time.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from importlib import import_module
from typing import Any

from PySide6.QtCore import QCoreApplication, QRectF

from workbench.core.snapshot import Snapshot
from workbench.flow.document import FlowDocument, Node
from workbench.flow.kinds import KINDS
from workbench.ui.canvas import looks
from workbench.ui.canvas.items import faces
from workbench.ui.canvas.items.face_parts import producer_icon
from workbench.ui.canvas.items.pencil import Pencil
from workbench.ui.canvas.items.queue_faces import exchange_face, queue_face
from workbench.ui.canvas.items.store_face import store_face
from workbench.ui.canvas.look_values import NodeLook
from workbench.ui.canvas.queue_looks import exchange_look, queue_look
from workbench.ui.canvas.store_looks import store_look
from workbench.ui.models.series import group_of_id

Painter = Callable[[Pencil, Node, NodeLook, QRectF, bool], None]
Look = Callable[[Node, Snapshot, FlowDocument], NodeLook]
_ALONE = FlowDocument()


@dataclass(frozen=True, slots=True)
class PanelView:
    """The panel of a kind: where its class is, and how large it opens. ``outside``: also for one that nobody drew."""

    made_by: str
    size: tuple[int, int]
    outside: bool = False


@dataclass(frozen=True, slots=True)
class KindView:
    """``role`` colours the part on the canvas, ``list_role`` in lists (the same, unless said). ``inspector`` names the
    class of its face, as «module:Class»; ``menu`` the actions that are in its menu beside those of every part."""

    role: str
    painter: Painter
    look: Look | None = None
    inspector: str = ""
    panel: PanelView | None = None
    list_role: str = ""
    icon: Callable[[Node], str] | None = None
    menu: tuple[str, ...] = ()


_PANELS = "workbench.ui.panels."
_PRODUCER = KindView("producer", faces.producer_face, looks.producer_look, f"{_PANELS}inspector.part:ProducerFace",
                     PanelView(f"{_PANELS}nodes.producer:ProducerPanel", (436, 690)))
_TOPIC = KindView("stream", faces.topic_face, looks.topic_look, f"{_PANELS}inspector.part:TopicFace")
_GROUP = KindView("consumer", faces.group_face, looks.group_look, f"{_PANELS}inspector.group:GroupFace",
                  PanelView(f"{_PANELS}nodes.group:GroupPanel", (484, 690), outside=True),
                  menu=("replay.group",))
_CLIENT = KindView("external", faces.client_face, looks.client_look, f"{_PANELS}inspector.client:ClientFace",
                   icon=lambda node: "client")
_OUTSIDE_GROUP = replace(_CLIENT, inspector=_GROUP.inspector, panel=_GROUP.panel)

VIEWS: dict[str, KindView] = {
    "topic": _TOPIC,
    "queue": KindView("queue", queue_face, queue_look, f"{_PANELS}inspector.queue:QueueFace",
                      PanelView(f"{_PANELS}queue.panel:QueuePanel", (980, 740)),
                      menu=("queue.receive", "queue.redrive", "queue.purge")),
    "exchange": KindView("queue", exchange_face, exchange_look, f"{_PANELS}inspector.queue:ExchangeFace"),
    "producer": replace(_PRODUCER, icon=producer_icon),
    "file": _PRODUCER,
    "group": _GROUP,
    "forward": _GROUP,
    "dead_letters": replace(_TOPIC, role="external", painter=faces.dead_letters_face, look=looks.dead_letters_look,
                            list_role="text_muted"),
    "store": KindView("external", store_face, store_look, f"{_PANELS}store.face:StoreFace",
                      PanelView(f"{_PANELS}store.panel:StorePanel", (760, 560))),
    "note": KindView("replay", faces.note_face, list_role="text_muted"),
    "frame": KindView("text_muted", faces.frame_face),
    "client": _CLIENT,
    "writer": _CLIENT,
}
"""By kind, those that stand for what comes from outside among them."""


def view_of(node: Node) -> KindView:
    """How a part is shown. A group from outside is shown as a client is, and inspected as a group."""
    if node.kind == "client" and group_of_id(node.id):
        return _OUTSIDE_GROUP
    return VIEWS.get(node.kind, _TOPIC)


def role_of(kind: str) -> str:
    """The colour role of a kind of node in lists."""
    view = VIEWS.get(kind)
    return (view.list_role or view.role) if view else "text_muted"


def icon_of(node: Node) -> str:
    """The icon of a part."""
    view = view_of(node)
    if view.icon is not None:
        return view.icon(node)
    return KINDS[node.kind].icon if node.kind in KINDS else node.kind


def node_look(node: Node, snapshot: Snapshot, document: FlowDocument | None = None) -> NodeLook:
    """The look of any kind of node; a kind that has no live state gets an empty one. The document tells what it is
    linked to; without one it is linked to nothing."""
    look = view_of(node).look
    return look(node, snapshot, document or _ALONE) if look else NodeLook()


def spoken(node: Node, look: NodeLook) -> str:
    """The node as one sentence, for the canvas' description."""
    kind = KINDS[node.kind].label.lower() if node.kind in KINDS else node.kind.replace("_", " ")
    failed = look.failed and QCoreApplication.translate("canvas", "failed: {0}").format(look.failed)
    parts = (f"{node.name}, {kind}", look.subtitle, look.figure, look.foot, look.dead, look.warning, look.lag, failed)
    return ", ".join(part for part in parts if part)


def loaded(made_by: str) -> Any:
    """The class that an entry names."""
    module, _, name = made_by.partition(":")
    return getattr(import_module(module), name)

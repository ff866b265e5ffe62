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
from workbench.ui.canvas import view_states
from workbench.ui.canvas.items import painters
from workbench.ui.canvas.items.node_painter import NodePainter
from workbench.ui.canvas.items.painter_parts import producer_icon
from workbench.ui.canvas.items.queue_painters import paint_exchange, paint_queue
from workbench.ui.canvas.items.store_painter import paint_store
from workbench.ui.canvas.queue_view_states import exchange_view_state, queue_view_state
from workbench.ui.canvas.store_view_state import store_view_state
from workbench.ui.canvas.view_values import NodeViewState
from workbench.ui.models.series import group_of_id

Painter = Callable[[NodePainter, Node, NodeViewState, QRectF, bool], None]
Look = Callable[[Node, Snapshot, FlowDocument], NodeViewState]
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
    shown: Look | None = None
    inspector: str = ""
    panel: PanelView | None = None
    list_role: str = ""
    icon: Callable[[Node], str] | None = None
    menu: tuple[str, ...] = ()


_PANELS = "workbench.ui.panels."
_PRODUCER = KindView("producer", painters.paint_producer, view_states.producer_view_state,
                     f"{_PANELS}inspector.part:ProducerSection",
                     PanelView(f"{_PANELS}nodes.producer:ProducerPanel", (436, 690)))
_TOPIC = KindView("stream", painters.paint_topic, view_states.topic_view_state, f"{_PANELS}inspector.part:TopicSection")
_GROUP = KindView("consumer", painters.paint_group, view_states.group_view_state,
                  f"{_PANELS}inspector.group:GroupSection",
                  PanelView(f"{_PANELS}nodes.group:GroupPanel", (484, 690), outside=True),
                  menu=("replay.group",))
_CLIENT = KindView("external", painters.paint_client, view_states.client_view_state,
                   f"{_PANELS}inspector.client:ClientSection",
                   icon=lambda node: "client")
_OUTSIDE_GROUP = replace(_CLIENT, inspector=_GROUP.inspector, panel=_GROUP.panel)

VIEWS: dict[str, KindView] = {
    "topic": _TOPIC,
    "queue": KindView("queue", paint_queue, queue_view_state, f"{_PANELS}inspector.queue:QueueSection",
                      PanelView(f"{_PANELS}queue.panel:QueuePanel", (980, 740)),
                      menu=("queue.receive", "queue.redrive", "queue.purge")),
    "exchange": KindView("queue", paint_exchange, exchange_view_state, f"{_PANELS}inspector.queue:ExchangeSection"),
    "producer": replace(_PRODUCER, icon=producer_icon),
    "file": _PRODUCER,
    "group": _GROUP,
    "forward": _GROUP,
    "dead_letters": replace(_TOPIC, role="external", painter=painters.paint_dead_letters,
                            shown=view_states.dead_letters_view_state,
                            list_role="text_muted"),
    "store": KindView("external", paint_store, store_view_state, f"{_PANELS}store.face:StoreSection",
                      PanelView(f"{_PANELS}store.panel:StorePanel", (760, 560))),
    "note": KindView("replay", painters.paint_note, list_role="text_muted"),
    "frame": KindView("text_muted", painters.paint_frame),
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


def node_view_state(node: Node, snapshot: Snapshot, document: FlowDocument | None = None) -> NodeViewState:
    """The view state of a node of any kind; one that has no live state gets an empty one. The document tells what it is
    linked to; without one it is linked to nothing."""
    shown = view_of(node).shown
    return shown(node, snapshot, document or _ALONE) if shown else NodeViewState()


def spoken(node: Node, shown: NodeViewState) -> str:
    """The node as one sentence, for the canvas' description."""
    kind = KINDS[node.kind].label.lower() if node.kind in KINDS else node.kind.replace("_", " ")
    failed = shown.failed and QCoreApplication.translate("canvas", "failed: {0}").format(shown.failed)
    parts = (f"{node.name}, {kind}", shown.subtitle, shown.figure, shown.foot, shown.dead, shown.warning,
             shown.lag, failed)
    return ", ".join(part for part in parts if part)


def loaded(made_by: str) -> Any:
    """The class that an entry names."""
    module, _, name = made_by.partition(":")
    return getattr(import_module(module), name)

"""What a store shows on the canvas. Pure."""

from __future__ import annotations

from PySide6.QtCore import QCoreApplication

from workbench.core.snapshot import Snapshot, StoreStat
from workbench.flow.document import FlowDocument, Node
from workbench.ui.canvas.view_values import NodeViewState
from workbench.ui.theme import words


def _tr(text: str) -> str:
    return QCoreApplication.translate("canvas", text)


def store_view_state(node: Node, snapshot: Snapshot, document: FlowDocument) -> NodeViewState:
    """Its rows, the rate of writes, and what it refused. ``gauge`` is the share of its capacity that is used."""
    stat = snapshot.store(node.name) or StoreStat(node.name)
    said = words.rate(stat.rate)
    return NodeViewState(
        subtitle=_tr("{0} written").format(said) if stat.rate else _tr("store"),
        foot=words.plural(stat.rows, "row", "rows") if stat.writes else _tr("empty"),
        idle=not stat.writes,
        failed=_tr("down for {0}").format(words.duration(stat.down_ms // 1000 * 1000 + 1000)) if stat.down_ms else "",
        gauge=min(1.0, round(stat.rate / stat.capacity, 2)) if stat.capacity else None,
        warning=_tr("{0} refused").format(words.count(stat.refused)) if stat.refused else "",
    )

"""The inspector's faces for a queue, an exchange, and a link at an exchange: bindings, dead letters, what can't be
routed. GUI thread."""

from __future__ import annotations

from typing import Any

from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from workbench.core.snapshot import ExchangeStat, QueueStat, Snapshot
from workbench.flow.document import FlowDocument, Link, Node
from workbench.flow.edits import SetLinkParams
from workbench.flow.kinds import link_params
from workbench.flow.routing import alternate_links, is_alternate_link
from workbench.flow.settings import ExchangeSettings, shown_settings
from workbench.flow.topics import dead_letter_target
from workbench.ui.bridge.workspace import Workspace
from workbench.ui.canvas.queue_view_states import binding_texts, kind_words, routing_link_sentence
from workbench.ui.models.queue_stats import dead_in, queue_of
from workbench.ui.panels.inspector.part import InspectorSection
from workbench.ui.panels.inspector.profile_card import ProfileCard
from workbench.ui.panels.inspector.route_probe import RouteProbe
from workbench.ui.panels.inspector.setting_fields import SettingField
from workbench.ui.panels.inspector.wishes import Wishes
from workbench.ui.panels.nodes.panel import section_title
from workbench.ui.panels.parts.blocks import Banner, label, push_button
from workbench.ui.panels.parts.figures import Cell, Column, Figure, FigureTable
from workbench.ui.panels.queue.consumers import ConsumerRows
from workbench.ui.panels.queue.counts import CountsLine
from workbench.ui.theme import words


class QueueSection(InspectorSection):
    """How a queue stands, who takes from it, where its dead go, whose rules it follows."""

    def __init__(self, workspace: Workspace, wishes: Wishes) -> None:
        super().__init__(workspace, wishes)
        self.counts = CountsLine(rates=False)
        self.column.addWidget(self.counts)
        row = QHBoxLayout()
        self.rate_in, self.rate_out, self.oldest = (
            Figure(text) for text in (self.tr("In"), self.tr("Acked"), self.tr("Oldest waits")))
        for figure in (self.rate_in, self.rate_out, self.oldest):
            row.addWidget(figure, 1)
        self.column.addLayout(row)
        self.column.addLayout(self._build_buttons())
        self.column.addWidget(section_title(self.tr("Consumers")))
        self.consumers = ConsumerRows()
        self.column.addWidget(self.consumers)
        self.totals = label("", "muted")
        self.totals.setWordWrap(True)
        self.column.addWidget(self.totals)
        self.profile = ProfileCard(workspace)
        self.column.addWidget(self.profile)

    def _build_buttons(self) -> QHBoxLayout:
        row = QHBoxLayout()
        row.setSpacing(6)
        self.panel = push_button(self.tr("Messages"), "list", "primary", self.tr("Open the queue's panel"),
                                 "text_on_accent")
        self.redrive = push_button(self.tr("Redrive…"), tip=self.tr("Send dead messages on"))
        self.purge = push_button(self.tr("Purge…"), tip=self.tr("Remove what waits; says first what is lost"))
        for button, wanted in ((self.panel, self._wishes.panel), (self.redrive, self._wishes.redrive),
                               (self.purge, self._wishes.purge)):
            button.setProperty("narrow", True)
            button.setMinimumWidth(10)
            button.clicked.connect(lambda _=False, wanted=wanted: self._node and wanted.emit(self._node.id))
            row.addWidget(button)
        return row

    def show_node(self, node: Node, shown: Snapshot) -> None:
        stat = queue_of(shown, node.name)
        kind = kind_words(stat, shown)
        self._show_head(node, f"{kind[:1].upper()}{kind[1:]}, {stat.type.replace('_', ' ')}")
        self.counts.show_queue(stat)
        self.rate_in.show_rate(stat.rate_in)
        self.rate_out.show_rate(stat.rate_out)
        waits = stat.oldest_ms is not None and stat.counts.ready > 0
        number, _, unit = words.duration(stat.oldest_ms or 0, narrow=True).partition(" ")
        self.oldest.show_value(*((number, unit) if waits else ("–", "")))
        self.consumers.show_consumers(stat.consumers)
        dead = dead_in(shown, node.name)
        self.redrive.setText(self.tr("Redrive {0}…").format(words.count(dead)) if dead else self.tr("Redrive…"))
        self.redrive.setAccessibleName(self.redrive.text())
        self.redrive.setEnabled(bool(dead))
        self.totals.setText(self._totals(node, shown))
        self.profile.show_node(node)

    def _totals(self, node: Node, shown: Snapshot) -> str:
        """What happened since the queue was made, as far as anything did."""
        stat = queue_of(shown, node.name)
        counts = stat.counts
        parts = ((counts.received, self.tr("{0} received")), (counts.acked, self.tr("{0} acked")),
                 (counts.redelivered, self.tr("{0} tried again")), (counts.returned, self.tr("{0} leases ran out")),
                 (counts.expired, self.tr("{0} expired")), (counts.duplicates, self.tr("{0} duplicates dropped")),
                 (counts.refused, self.tr("{0} sends refused")))
        said = ", ".join(text.format(words.count(number)) for number, text in parts if number)
        to = self._dead_letters(node, stat)
        dead = self.tr("Dead messages go {0}.").format(to) if to else self.tr("Dead messages stay here, marked.")
        if to and counts.dead_lettered:
            dead = self.tr("{0} dead messages went {1}.").format(words.count(counts.dead_lettered), to)
        return f"{said[:1].upper()}{said[1:]}. {dead}" if said else dead


    def _dead_letters(self, node: Node, stat: QueueStat) -> str:
        """Where dead messages go, after «go»; empty where they stay."""
        letters = dead_letter_target(self._workspace.document, node)
        exchange, queue = stat.dead_letter_exchange, stat.dead_letter
        if letters is not None:
            exchange, queue = (letters.name, "") if letters.kind == "exchange" else ("", letters.name)
        if exchange:
            return self.tr("through the exchange {0}").format(exchange)
        return self.tr("to {0}").format(queue) if queue else ""


class ExchangeSection(InspectorSection):
    """What passes through an exchange, by which bindings, and what found no queue."""

    def __init__(self, workspace: Workspace, wishes: Wishes) -> None:
        super().__init__(workspace, wishes)
        self.banner = Banner("banner-warn")
        self.column.addWidget(self.banner)
        row = QHBoxLayout()
        self.rate, self.routed, self.unrouted = (
            Figure(text) for text in (self.tr("Published"), self.tr("Routed"), self.tr("Unrouted")))
        for figure in (self.rate, self.routed, self.unrouted):
            row.addWidget(figure, 1)
        self.column.addLayout(row)
        self.bindings = FigureTable((Column(self.tr("Binding"), stretch=True, mono=True),
                                     Column(self.tr("To"), 104, names=True), Column(self.tr("Rate"), 56, number=True)),
                                    self.tr("Bindings"))
        self._links: tuple[str, ...] = ()
        self.bindings.row_clicked.connect(lambda row: self._wishes.binding.emit(self._links[row]))
        self.column.addWidget(self.bindings)
        self.note = label("", "muted")
        self.note.setWordWrap(True)
        self.column.addWidget(self.note)
        self.probe = RouteProbe(workspace)
        self.column.addWidget(self.probe)
        self.settings = push_button(self.tr("Settings"), "sliders")
        self.settings.clicked.connect(lambda: self._node and self._wishes.settings.emit(self._node.id))
        line = QHBoxLayout()
        line.addWidget(self.settings)
        line.addStretch(1)
        self.column.addLayout(line)

    def show_node(self, node: Node, shown: Snapshot) -> None:
        document = self._workspace.document
        settings = shown_settings(node, ExchangeSettings)
        stat = shown.exchange(node.name) or ExchangeStat(node.name, settings.type)
        self._show_head(node, self.tr("Exchange, {0}: {1}").format(settings.type, _type_words(settings.type)))
        self.rate.show_rate(stat.rate)
        self.routed.show_value(words.count(stat.routed))
        self.unrouted.show_value(words.count(stat.unroutable), "", "warn" if stat.unroutable else "")
        self.banner.say(self._unrouted_words(stat))
        rates = {told.link_id: told.rate for told in shown.links}
        rows = [row for link in document.links if link.source == node.id for row in self._rows(link, rates)]
        self._links = tuple(link_id for link_id, _ in rows)
        self.bindings.show_rows([cells for _, cells in rows])
        self.bindings.setVisible(bool(rows))
        self.note.setText(self._note(node, bool(rows)))
        self.probe.show_exchange(node.name, settings.type)

    def _rows(self, link: Link, rates: dict[str, float]) -> list[tuple[str, tuple[Cell, ...]]]:
        """A row for each binding of a link, with the link's id; what moved is known of the link only."""
        document = self._workspace.document
        target, rate = Cell(document.node(link.target).name), words.rate(rates.get(link.id, 0.0))
        if is_alternate_link(document, link):
            return [(link.id, (Cell(self.tr("unrouted"), "text_muted"), target, Cell(rate, "text_muted")))]
        return [(link.id, (Cell(text or self.tr("everything")), target, Cell("" if at else rate, "text_muted")))
                for at, text in enumerate(binding_texts(document, link))]

    def _note(self, node: Node, bound: bool) -> str:
        """What becomes of messages that no binding takes."""
        document = self._workspace.document
        links = (link for link in alternate_links(document) if link.source == node.id)
        alternate = next((document.node(link.target).name for link in links),
                         shown_settings(node, ExchangeSettings).alternate.strip())
        senders = [source.name for source in document.sources_of(node.id) if source.kind == "queue"]
        said = self.tr("It keeps nothing: what no binding takes is lost, and counted.")
        if alternate:
            said = self.tr("It keeps nothing. What no binding takes goes to {0}.").format(alternate)
        elif senders:
            said = self.tr("It keeps nothing: what no binding takes is lost, and counted, but for dead letters of {0}: "
                           "those stay there, marked.").format(", ".join(senders))
        return said if bound else self.tr("Link it to queues to say where messages go.") + " " + said

    def _unrouted_words(self, stat: ExchangeStat) -> str:
        if not stat.unroutable:
            return ""
        many = words.plural(stat.unroutable, "message", "messages")
        last = self.tr("the last with key «{0}»").format(stat.last_unroutable) if stat.last_unroutable else self.tr(
            "the last without a key")
        returned = " " + self.tr("{0} went back to their senders.").format(words.count(stat.returned)) if (
            stat.returned) else ""
        return self.tr("{0} found no queue, {1}.").format(many, last) + returned


def _type_words(kind: str) -> str:
    return {"direct": "equal keys", "fanout": "everything to all", "topic": "patterns of words",
            "headers": "what headers say"}.get(kind, kind)


class RoutingLinkSection(QWidget):
    """One link at an exchange: from where to where, and what goes along it, to be changed here."""

    def __init__(self, workspace: Workspace) -> None:
        super().__init__()
        self._workspace = workspace
        self._link: Link | None = None
        self._made_for: tuple[str, ...] = ()
        self.fields: dict[str, SettingField] = {}
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(0, 0, 0, 0)
        self._column.setSpacing(10)
        self.title, self.what = label("", "heading"), label("", "muted")
        self.what.setWordWrap(True)
        self.rate = Figure(self.tr("Rate"))
        for widget in (self.title, self.what, self.rate):
            self._column.addWidget(widget)
        self._form = QWidget()
        self._column.addWidget(self._form)

    def show_link(self, link: Link, shown: Snapshot) -> None:
        document = self._workspace.document
        source, target = document.node(link.source), document.node(link.target)
        self._link = link
        self.title.setText(self.tr("{0} to {1}").format(source.name, target.name))
        if is_alternate_link(document, link) or source.kind == "queue":
            self.what.setText(routing_link_sentence(document, link))
        else:
            kind = shown_settings(source, ExchangeSettings).type
            self.what.setText(self.tr("Binding of an exchange of type {0}: {1}").format(kind, _type_words(kind)))
        told = next((told for told in shown.links if told.link_id == link.id), None)
        self.rate.show_rate(told.rate if told else 0.0)
        fields = (link.id, *(param.name for param in link_params(document, link)))
        if self._made_for != fields:
            self._made_for = fields
            self._make_fields(document, link)
        for name, field in self.fields.items():
            field.show_value(link.params.get(name, field.param.default))

    def _make_fields(self, document: FlowDocument, link: Link) -> None:
        self._form.hide()
        self._form.deleteLater()
        self._form, self.fields = QWidget(), {}
        column = QVBoxLayout(self._form)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(8)
        for param in link_params(document, link):
            field = self.fields[param.name] = SettingField(param, link.params.get(param.name, param.default))
            field.edited.connect(self._set)
            column.addWidget(field)
            if param.help:
                said = label(param.help, "muted")
                said.setWordWrap(True)
                column.addWidget(said)
        if document.node(link.source).params.get("type") == "fanout" and not is_alternate_link(document, link):
            column.addWidget(label(self.tr("A fanout exchange sends everything."), "muted"))
        self._column.addWidget(self._form)
        self._form.show()

    def _set(self, name: str, value: Any) -> None:
        document, link = self._workspace.document, self._link
        if link is not None and document.has_link(link.id) and document.link(link.id).params.get(name) != value:
            params = {**document.link(link.id).params, name: value}
            self._workspace.perform(SetLinkParams(link.id, params), merge_key=f"{link.id}.{name}")

    def focus_first(self) -> None:
        """Begin to type."""
        field = next(iter(self.fields.values()), None)
        if field is not None:
            field.editor.setFocus()

"""The log tape's panel: it feeds the view with snapshots, asks what a dragged marker would mean, and opens the preview.

While a marker is dragged the host is asked for the plan of the same moment in every partition (Shift: only this one),
one question at a time, the last one wins. It is painted with the frame.
``tools`` is the legend and the choice of axis, for the tab bar's corner. GUI thread.
"""

from __future__ import annotations

from functools import partial

from PySide6.QtCore import QPoint, Qt, Signal
from PySide6.QtGui import QGuiApplication, QShowEvent
from PySide6.QtWidgets import QHBoxLayout, QMenu, QStackedWidget, QVBoxLayout, QWidget

from workbench.control.messages import PlanReset
from workbench.core.errors import WorkbenchError
from workbench.core.offsets import ResetPlan, ResetSpec
from workbench.core.snapshot import Snapshot
from workbench.engines.base import BrowseTable
from workbench.flow.kinds import TOPICS
from workbench.ui.bridge.operation import Operation
from workbench.ui.bridge.workspace import Workspace
from workbench.ui.charts.tape import Grip, TapeView
from workbench.ui.charts.tape_order import DRAWN, as_before, found, ordered
from workbench.ui.charts.tape_strips import Knots, OffsetAxis, Strip, StripMaker, TimeAxis
from workbench.ui.models.outside import group_part, part_of
from workbench.ui.models.series import group_series, log_kinds, selected_group
from workbench.ui.panels.parts.blocks import Empty, Segments
from workbench.ui.panels.parts.loading import EmptyOnceLoaded
from workbench.ui.panels.replay.preview import open_replay_preview
from workbench.ui.panels.tape.tools import TapeBar, TapeLegend
from workbench.ui.theme import icons, words

KNOTS = 24
_KNOTS_EVERY_MS = 5_000
_ORDER_HOLDS_MS = 2_000
_MANY = 24  # strips


class TapePanel(QWidget):
    place_opened = Signal(str, int, int)  # topic, partition, offset: show it among the records

    def __init__(self, workspace: Workspace, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._workspace = workspace
        self._maker = StripMaker()
        self._strips: list[Strip] = []
        self._by_time = False
        self._knots: dict[tuple[str, int], Knots] = {}
        self._knots_at_ms = 0
        self._loading_knots = False
        self._planning = False
        self._next_grip: Grip | None = None
        self._pinned_topics: set[str] = set()
        self._pinned_groups: set[str] = set()
        self._laid: tuple[tuple, list[tuple[str, int]], int] = ((), [], 0)
        self.view = TapeView()
        self.tools = self._build_tools()
        self.bar = TapeBar()
        self.bar.hide()
        self._stack = QStackedWidget()
        what = self.tr("Each partition of each topic gets a strip here, with the markers of every group.")
        self._stack.addWidget(EmptyOnceLoaded(self._workspace, "tape", self.tr("No topics yet"), what))
        self._stack.addWidget(self.view)
        self._stack.addWidget(Empty("search", self.tr("Nothing like that on the tape"),
                                    self.tr("Find looks for topics, for partitions as orders/3, and for groups.")))
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(self.bar)
        column.addWidget(self._stack)
        self._connect()

    def _build_tools(self) -> QWidget:
        tools = QWidget()
        row = QHBoxLayout(tools)
        row.setContentsMargins(0, 0, 12, 0)
        row.setSpacing(8)
        self.legend = TapeLegend()
        self.axis = Segments([("offset", self.tr("Offset")), ("time", self.tr("Time"))], self.tr("Axis"))
        self.axis.chosen.connect(self._choose_axis)
        row.addWidget(self.legend)
        row.addWidget(self.axis)
        return tools

    def _connect(self) -> None:
        workspace = self._workspace
        workspace.shown_changed.connect(self._follow)
        workspace.selection_changed.connect(self._take_selection)
        self.bar.changed.connect(lambda: self._follow(workspace.shown))
        for legend in (self.legend, self.bar.legend):
            legend.pin_wanted.connect(self.pin_group)
        self.legend.resized.connect(self._arrange)
        workspace.plan_shown.connect(self._show_plan)
        self.view.moved.connect(self._ask_plan)
        self.view.dropped.connect(self._open_preview)
        self.view.cancelled.connect(lambda: self._show_plan(None))
        self.view.menu_wanted.connect(self._open_menu)
        self.view.place_opened.connect(self.place_opened)
        self.view.verticalScrollBar().valueChanged.connect(lambda _: self._say_wanted())

    # -- following -----------------------------------------------------------------------------------------
    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self._follow(self._workspace.shown)

    def _follow(self, snapshot: Snapshot) -> None:
        if not self.isVisible():
            return
        document = self._workspace.document
        self._strips = self._maker.strips(document, snapshot, self._workspace.live)
        with_offsets = {group.name for group in snapshot.groups if group.partitions}  # by leases: no marker
        series = group_series(document, snapshot).values()
        for legend in (self.legend, self.bar.legend):
            legend.show_groups([one for one in series if one.name in with_offsets], self._pinned_groups)
        self._arrange()
        laid = self._lay_out(snapshot.at_ms)
        self._stack.setCurrentIndex(2 if self._strips and not laid else 1 if self._strips else 0)
        chosen = selected_group(document, self._workspace.selection)
        self.view.show_kinds(log_kinds(document, snapshot))
        self.view.show_strips(laid, [*((chosen,) if chosen else ()), *sorted(self._pinned_groups)])
        self._say_wanted()
        if self._by_time:
            self._refresh_knots(snapshot.at_ms)

    def _say_wanted(self) -> None:
        """The topics in sight, and who has a marker there."""
        seen = {self.view.strips[row].topic for row in self.view.rows_in_sight()}
        readers = [group.name for group in self._workspace.live.groups if not seen.isdisjoint(group.topics)]
        self._workspace.wants.put(self, seen, readers)

    def _lay_out(self, at_ms: int) -> list[Strip]:
        """The strips that are looked for, in their order. By lag they change places every other second at most, and not
        while a marker is dragged."""
        words = self.bar.search.text()
        if self.bar.order == DRAWN and not self._pinned_topics and not words.strip():
            return self._strips
        strips = found(self._strips, words)
        rule = (self.bar.order, frozenset(self._pinned_topics), tuple((s.topic, s.partition) for s in strips))
        before, places, since_ms = self._laid
        if rule == before and (self.view.moving or 0 <= at_ms - since_ms < _ORDER_HOLDS_MS):
            return as_before(strips, places)
        laid = ordered(strips, self.bar.order, self._pinned_topics)
        self._laid = rule, [(strip.topic, strip.partition) for strip in laid], at_ms
        return laid

    def _arrange(self) -> None:
        """The legend stands beside the tabs while every group has its name there; else, and where there is much to look
        through, in a bar of its own with what finds and sorts."""
        room = self.tools.width() - self.axis.sizeHint().width() - 20
        roomy = self.legend.needed() <= room or not self.tools.isVisible()
        self.bar.setVisible(not roomy or len(self._strips) > _MANY or self.bar.used or bool(self._pinned_topics))
        self.legend.setVisible(roomy)
        self.bar.legend.setVisible(not roomy)

    def _take_selection(self, chosen: frozenset[str]) -> None:
        self._follow(self._workspace.shown)
        nodes = [part_of(self._workspace.document, self._workspace.shown, node_id) for node_id in chosen]
        names = [node.name for node in nodes if node is not None and node.kind in TOPICS]
        if len(names) == 1 and self.isVisible():
            self.view.show_topic(names[0])

    def pin_group(self, group: str) -> None:
        """Draw its marker on every strip, whoever else is there; or let it go."""
        self._pinned_groups ^= {group}
        self._follow(self._workspace.shown)

    def pin_topic(self, topic: str) -> None:
        """Keep the topic's strips on top; or let them go."""
        self._pinned_topics ^= {topic}
        self._follow(self._workspace.shown)

    def _show_plan(self, plan: ResetPlan | None) -> None:
        self.view.show_moves("" if plan is None else plan.group, () if plan is None else plan.moves)

    # -- the axis ------------------------------------------------------------------------------------------
    def _choose_axis(self, axis: str) -> None:
        self._by_time = axis == "time"
        if self._by_time:
            self._knots_at_ms = 0
            self._refresh_knots(self._workspace.shown.at_ms)
        self._show_axis()

    def _show_axis(self) -> None:
        self.view.show_axis(TimeAxis(self._knots) if self._by_time else OffsetAxis(), self._by_time)

    def _refresh_knots(self, at_ms: int) -> None:
        """Learn again, now and then, at which times each partition had which offsets."""
        if self._loading_knots or abs(at_ms - self._knots_at_ms) < _KNOTS_EVERY_MS:
            return
        self._loading_knots = True
        places, workspace = [(s.topic, s.partition, s.log_start, s.later_end) for s in self._strips], self._workspace

        def read() -> dict[tuple[str, int], Knots]:
            with workspace.reader_for_work() as reader:
                return {(topic, p): knots_of(reader, topic, p, start, end) for topic, p, start, end in places}

        Operation(self, read).done(partial(self._take_knots, at_ms)).failed(self._no_knots).run()

    def _take_knots(self, at_ms: int, knots: dict[tuple[str, int], Knots]) -> None:
        self._loading_knots, self._knots, self._knots_at_ms = False, knots, at_ms
        if self._by_time:
            self._show_axis()

    def _no_knots(self, error: WorkbenchError) -> None:
        self._loading_knots = False
        self.axis.choose("offset")
        self._by_time = False
        self._show_axis()
        self._workspace.failed.emit(error)

    # -- a marker is dragged -------------------------------------------------------------------------------
    def _ask_plan(self, grip: Grip) -> None:
        self._next_grip = grip
        if not self._planning:
            self._plan_next()

    def _plan_next(self) -> None:
        grip, self._next_grip = self._next_grip, None
        if grip is None:
            return
        self._planning = True
        workspace, alone = self._workspace, self._alone()

        def plan() -> tuple[ResetSpec, ResetPlan]:
            spec = ResetSpec("offsets", offsets={grip.partition: grip.offset}) if alone else time_spec(workspace, grip)
            partitions = (grip.partition,) if alone else ()
            return spec, workspace.call(PlanReset(grip.group, spec, grip.topic, partitions)).plan

        Operation(self, plan).done(lambda found: self._take_plan(grip, *found)).failed(self._no_plan).run()

    def _alone(self) -> bool:
        return bool(QGuiApplication.keyboardModifiers() & Qt.KeyboardModifier.ShiftModifier)

    def _take_plan(self, grip: Grip, spec: ResetSpec, plan: ResetPlan) -> None:
        self._planning = False
        if self.view.holds(grip.group):
            self.view.show_moves(plan.group, plan.moves)
        self._plan_next()

    def _no_plan(self, error: WorkbenchError) -> None:
        self._planning = False
        self.view.setToolTip(error.sentence())
        self._plan_next()

    def _open_preview(self, grip: Grip) -> None:
        """The marker was let go: find the moment of that record, then show what the move would mean."""
        workspace, alone = self._workspace, self._alone()

        def find() -> ResetSpec:
            return ResetSpec("offsets", offsets={grip.partition: grip.offset}) if alone else time_spec(workspace, grip)

        Operation(self, find).done(lambda spec: self._preview(grip, spec)).failed(workspace.failed.emit).run()

    def _preview(self, grip: Grip, spec: ResetSpec) -> None:
        open_replay_preview(self._workspace, self, grip.group, spec, topic=grip.topic,
                            origin=(grip.partition, grip.offset))

    def _open_menu(self, strip: Strip, offset: int, at: QPoint) -> None:
        menu = self.menu_for(strip, offset)
        menu.popup(at)

    def menu_for(self, strip: Strip, offset: int) -> QMenu:
        """What can be done at a place on a strip: the same as by dragging."""
        menu = QMenu(self)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        for group in strip.groups:
            name = group.series.name
            text = self.tr("Replay {0} from {1}").format(name, words.place(strip.topic, strip.partition, offset))
            grip = Grip(strip.topic, strip.partition, name, offset)
            menu.addAction(icons.icon("replay", "consumer"), text).triggered.connect(partial(self._menu_replay, grip))
        menu.addAction(icons.icon("records", "text_muted"), self.tr("Show this record")).triggered.connect(
            lambda: self.place_opened.emit(strip.topic, strip.partition, offset)
        )
        for group in strip.groups:
            part = group_part(self._workspace.document, group.series.name)
            menu.addAction(self.tr("Select {0}").format(group.series.name)).triggered.connect(
                partial(self._select, part))
        menu.addSeparator()
        pinned = strip.topic in self._pinned_topics
        pin = menu.addAction(icons.icon("pin", "text_muted"), self.tr("Keep {0} on top").format(strip.topic))
        pin.setCheckable(True)
        pin.setChecked(pinned)
        pin.triggered.connect(lambda *_: self.pin_topic(strip.topic))
        menu.addAction(icons.icon("fit", "text_muted"), self.tr("Fit")).triggered.connect(self.view.fit)
        return menu

    def _menu_replay(self, grip: Grip, _checked: bool = False) -> None:
        self._open_preview(grip)

    def _select(self, node_id: str, _checked: bool = False) -> None:
        self._workspace.select([node_id])


def time_spec(workspace: Workspace, grip: Grip) -> ResetSpec:
    """The moment of the record under a marker; at the end of the log, the end. Waits: for a worker."""
    with workspace.reader_for_work() as reader:
        records = reader.read(grip.topic, grip.partition, grip.offset, 1)
    return ResetSpec("time", records[0].timestamp_ms) if records else ResetSpec("latest")


def knots_of(reader: BrowseTable, topic: str, partition: int, start: int, end: int) -> Knots:
    """Times of ``KNOTS`` records spread over a partition."""
    found: list[tuple[int, int]] = []
    for index in range(KNOTS + 1 if end > start else 0):
        offset = start + (end - 1 - start) * index // KNOTS
        records = reader.read(topic, partition, offset, 1)
        if records and (not found or records[0].offset > found[-1][1]):
            found.append((max(records[0].timestamp_ms, found[-1][0] if found else 0), records[0].offset))
    return found

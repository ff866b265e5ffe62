"""What Run, Pause, Step, Stop, the speeds and the faults menu do: commands to the host, and faults that are real."""

from __future__ import annotations

import os
import signal

from PySide6.QtCore import QObject
from PySide6.QtWidgets import QMenu

from workbench.control.messages import ControlMember, ControlProducer, Pause, Run, SetBookmark, SetSpeed, Step, Stop
from workbench.core.acts import MemberControl, ProducerControl
from workbench.core.snapshot import MemberStat, PartState, RunState
from workbench.flow.edits import set_param
from workbench.flow.settings import ConsumingSettings, shown_settings
from workbench.ui.bridge.workspace import Workspace
from workbench.ui.theme.icons import icon


class Running(QObject):
    """Acts on the running flow."""

    def __init__(self, workspace: Workspace) -> None:
        super().__init__(workspace)
        self._workspace = workspace

    def start(self) -> None:
        self._workspace.act(Run()).run()

    def pause(self) -> None:
        self._workspace.act(Pause()).run()

    def step(self) -> None:
        self._workspace.act(Step()).run()

    def stop(self) -> None:
        self._workspace.act(Stop()).run()

    def toggle(self) -> None:
        """Space: pause what runs, run what stands."""
        if self._workspace.live.run is RunState.RUNNING:
            self.pause()
        else:
            self.start()

    def set_speed(self, speed: float) -> None:
        self._workspace.act(SetSpeed(speed)).run()

    def bookmark(self) -> None:
        """Mark the shown moment on the time strip."""
        at_ms = self._workspace.at_ms or self._workspace.live.at_ms
        self._workspace.act(SetBookmark(at_ms)).run()

    # -- faults --------------------------------------------------------------------------------------------
    def fill_faults(self, menu: QMenu) -> None:
        """The faults that can be caused, or mended, as things stand."""
        menu.clear()
        for group in self._workspace.live.groups:
            ours = [member for member in group.members if member.node_id]
            if not ours:
                continue
            sub = menu.addMenu(icon("group", "consumer"), group.name)
            for member in ours:
                self._member_faults(sub, member)
            self._slowness(sub, ours[0].node_id)
        for producer in self._workspace.live.producers:
            paused = producer.state is PartState.PAUSED
            text = self.tr("Resume {0}") if paused else self.tr("Silence {0}")
            act = ProducerControl.RESUME if paused else ProducerControl.PAUSE
            node_id = producer.node_id
            menu.addAction(icon("producer", "producer"), text.format(producer.name)).triggered.connect(
                lambda *_, node_id=node_id, act=act: self._workspace.act(ControlProducer(node_id, act)).run())
        pid = self._workspace.live.host.pid
        if pid and pid != os.getpid() and self._workspace.connected:
            menu.addSeparator()
            menu.addAction(icon("kill", "bad"), self.tr("Kill the broker (kill -9)")).triggered.connect(
                lambda *_: os.kill(pid, signal.SIGKILL))
        if menu.isEmpty():
            menu.addAction(self.tr("Run a flow first: faults act on its members")).setEnabled(False)

    def _slowness(self, menu: QMenu, node_id: str) -> None:
        """Slow work is a setting of the drawing, so undo takes it back."""
        document = self._workspace.document
        if not document.has_node(node_id):
            return
        node = document.node(node_id)
        now_ms = shown_settings(node, ConsumingSettings).process_ms
        slower_ms = max(10.0, now_ms * 4)
        menu.addSeparator()
        menu.addAction(icon("slow", "warn"), self.tr("Slow it down to {0} ms an event").format(f"{slower_ms:g}")
                       ).triggered.connect(lambda *_: self._set_work(node_id, slower_ms))
        if now_ms:
            menu.addAction(self.tr("Let it work at once")).triggered.connect(lambda *_: self._set_work(node_id, 0.0))

    def _set_work(self, node_id: str, process_ms: float) -> None:
        self._workspace.perform(set_param(self._workspace.document, node_id, "process_ms", process_ms))

    def _member_faults(self, menu: QMenu, member: MemberStat) -> None:
        gone = member.state in (PartState.KILLED, PartState.FAILED)
        acts = ((MemberControl.RESTART, self.tr("Restart {0}")),) if gone else (
            (MemberControl.KILL, self.tr("Kill {0}")),
            (MemberControl.RESUME, self.tr("Resume {0}")) if member.state is PartState.PAUSED
            else (MemberControl.PAUSE, self.tr("Pause {0}")))
        for act, text in acts:
            menu.addAction(text.format(member.name)).triggered.connect(
                lambda *_, act=act: self._workspace.act(ControlMember(member.node_id, act, member.name)).run())

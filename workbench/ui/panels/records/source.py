"""What the records panel looks at: a topic of the file, or of a system that is attached.

A foreign log has no past here: it is shown as it is, also while the past of the file is. GUI thread.
"""

from __future__ import annotations

from dataclasses import dataclass

from PySide6.QtCore import QCoreApplication

from workbench.core.capabilities import Capabilities, capabilities
from workbench.core.records import PartitionBounds
from workbench.core.snapshot import TopicStat
from workbench.ui.bridge.workspace import Workspace
from workbench.ui.models.attached import trouble_of
from workbench.ui.models.series import log_kinds
from workbench.ui.theme import words


def _tr(text: str) -> str:
    return QCoreApplication.translate("records", text)


@dataclass(frozen=True, slots=True)
class Source:
    """``connection`` "" is the file."""

    topic: str = ""
    connection: str = ""

    @property
    def title(self) -> str:
        return f"{self.connection} / {self.topic}" if self.connection else self.topic

    @property
    def key(self) -> str:
        """What the workspace keeps the columns of this topic under."""
        return f"@{self.connection}/{self.topic}" if self.connection else self.topic

    def stat(self, workspace: Workspace) -> TopicStat | None:
        snapshot = workspace.live if self.connection else workspace.shown
        return snapshot.topic(self.topic, self.connection)

    def kinds(self, workspace: Workspace) -> dict[str, str]:
        """For their icons: what each topic of the file is, and this one, by its title."""
        found = log_kinds(workspace.document, workspace.shown)
        stat = self.stat(workspace) if self.connection else None
        return found if stat is None else found | {self.title: "queue" if stat.kind == "queue" else "topic"}

    def is_live(self, workspace: Workspace) -> bool:
        return workspace.at_ms is None or bool(self.connection)

    def is_attached(self, workspace: Workspace) -> bool:
        return not self.connection or workspace.live.connection(self.connection) is not None

    def bounds(self, workspace: Workspace) -> tuple[PartitionBounds, ...]:
        """What the topic holds as shown; in the past only what is still kept of it."""
        shown, live = self.stat(workspace), workspace.live.topic(self.topic, self.connection)
        if shown is None:
            return ()
        kept = {p.partition: p.log_start for p in (live or shown).partitions}
        return tuple(
            PartitionBounds(p.partition, max(p.log_start, kept.get(p.partition, 0)), p.end)
            if p.end > kept.get(p.partition, 0) else PartitionBounds(p.partition, p.end, p.end)
            for p in shown.partitions
        )

    def groups(self, workspace: Workspace) -> list[str]:
        """The groups that read this topic."""
        system = workspace.live.connection(self.connection) if self.connection else None
        groups = workspace.live.groups if system is None else system.groups
        return [group.name for group in groups if self.topic in group.topics]

    def capabilities(self, workspace: Workspace) -> Capabilities:
        return capabilities(workspace.live, self.connection)

    def trouble(self, workspace: Workspace) -> str:
        """Why what is shown is not what is there now; empty when it is."""
        system = workspace.live.connection(self.connection) if self.connection else None
        if system is None:
            return ""
        if why := trouble_of(system):
            seen = _tr(" What is shown is as of {0}.").format(words.clock(system.as_of_ms, False))
            return why + (seen if system.as_of_ms else "")
        if system.as_of_ms and system.topic(self.topic) is None:
            return _tr("The topic {0} is no longer on @{1}: it was deleted there.").format(self.topic, self.connection)
        return ""

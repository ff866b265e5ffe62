"""The past under the names of now: a topic or a group that was renamed since is shown as what it is called today.

The drawing beside it is that of now, and the log can be read by the names of now only. ``Names`` belongs to an instant:
what a name of then is called today. Pure.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace

from workbench.core.journal import GroupEntry, JournalEntry, TopicEntry
from workbench.core.queues import SUBSCRIPTION_MARK
from workbench.core.snapshot import GroupStat, QueueStat, Snapshot

NAMING = ("renamed", "deleted", "restored")
"""What of topics and groups has to do with their names."""


@dataclass(slots=True)
class Names:
    """By name of then, the name of now; those that stayed are in neither."""

    topics: dict[str, str] = field(default_factory=dict)
    groups: dict[str, str] = field(default_factory=dict)

    @classmethod
    def since(cls, entries: Iterable[JournalEntry]) -> Names:
        """From all that was renamed since, the oldest first."""
        topics, groups = _Trail(), _Trail()
        for entry in entries:
            if isinstance(entry, TopicEntry):
                topics.take(entry.act, entry.was if entry.act == "renamed" else entry.topic, entry.topic)
            elif isinstance(entry, GroupEntry):
                groups.take(entry.act, entry.group, entry.to)
        return cls(topics.names, groups.names)

    def topic(self, name: str) -> str:
        return self.topics.get(name, name)

    def group(self, name: str) -> str:
        return self.groups.get(name, name)

    def queue(self, name: str) -> str:
        """A queue has the name of its topic; that of a subscription begins with it."""
        topic, mark, rest = name.partition(SUBSCRIPTION_MARK)
        return self.topic(topic) + mark + rest

    def queue_then(self, name: str) -> str:
        """What a queue of now was called then."""
        topic, mark, rest = name.partition(SUBSCRIPTION_MARK)
        return next((old for old, new in self.topics.items() if new == topic), topic) + mark + rest

    def told(self, snapshot: Snapshot) -> Snapshot:
        """The snapshot of that instant, under the names of now."""
        if not self.topics and not self.groups:
            return snapshot
        return replace(
            snapshot, topics=tuple(replace(topic, name=self.topic(topic.name)) for topic in snapshot.topics),
            groups=tuple(self._group(group) for group in snapshot.groups),
            queues=tuple(self._queue(queue) for queue in snapshot.queues),
            producers=tuple(replace(one, topic=self.topic(one.topic)) for one in snapshot.producers),
        )

    def _group(self, group: GroupStat) -> GroupStat:
        return replace(
            group, name=self.group(group.name),
            partitions=tuple(replace(part, topic=self.topic(part.topic)) for part in group.partitions),
            members=tuple(replace(member, partitions=tuple((self.topic(topic), part) for topic, part in
                                                           member.partitions)) for member in group.members),
        )

    def _queue(self, queue: QueueStat) -> QueueStat:
        return replace(queue, name=self.queue(queue.name), topic=self.topic(queue.topic),
                       dead_letter=self.topic(queue.dead_letter))


class _Trail:
    """Follows what had a name from one name to the next, until it is deleted."""

    def __init__(self) -> None:
        self.names: dict[str, str] = {}
        self._gone: set[str] = set()

    def take(self, act: str, name: str, now: str) -> None:
        """What happened to what is called ``name`` at this moment."""
        then = next((old for old, new in self.names.items() if new == name and old not in self._gone), name)
        if act == "deleted":
            self._gone.add(then)
        elif act == "restored":
            self._gone.discard(then)
        elif act == "renamed" and then not in self._gone:
            self.names[then] = now

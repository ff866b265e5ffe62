"""The story of one message: everything the journal knows of it, in order and in words.

Entries cover ranges, so a line may speak of a lease that took neighbours too; where a busy moment was journalled more
coarsely, the line says «perhaps». A message that died
elsewhere and was moved here begins its story there, as far as the log of its origin is still known. Belongs to the
thread of its reader.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from workbench.core.journal import JournalEntry
from workbench.core.queues import SUBSCRIPTION_MARK, Death, MessageId
from workbench.core.times import format_time
from workbench.session.marks import DROPPED

_KINDS = ("append", "lease", "ack", "nack", "return", "dead", "redrive")
_PAGE = 5000
_MOST_ORIGINS = 8


class JournalSource(Protocol):
    """The part of a workspace's reader that a story needs."""

    def journal(
        self, after_id: int = 0, from_ms: int | None = None, to_ms: int | None = None, kinds: Sequence[str] = (),
        limit: int = 1000,
    ) -> list[JournalEntry]: ...  # fmt: skip


@dataclass(frozen=True, slots=True)
class StoryLine:
    """``who`` is the consumer, where one had to do with it; ``queue`` the one it happened in."""

    at_ms: int
    kind: str
    text: str
    queue: str
    who: str = ""


@dataclass(frozen=True, slots=True)
class Story:
    message: MessageId
    lines: tuple[StoryLine, ...]

    def document(self) -> list[dict[str, Any]]:
        """The lines in JSON's words."""
        return [
            {"at": format_time(line.at_ms), "kind": line.kind, "queue": line.queue, "consumer": line.who or None,
             "text": line.text}
            for line in self.lines
        ]  # fmt: skip


def story_of(
    reader: JournalSource, queue: str, topic: str, message: MessageId, deaths: Sequence[Death] = ()
) -> Story:
    """All that happened to ``message`` of ``queue``, which reads ``topic``; ``deaths`` are those it carries."""
    return stories_of(reader, queue, topic, {message: tuple(deaths)})[message]


def stories_of(
    reader: JournalSource, queue: str, topic: str, messages: Mapping[MessageId, Sequence[Death]]
) -> dict[MessageId, Story]:
    """The stories of several messages of one queue, by one pass over the journal."""
    wanted: dict[MessageId, list[_Place]] = {}
    for message, deaths in messages.items():
        origins = [_Place(death.queue, _topic_of(death.queue), MessageId(*death.origin)) for death in deaths]
        wanted[message] = [_Place(queue, topic, message), *origins[:_MOST_ORIGINS]]
    index: dict[tuple[str, int], list[tuple[_Place, MessageId]]] = {}
    for message, places in wanted.items():
        for place in dict.fromkeys(places):
            index.setdefault((place.topic, place.id.partition), []).append((place, message))
    lines: dict[MessageId, list[StoryLine]] = {message: [] for message in messages}
    for entry in _entries(reader):
        for place, message in index.get((entry.topic, entry.partition), ()):
            if entry.first <= place.id.offset <= entry.last and entry.group in ("", place.queue):
                lines[message].append(_line(entry, place.queue))
    return {message: Story(message, tuple(found)) for message, found in lines.items()}


@dataclass(frozen=True, slots=True)
class _Place:
    queue: str
    topic: str
    id: MessageId


def _topic_of(queue: str) -> str:
    return queue.partition(SUBSCRIPTION_MARK)[0]


def _entries(reader: JournalSource):
    after = 0
    while page := reader.journal(after, kinds=_KINDS, limit=_PAGE):
        yield from page
        after = page[-1].id


def _line(entry: JournalEntry, queue: str) -> StoryLine:
    one_of_many = 0 < entry.count <= entry.last - entry.first  # a busy moment: the range is wider than what is meant
    text = _SAY[entry.kind](entry)
    return StoryLine(entry.at_ms, entry.kind, f"perhaps {text}" if one_of_many else text, queue, entry.member)


def _lease(entry: JournalEntry) -> str:
    attempt = entry.detail.get("attempt", 0)
    again = f", attempt {attempt}" if attempt and attempt > 1 else ""
    return f"leased by {entry.member or 'a consumer'}{again}"


def _nack(entry: JournalEntry) -> str:
    detail = entry.detail
    act = "given back" if detail.get("requeue", True) else "rejected"
    wait = f", to wait {detail['delay_ms'] / 1000.0:g} s" if detail.get("delay_ms") else ""
    why = f": {detail['reason']}" if detail.get("reason") else ""
    return f"{act} by {entry.member or 'its consumer'}{wait}{why}"


def _return(entry: JournalEntry) -> str:
    return f"lease of {entry.member or 'its consumer'} ended without an answer"


def _dead(entry: JournalEntry) -> str:
    to = entry.detail.get("to", "")
    where = "dropped" if to == DROPPED else f"moved to {to}" if to else "kept here"
    return f"died ({entry.detail.get('reason', 'for no reason given')}), {where}"


_SAY: Mapping[str, Callable[[JournalEntry], str]] = {
    "append": lambda entry: f"sent to {entry.topic}",
    "lease": _lease,
    "ack": lambda entry: f"acked by {entry.member or 'its consumer'}",
    "nack": _nack,
    "return": _return,
    "dead": _dead,
    "redrive": lambda entry: f"redriven to {entry.detail.get('to') or 'its origin'}",
}

"""The story of one message for its pane: what ``session.story`` read in the journal, what its deaths add, what comes.

``tell`` is pure; ``read_lines`` reads the file and belongs on a worker.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from PySide6.QtCore import QCoreApplication

from workbench.core.queues import DeadLetterEvent, DeadLetterReason, MessageState, QueuedMessage
from workbench.ui.models.queue_words import ICONS, attempt_words, death_sentence, reason_name
from workbench.ui.theme import words

if TYPE_CHECKING:
    from workbench.session.message_history import HistoryLine, JournalSource

_SENT = ("send", "producer")


@dataclass(frozen=True, slots=True)
class Chapter:
    """One thing that happened to a message, or (``to_come``) that will if nobody does anything."""

    at_ms: int
    text: str
    icon: str
    role: str = "text_muted"
    to_come: bool = False


def _tr(text: str) -> str:
    return QCoreApplication.translate("story", text)


def read_lines(source: JournalSource, message: QueuedMessage, queue: str) -> tuple[HistoryLine, ...]:
    """What the journal knows of the message, here and where it died before."""
    from workbench.session.message_history import history_of

    return history_of(source, queue, message.record.topic, message.id, message.deaths).lines


def tell(message: QueuedMessage, lines: Sequence[HistoryLine], queue: str, at_ms: int | None = None) -> list[Chapter]:
    """What happened, oldest first; at the end what comes by itself, or in the past, at ``at_ms``, what came."""
    chapters = [_chapter(line, queue) for line in lines]
    if not any(line.kind == "append" and line.queue == queue for line in lines):
        chapters.append(Chapter(message.record.timestamp_ms, _tr("Sent"), *_SENT))
    told = {line.queue for line in lines if line.kind == "dead"}
    chapters += [_of_death(death) for death in message.deaths if death.queue not in told]
    if message.leased_ms is not None and not any(line.kind == "lease" and line.queue == queue for line in lines):
        said = _tr("Leased by {0}, {1}").format(message.consumer, attempt_words(message.attempts))
        chapters.append(Chapter(message.leased_ms, said, *ICONS["lease"]))
    chapters.sort(key=lambda chapter: chapter.at_ms)
    if at_ms is not None:
        return [replace(chapter, to_come=chapter.at_ms > at_ms) for chapter in chapters]
    return chapters + _to_come(message)


def _chapter(line: HistoryLine, queue: str) -> Chapter:
    text = line.text[:1].upper() + line.text[1:]
    for reason in DeadLetterReason if line.kind == "dead" else ():
        text = text.replace(f"({reason})", f"({reason_name(reason)})")
    if line.queue != queue and line.queue not in line.text:
        text = f"{line.queue}: {line.text}"
    icon, role = ICONS.get(line.kind, _SENT)
    return Chapter(line.at_ms, text, icon, "bad" if line.text.startswith("rejected") else role)


def _of_death(death: DeadLetterEvent) -> Chapter:
    sentence = death_sentence(death)
    since = " " + _tr("(first {0})").format(words.clock(death.first_ms, millis=False)) if death.count > 1 else ""
    return Chapter(death.last_ms, sentence[:1].upper() + sentence[1:] + since, "failed", "bad")


def _to_come(message: QueuedMessage) -> list[Chapter]:
    found = []
    if message.until_ms is not None and message.state is MessageState.IN_FLIGHT:
        found.append(Chapter(message.until_ms, _tr("Comes back unless it is acked"), "slow", to_come=True))
    if message.until_ms is not None and message.state is MessageState.DELAYED:
        found.append(Chapter(message.until_ms, _tr("Ready again"), "ready", to_come=True))
    if message.expires_ms is not None and message.state is not MessageState.DEAD:
        found.append(Chapter(message.expires_ms, _tr("Its time to live runs out"), "delayed", to_come=True))
    return found

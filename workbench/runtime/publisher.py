"""The sending side of a producer or a forwarding group that feeds an exchange: each record goes with its routing key.

Batches fill and leave as a ``Sender``'s do; the exchange decides which queues get what. What comes back because no
queue takes it, or because one is full, counts as failed. Lives on one loop.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import replace
from itertools import groupby
from typing import Any

from workbench.core.clock import Clock
from workbench.core.partitioners import Explicit
from workbench.core.records import Appended, Record
from workbench.core.routing import Published
from workbench.core.snapshot import SentRecord
from workbench.engines.base import Engine
from workbench.flow.written import read_routing_key
from workbench.runtime.batching import Batch
from workbench.runtime.send_journal import SendJournal
from workbench.runtime.sender import Sender, SendSettings
from workbench.serde import Decoder, DecoderOf, guessing, plain, plain_json, shown

RoutingKey = Callable[[bytes | None, bytes | None], str]
"""Makes a record's routing key from its key and its value."""
_LONGEST_KEY = 1 << 20
OnPublished = Callable[[Sequence[Record], Sequence[Published]], None]


class Publisher(Sender):
    """``topic`` is the exchange."""

    def __init__(self, engine: Engine, exchange: str, key_of: RoutingKey, mandatory: bool, settings: SendSettings,
                 clock: Clock, on_published: OnPublished, decoders: DecoderOf = guessing,
                 journal: SendJournal | None = None) -> None:
        super().__init__(engine, exchange, 1, Explicit(0), settings, clock, lambda *_: None, decoders, journal)
        self._key_of = key_of
        self._mandatory = mandatory
        self._on_published = on_published

    async def _send(self, batch: Batch) -> None:
        started_ms = self._clock.monotonic_ms()
        runs = [(key, list(run)) for key, run in groupby(batch.records, key=lambda r: self._key_of(r.key, r.value))]
        answers = await asyncio.gather(
            *(self._engine.publish(self.topic, key, run, self._mandatory) for key, run in runs)
        )
        published = [answer for answered in answers for answer in answered]
        for answer in published:
            if answer.returned or answer.refused:
                self.failed += 1
                self.reason = answer.returned or f"{', '.join(answer.refused)} refused it: the queue is full."
            else:
                self.sent += 1
        for taken, run in groupby(published, key=lambda answer: not (answer.returned or answer.refused)):
            self._ended("acked" if taken else "failed", -1, len(list(run)))
        appended = Appended(self.topic, 0, 0, len(batch.records), self._clock.now_ms())
        self._remember(batch, appended, self._clock.monotonic_ms() - started_ms)
        self._on_published(batch.records, published)

    def recent(self) -> tuple[SentRecord, ...]:
        """The last records sent, newest first; they have a place in each queue, and none here."""
        return tuple(replace(sent, offset=-1) for sent in super().recent())


def routing_key_of(text: str, decoder: Decoder) -> RoutingKey:
    """How a record's routing key is made: ``text`` with fields of its value, or its key where ``text`` is empty."""
    texts, paths = read_routing_key(text)
    if not texts:
        return lambda key, value: "" if key is None else shown(decoder.key(key).value, _LONGEST_KEY)
    if not paths:
        return lambda key, value: texts[0]

    def made(key: bytes | None, value: bytes | None) -> str:
        whole = decoder.value(value).value
        fields = [*(_field(whole, path) for path in paths), ""]
        return "".join(text + field for text, field in zip(texts, fields, strict=True))

    return made


def _field(value: Any, path: tuple[str, ...]) -> str:
    """The field as text; empty where there is none."""
    for name in path:
        value = value.get(name) if isinstance(value, dict) else None
    told = plain(value)
    return "" if told is None else told if isinstance(told, str) else plain_json(told)

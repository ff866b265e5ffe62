"""The work a group does on a record beside spending time: it fails or not, and is passed on. Lives on one loop."""

from __future__ import annotations

from random import Random
from typing import Any

from workbench.core.errors import Invalid, WorkbenchError
from workbench.core.records import Record, StoredRecord
from workbench.flow.settings import ConsumingSettings
from workbench.runtime.handlers import Condition, Forwarding
from workbench.runtime.storing import StoreLookup
from workbench.serde import NO_SCHEMAS, DecoderOf, Serdes, guessing
from workbench.serde.reader_schema import ReaderSchema

_BY_RATE = "It was drawn to fail by the failure rate."
_BY_CONDITION = "It fails by «Fail if»."


class Work:
    """``into`` is the topic that a group forwards to, empty where that is an exchange."""

    def __init__(self, settings: ConsumingSettings, random: Random, forwards: bool, decoders: DecoderOf = guessing,
                 into: str = "", lookup: StoreLookup | None = None, serdes: Serdes = NO_SCHEMAS) -> None:
        self._lookup = lookup
        self._random = random
        self._forwards = forwards
        self._decoders, self._into, self._serdes = decoders, into, serdes
        self._ahead: dict[int, tuple[StoredRecord, str, dict[str, Any]]] = {}
        self.change(settings)

    def change(self, settings: ConsumingSettings) -> None:
        self._forwarding = Forwarding(settings, self._decoders, self._into)
        self._fails = Condition.of(settings.fail_if, "Fail if", self._decoders, settings.more_names)
        self._failure_rate = settings.failure_rate
        self._spread = settings.process_spread
        asked = settings.reader_schema.strip()
        self._reader = ReaderSchema(asked, self._serdes, self._decoders) if asked else None

    @property
    def simple(self) -> bool:
        """Every record just succeeds."""
        return not (self._failure_rate or self._fails or self._forwards or self._lookup or self._reader)

    def spread(self) -> float:
        """How many times the processing time the next attempt takes."""
        return 1.0 + self._spread * (2.0 * self._random.random() - 1.0) if self._spread else 1.0

    def look_ahead(self, member: int, record: StoredRecord) -> str:
        """Why the record that a member is about to work on will fail, empty when it will not; ``do`` says the same."""
        reason, more = self._failure(record)
        self._ahead[member] = record, reason, more
        return reason

    def do(self, member: int, record: StoredRecord) -> tuple[str, Record | None]:
        """Why it failed, empty when it did not, and what is to be passed on."""
        ahead = self._ahead.pop(member, None)
        reason, more = ahead[1:] if ahead is not None and ahead[0] is record else self._failure(record)
        if reason or not self._forwards:
            return reason, None
        try:
            return "", self._forwarding.apply(self.read(record), **more)
        except Invalid as error:
            return error.message, None

    def read(self, record: StoredRecord) -> StoredRecord:
        """The record as the group's reader schema sees it; ``WorkbenchError`` says why it can't."""
        return record if self._reader is None else self._reader.read(record)

    def _failure(self, record: StoredRecord) -> tuple[str, dict[str, Any]]:
        """Why it fails, and what expressions see beside it: the row that was looked up."""
        more: dict[str, Any] = {}
        try:
            record = self.read(record)
        except WorkbenchError as error:
            return error.message, more
        if self._lookup is not None:
            row, refused = self._lookup.find(record)
            if refused:
                return refused, more
            more["row"] = row
        if self._fails is not None:
            try:
                if self._fails.holds(record, **more):
                    return _BY_CONDITION, more
            except Invalid as error:
                return error.message, more
        fails = self._failure_rate > 0 and self._random.random() < self._failure_rate
        return _BY_RATE if fails else "", more

"""Events of a drawn producer as its topic writes them, or by the schema that the producer was given.

What does not fit is not sent: it is counted with its reason, and goes to the dead letters where some were named. The
settings of the topic and the last version of the subject are looked at anew with every handful of events.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from workbench.core.errors import WorkbenchError
from workbench.core.records import Record
from workbench.serde import Decoder, DecoderOf, Serdes
from workbench.serde.writing import TextWriter


class Misfit(NamedTuple):
    record: Record
    reason: str


class Writing:
    """``schema``: SUBJECT or SUBJECT#MESSAGE; empty: as the topic says. ``raw``: values are its payloads already."""

    def __init__(self, topic: str, decoders: DecoderOf, serdes: Serdes, schema: str = "", raw: bool = False) -> None:
        self._topic, self._decoders, self._serdes = topic, decoders, serdes
        self._schema, self._raw = schema, raw

    def written(self, records: Iterable[Record]) -> tuple[Iterable[Record], list[Misfit]]:
        """Those that fit, as they are to be sent, and those that don't."""
        try:
            writer = TextWriter(self._decoder(), self._raw)
        except WorkbenchError as missing:
            return [], [Misfit(record, missing.sentence()) for record in records]
        if writer.as_they_come:
            return records, []
        fit, misfits = [], []
        for record in records:
            try:
                fit.append(writer.written(record))
            except WorkbenchError as reason:
                misfits.append(Misfit(record, reason.message))
        return fit, misfits

    def _decoder(self) -> Decoder:
        decoder = self._decoders(self._topic)
        if not self._schema:
            return decoder
        subject, _, message = self._schema.partition("#")
        return decoder.with_values(self._serdes.written_for(subject, message).serde.encoding, self._schema)


def misfit_letter(misfit: Misfit, topic: str) -> Record:
    """As it goes to the dead letters: as the producer made it, with where it was meant to go and why it could not."""
    told = (("x-origin-topic", topic.encode()), ("x-reason", misfit.reason.encode()))
    return Record(misfit.record.key, misfit.record.value, misfit.record.headers + told, misfit.record.timestamp_ms)

"""What is typed into the filter field, as a question about a record.

Text that reads as CEL (it parses and uses key, value, headers, topic, partition or offset) is asked of each record;
other text is looked for in key, value and headers, whatever its case. Pure functions, any thread.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

from workbench.core.errors import Invalid
from workbench.core.records import StoredRecord
from workbench.flow.expressions import NAMES, Expression
from workbench.serde import DecoderOf, guessing, names_of

_USES_A_NAME = re.compile(rf"(?<![\w.\"'])(?:{'|'.join(NAMES)})\s*(?:[.\[=!<>+]|in\b)")


@dataclass(frozen=True, slots=True)
class RecordFilter:
    """``kind`` is ``expression`` or ``text``; ``matches`` may be asked on any one thread at a time."""

    text: str
    kind: str
    matches: Callable[[StoredRecord], bool]


def read_filter(text: str, decoders: DecoderOf = guessing) -> RecordFilter:
    """The filter that ``text`` says; ``Invalid`` with the position when it is meant as CEL and is not. ``decoders``
    are those of the topics that are looked through."""
    text = text.strip()
    if not _USES_A_NAME.search(text):
        return RecordFilter(text, "text", _containing(text))
    return RecordFilter(text, "expression", _asking(Expression(text, "Filter"), decoders))


def _containing(text: str) -> Callable[[StoredRecord], bool]:
    needle = text.lower().encode()

    def matches(record: StoredRecord) -> bool:
        if any(part is not None and needle in part.lower() for part in (record.key, record.value)):
            return True
        return any(needle in name.lower().encode() or needle in (data or b"").lower() for name, data in record.headers)

    return matches


def _asking(expression: Expression, decoders: DecoderOf) -> Callable[[StoredRecord], bool]:
    wanted = expression.names

    def matches(record: StoredRecord) -> bool:
        try:
            answer = expression.evaluate(names_of(record, decoders(record.topic), wanted))
        except Invalid:
            return False  # a field this record does not have, or of another type: it does not match
        return answer is True

    return matches

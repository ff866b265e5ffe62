"""Numbers of Avro out of the texts that forms have for them: decimals, dates, times. Pure.

A text that no number of the type stands for is ``ValueError``; nothing is rounded.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, date, datetime, time
from decimal import Decimal, InvalidOperation
from typing import Any
from uuid import UUID

from workbench.serde.by_schema.base import mismatch

_MOMENT = re.compile(r"(\d{4}-\d\d-\d\d)[T ](\d\d:\d\d(?::\d\d)?)(?:[.,](\d+))?\s*(Z|z|[+-]\d\d:?\d\d)?")
_TIME = re.compile(r"(\d\d):(\d\d)(?::(\d\d)(?:[.,](\d+))?)?")
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_NOT_FINITE = {"NaN": float("nan"), "Infinity": float("inf"), "-Infinity": float("-inf")}


def moment(unit: int) -> Callable[[str], int]:
    """Reads ISO 8601 as units since 1970; ``unit`` is how many there are in a second. Without a zone it is UTC."""

    def read(text: str) -> int:
        found = _MOMENT.fullmatch(text.strip())
        if found is None:
            raise ValueError(text)
        day, clock, fraction, zone = found.groups()
        whole = datetime.fromisoformat(f"{day}T{clock}{'+00:00' if zone in (None, 'Z', 'z') else zone}") - _EPOCH
        return (whole.days * 86_400 + whole.seconds) * unit + _fraction(fraction, unit)

    return read


def _fraction(digits: str | None, unit: int) -> int:
    if not digits:
        return 0
    places = len(str(unit)) - 1
    if digits[places:].strip("0"):
        raise ValueError(digits)  # finer than the type holds
    return int(digits[:places].ljust(places, "0")) if places else 0


def time_of_day(unit: int) -> Callable[[str], int]:
    def read(text: str) -> int:
        found = _TIME.fullmatch(text.strip())
        if found is None:
            raise ValueError(text)
        hours, minutes, seconds = (int(each or 0) for each in found.groups()[:3])
        time(hours, minutes, seconds)
        return (hours * 3600 + minutes * 60 + seconds) * unit + _fraction(found[4], unit)

    return read


def day(text: str) -> int:
    return date.fromisoformat(text.strip()).toordinal() - date(1970, 1, 1).toordinal()


LOGICAL_NUMBERS: dict[str, Callable[[str], int]] = {
    "date": day,
    "time-millis": time_of_day(1_000), "time-micros": time_of_day(1_000_000),
    "timestamp-millis": moment(1_000), "timestamp-micros": moment(1_000_000), "timestamp-nanos": moment(1_000_000_000),
    "local-timestamp-millis": moment(1_000), "local-timestamp-micros": moment(1_000_000),
    "local-timestamp-nanos": moment(1_000_000_000),
}


def decimal_bytes(form: Any, path: str, word: str, precision: int, scale: int, size: int | None) -> bytes:
    """The unscaled number, big end first, in as few bytes as hold it, or in ``size``."""
    if isinstance(form, bool) or not isinstance(form, str | int | float | Decimal):
        raise mismatch(path, word, form)
    try:
        number = Decimal(repr(form) if isinstance(form, float) else form)
        sign, digits, exponent = number.as_tuple()
    except (InvalidOperation, ValueError):
        raise mismatch(path, word, form) from None
    if not isinstance(exponent, int) or exponent > 100_000 or len(digits) > 100_000:
        raise mismatch(path, word, form)
    unscaled, left = _scaled(digits, exponent + scale)
    if left or len(str(unscaled)) > max(precision, 1):
        raise mismatch(path, word, form)
    unscaled = -unscaled if sign else unscaled
    needed = (unscaled if unscaled >= 0 else ~unscaled).bit_length() // 8 + 1
    if size is not None and needed > size:
        raise mismatch(path, f"{word} of {size} bytes", form)
    return unscaled.to_bytes(needed if size is None else size, "big", signed=True)


def _scaled(digits: tuple[int, ...], shift: int) -> tuple[int, bool]:
    """The number that the digits are, moved by ``shift`` places; whether any digit would be lost."""
    text = "".join(map(str, digits))
    if shift >= 0:
        return int(text + "0" * shift), False
    kept, lost = text[:shift], text[shift:]
    return int(kept or "0"), bool(lost.strip("0"))


def float_of(form: Any, path: str, word: str) -> float:
    if isinstance(form, str) and form in _NOT_FINITE:
        return _NOT_FINITE[form]
    if isinstance(form, bool) or not isinstance(form, int | float | Decimal):
        raise mismatch(path, word, form)
    try:
        return float(form)
    except OverflowError:
        raise mismatch(path, word, form) from None


def uuid_text(form: Any, path: str) -> UUID:
    try:
        return form if isinstance(form, UUID) else UUID(form)
    except (ValueError, AttributeError, TypeError):
        raise mismatch(path, "a uuid", form) from None

"""Numbers, sizes and times as words: the one place that decides how they read.

Figures follow the locale's separators. Times are UTC, or of this machine's zone where that was chosen (``show_local``);
the zone's name is shown once where they stand. Pure functions but for that choice, which the GUI thread makes.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime, tzinfo
from functools import lru_cache

from PySide6.QtCore import QCoreApplication, QLocale, Qt
from PySide6.QtGui import QFontMetrics, QFontMetricsF

from workbench.core.times import duration_words

_SIZES = ("B", "KiB", "MiB", "GiB", "TiB")
_LAST_PART = re.compile(r"(?<=\S)[./:_-][^\s./:_-]{1,5}$")
_VOWELS = frozenset("aeiouy")
_LEAST_HEAD = 6  # letters, the sign of the cut among them
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


@lru_cache(maxsize=4096)
def _local(text: str) -> str:
    """Figures written the English way, with the separators of the locale (which a process keeps)."""
    locale = QLocale()
    return text.translate({ord(","): locale.groupSeparator(), ord("."): locale.decimalPoint()})


def _tr(text: str) -> str:
    return QCoreApplication.translate("words", text)


def cut(text: str, metrics: QFontMetrics | QFontMetricsF, room: float) -> str:
    """As much as fits: what is too long loses its end, so that it reads on as it began. Only the short last part of a
    name, which often alone tells it from others (``orders/3``, ``shipping-2``, ``orders.dlq``), stays where enough
    stands before it: ``com.exampl….dlq``. Whoever cuts has the whole in a tool tip."""
    if metrics.horizontalAdvance(text) <= room:
        return text
    end = _LAST_PART.search(text)
    if end is not None:
        head = _elided(text[: end.start()] + " ", metrics, room - metrics.horizontalAdvance(end.group()))
        if len(head) > _LEAST_HEAD:
            return head + end.group()
    return _elided(text, metrics, room)


def _elided(text: str, metrics: QFontMetrics | QFontMetricsF, room: float) -> str:
    if isinstance(metrics, QFontMetrics):
        return metrics.elidedText(text, Qt.TextElideMode.ElideRight, int(room))
    return metrics.elidedText(text, Qt.TextElideMode.ElideRight, room)


def in_lines(text: str, metrics: QFontMetrics | QFontMetricsF, room: float) -> tuple[str, ...]:
    """A name on one line or on two, broken before a part of it where there is one, else before a syllable; what has
    no room on two is cut, a single word on one."""
    if metrics.horizontalAdvance(text) <= room:
        return (text,)
    at = _last_fitting(parts_of(text), text, metrics, room)
    if not at or metrics.horizontalAdvance(text[at:].lstrip()) > room:
        syllable = _last_fitting(_syllables(text), text, metrics, room)
        at = syllable if syllable and metrics.horizontalAdvance(text[syllable:]) <= room else at
    return (text[:at].rstrip(), cut(text[at:].lstrip(), metrics, room)) if at else (cut(text, metrics, room),)


def _last_fitting(places: list[int], text: str, metrics: QFontMetrics | QFontMetricsF, room: float) -> int:
    """The last of these places that all before it has room; 0 without one."""
    return next((at for at in reversed(places) if metrics.horizontalAdvance(text[:at].rstrip()) <= room), 0)


def parts_of(text: str) -> list[int]:
    """Where a name may be broken: before a point or a slash, after a hyphen, an underscore or a space, and before a
    capital that follows a small letter."""
    return [at for at in range(1, len(text)) if text[at] in "./:" or text[at - 1] in "-_ "
            or (text[at - 1].islower() and text[at].isupper())]


def _syllables(text: str) -> list[int]:
    """Where a word may be broken at need, two letters or more before it, a vowel among them, and three after: before a
    consonant that a vowel follows (``pay|ments``, ``settle|ments``), never one letter off."""
    small = text.lower()
    if len(small) != len(text):
        return []
    return [at for at in range(2, len(small) - 2)
            if small[at - 2 : at + 3].isalpha() and not _VOWELS.isdisjoint(small[at - 2 : at])
            and small[at] not in _VOWELS and small[at + 1] in _VOWELS]


def count(number: int) -> str:
    """98412 as ``98,412``."""
    return _local(f"{number:,}")


def change(number: float) -> str:
    """A difference with its sign: ``+90``, ``-3``; zero is ``0``."""
    rounded = round(number)
    return f"{'+' if rounded > 0 else ''}{count(rounded)}"


def rate(per_second: float) -> str:
    """``1.2/s``, ``480/s``, ``9,400/s``, ``12.4 k/s``, ``3.1 M/s``."""
    for limit, factor, unit in ((1_000_000, 1_000_000, " M"), (10_000, 1_000, " k")):
        if per_second >= limit:
            return _local(f"{per_second / factor:.1f}{unit}/s")
    if 0 < per_second < 10 and per_second != round(per_second):
        return _local(f"{max(per_second, 0.1):.1f}").removesuffix(_local(".0")) + "/s"
    return _local(f"{per_second:,.0f}/s")


def size(number: int) -> str:
    """``278 B``, ``2.3 KiB``, ``214 MiB``."""
    value, unit = float(number), _SIZES[0]
    for unit in _SIZES:
        if value < 1024 or unit == _SIZES[-1]:
            break
        value /= 1024
    digits = 1 if unit != "B" and value < 10 else 0
    return _local(f"{value:,.{digits}f} {unit}")


def duration(ms: float, narrow: bool = False) -> str:
    """``0.04 s``, ``2.5 s``, ``5 min``, ``2 min 13 s`` (narrow: ``2:13 min``), ``1 h 05 min``, ``3 d 4 h``."""
    return _local(duration_words(ms, narrow))


_zone: tzinfo | None = UTC


def show_local(local: bool) -> None:
    """From now on times read as this machine's clock does, or as UTC."""
    global _zone
    _zone = None if local else UTC


def zone() -> tzinfo | None:
    """The zone that times are shown and typed in; None is that of this machine."""
    return _zone


def zone_name(ms: int | None = None) -> str:
    """``UTC``, or what this machine calls its zone at that moment: ``CET``."""
    if _zone is UTC:
        return "UTC"
    at = datetime.now(tz=UTC) if ms is None else datetime.fromtimestamp(ms / 1000, tz=UTC)
    return at.astimezone(_zone).tzname() or _tr("local")


def zone_offset_ms(ms: float) -> int:
    """How far the zone that is shown is ahead of UTC at that moment."""
    offset = _moment(ms).utcoffset()
    return 0 if offset is None else round(offset.total_seconds() * 1000)


def _moment(ms: float) -> datetime:
    return datetime.fromtimestamp(ms / 1000, tz=UTC).astimezone(_zone)


def clock(ms: int, millis: bool = True) -> str:
    """``14:12:36.204`` in the zone that is shown; without ``millis`` ``14:12:36``."""
    text = _moment(ms).strftime("%H:%M:%S")
    return f"{text}.{int(ms) % 1000:03}" if millis else text


def date(ms: int, data: bool = False) -> str:
    """``23 Nov 2026``; in data ``2026-11-23``."""
    day = _moment(ms)
    return day.strftime("%Y-%m-%d") if data else f"{day.day} {_tr(_MONTHS[day.month - 1])} {day.year}"


def moment(ms: int, millis: bool = False) -> str:
    """A day and a time as they are typed: ``2026-11-23 14:02:11``; with ``millis`` ``2026-11-23 14:02:11.087``."""
    return f"{date(ms, data=True)} {clock(ms, millis)}"


def ago(ms: float) -> str:
    """``10 min 25 s ago``."""
    return _tr("{0} ago").format(duration(max(0, ms)))


def behind(records: int, ms: float | None = None) -> str:
    """``22 behind · 0.04 s``; without a known time ``22 behind``."""
    text = _tr("{0} behind").format(count(records))
    return text if ms is None else f"{text} · {duration(ms, narrow=True)}"


def plural(number: int, one: str, many: str) -> str:
    """``1 member``, ``3 members``: the number with the word that goes with it."""
    return f"{count(number)} {_tr(one if number == 1 else many)}"


def place(topic: str, partition: int, offset: int) -> str:
    """``orders/3 @ 88,134``."""
    return f"{topic}/{partition} @ {count(offset)}"


def menu_text(text: str) -> str:
    """A name as the text of a menu's entry or a button: its ampersands are letters, not keys."""
    return text.replace("&", "&&")

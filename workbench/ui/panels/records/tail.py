"""The tail of a log that is looked at: it follows the newest record, or was paused and counts what came since.

Numbers are those of ``session.rows``. Knows no widgets; what it says is shown by the records panel. GUI thread.
"""

from __future__ import annotations

from PySide6.QtCore import QCoreApplication

from workbench.ui.theme import words


def _tr(text: str) -> str:
    return QCoreApplication.translate("records", text)


class Tail:
    def __init__(self) -> None:
        self._end: int | None = None  # the number the rows end at while it is paused
        self._at_ms = 0
        self._total = 0

    @property
    def paused(self) -> bool:
        return self._end is not None

    def pause(self, end: int, at_ms: int, total: int) -> None:
        """Keep the rows before ``end``; the log held ``total`` records at ``at_ms``."""
        self._end, self._at_ms, self._total = end, at_ms, total

    def resume(self) -> None:
        self._end = None

    def end_of(self, span: tuple[int, int]) -> int:
        """Where the rows of ``span`` end as they are shown."""
        first, end = span
        return end if self._end is None else max(first, min(end, self._end))

    def keep(self, end: int) -> None:
        """While it is paused, keep other rows: those before ``end``."""
        if self._end is not None:
            self._end = end

    def waiting(self, end: int) -> int:
        """How many rows came since, when they end at ``end`` now."""
        return 0 if self._end is None else max(0, end - self._end)

    def said(self, waiting: int, total: int, matching: bool) -> str:
        """What came since the pause: of ``total`` records now, ``waiting`` rows (``matching``: those of a filter)."""
        since = total - self._total
        text = _tr("Tail paused at {0}. Nothing is lost; ").format(words.clock(self._at_ms, False))
        if not since:
            return text + _tr("nothing new since then.")
        if matching:
            return text + _tr("{0} of the {1} records since then match.").format(
                words.count(waiting), words.count(since))
        return text + words.plural(waiting, _tr("record since then."), _tr("records since then."))

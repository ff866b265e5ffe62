"""How the records of a workspace are looked at, kept in its file: saved filters, colour rules, columns of topics.

Read once from the file and again when another window changed it; every change goes to the host as one text. What a
file of another version holds that is not known here is left out, never a fault. GUI thread.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import orjson
from PySide6.QtCore import QObject, Signal

from workbench.control.messages import SaveViews
from workbench.core.changes import Changes
from workbench.core.errors import WorkbenchError
from workbench.ui.bridge.workspace import Workspace

COLOURS = ("stream", "queue", "producer", "consumer", "ok", "warn")
MOST_FILTERS = 40


@dataclass(frozen=True, slots=True)
class ColourRule:
    """Records that ``text`` (a filter) matches stand on the soft ground of the role ``colour``."""

    text: str
    colour: str


class Views(QObject):
    """See the module."""

    changed = Signal()

    def __init__(self, workspace: Workspace, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._workspace = workspace
        self.filters: tuple[str, ...] = ()
        self.rules: tuple[ColourRule, ...] = ()
        self.columns: dict[str, tuple[str, ...]] = {}
        self._text = ""
        workspace.changed.connect(lambda changes: self.load() if Changes.VIEWS in changes else None)

    def load(self) -> None:
        """Take what the file holds."""
        try:
            text = self._workspace.reader().meta("views")
        except WorkbenchError:
            return  # no file that could be read: the panel says so itself
        if text == self._text:
            return
        self._text = text
        plain = _plain(text)
        self.filters = tuple(f for f in _listed(plain, "filters") if isinstance(f, str))[:MOST_FILTERS]
        self.rules = tuple(
            ColourRule(r["text"], r["colour"]) for r in _listed(plain, "rules")
            if isinstance(r, dict) and isinstance(r.get("text"), str) and r.get("colour") in COLOURS
        )
        columns = plain.get("columns")
        self.columns = {
            topic: tuple(path for path in paths if isinstance(path, str))
            for topic, paths in (columns if isinstance(columns, dict) else {}).items() if isinstance(paths, list)
        }
        self.changed.emit()

    def keep_filter(self, text: str) -> None:
        """The newest first."""
        self.filters = (text, *(f for f in self.filters if f != text))[:MOST_FILTERS]
        self._save()

    def drop_filter(self, text: str) -> None:
        self.filters = tuple(f for f in self.filters if f != text)
        self._save()

    def set_rules(self, rules: tuple[ColourRule, ...]) -> None:
        self.rules = rules
        self._save()

    def set_columns(self, topic: str, paths: tuple[str, ...]) -> None:
        self.columns = {**self.columns, topic: paths}
        if not paths:
            del self.columns[topic]
        self._save()

    def _save(self) -> None:
        rules = [{"text": rule.text, "colour": rule.colour} for rule in self.rules]
        plain = {"filters": self.filters, "rules": rules, "columns": self.columns}
        self._text = orjson.dumps(plain, option=orjson.OPT_INDENT_2).decode()
        self._workspace.act(SaveViews(self._text), self).run()
        self.changed.emit()


def _plain(text: str) -> dict[str, Any]:
    try:
        plain = orjson.loads(text) if text else {}
    except orjson.JSONDecodeError:
        return {}
    return plain if isinstance(plain, dict) else {}


def _listed(plain: dict[str, Any], name: str) -> list[Any]:
    found = plain.get(name)
    return found if isinstance(found, list) else []

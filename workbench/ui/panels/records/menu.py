"""The menu of a record: filter by what stands under the pointer, columns, copy, export, publish again, replay.

``fill`` puts the entries into a menu and calls back; it keeps nothing and knows no panel. GUI thread.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from PySide6.QtCore import QCoreApplication
from PySide6.QtWidgets import QMenu

from workbench.core.capabilities import Capabilities
from workbench.core.records import StoredRecord
from workbench.serde import Decoder
from workbench.serde import shown as shown_value
from workbench.session.fields import MISSING, FieldPath, condition, literal, paths_in
from workbench.ui.models.views import COLOURS
from workbench.ui.theme import icons
from workbench.ui.theme.words import menu_text

MOST_FIELDS = 24
SHOWN = 40


def _tr(text: str) -> str:
    return QCoreApplication.translate("records", text)


class Acts(Protocol):
    """What a menu of records asks for."""

    def filter_by(self, condition: str, how: str) -> None: ...
    def colour_by(self, condition: str, colour: str) -> None: ...
    def add_column(self, path: str) -> None: ...
    def copy(self, what: str) -> None: ...
    def export(self) -> None: ...
    def publish(self) -> None: ...
    def edit(self) -> None: ...
    def replay(self, group: str) -> None: ...


@dataclass(frozen=True, slots=True)
class Question:
    """One thing a record can be asked for: its name in words, and the filter."""

    title: str
    equal: str
    other: str = ""
    path: str = ""


def of_field(record: StoredRecord, path: FieldPath, decoder: Decoder) -> Question | None:
    """The question of a field that the record has."""
    value = path.of(record, decoder)
    if value is MISSING:
        return None
    shown = shown_value(value, SHOWN + 1) or _tr("empty") if isinstance(value, str) else literal(value)
    title = f"{path} = {shown[:SHOWN]}{'…' if len(shown) > SHOWN else ''}"
    return Question(title, condition(path, value), condition(path, value, equal=False), str(path))


def of_cell(record: StoredRecord, column: str, decoder: Decoder) -> Question | None:
    """The question of what stands in a column; None where a cell has none (the value as a whole, its time)."""
    if column in ("partition", "offset"):
        number = record.partition if column == "partition" else record.offset
        return Question(f"{column} = {number}", f"{column} == {number}", f"{column} != {number}")
    if column == "key":
        return of_field(record, FieldPath("key"), decoder)
    return None


def fill(menu: QMenu, record: StoredRecord, asked: Question | None, chosen: int, groups: Sequence[str],
         acts: Acts, decoder: Decoder, can: Capabilities = Capabilities()) -> None:
    """``asked`` is what stands under the pointer, ``chosen`` how many records are selected."""
    fields = [q for path in paths_in(record, decoder)[:MOST_FIELDS]
              if (q := of_field(record, path, decoder)) is not None]
    if asked is not None:
        _filters(menu, asked, acts)
    if fields:
        _each(menu, _tr("Filter by a field"), "filter", fields, lambda q: acts.filter_by(q.equal, ""))
        _each(menu, _tr("Add a column"), "add", fields, lambda q: acts.add_column(q.path))
    if asked is not None or fields:
        _colours(menu, asked or fields[0], acts)
        menu.addSeparator()
    copy = menu.addMenu(icons.icon("copy"), _tr("Copy"))
    for what, text in (("value", _tr("Value")), ("key", _tr("Key")), ("json", _tr("As JSON")), ("place", _tr("Place"))):
        _act(copy, text, lambda what=what: acts.copy(what))
    many = chosen > 1
    _act(menu, _tr("Export these…") if many else _tr("Export…"), acts.export, "export")
    menu.addSeparator()
    again = _act(menu, _tr("Publish these again") if many else _tr("Publish again"), acts.publish, "loop")
    edit = _act(menu, _tr("Edit and send…"), acts.edit, "rename")
    menu.setToolTipsVisible(True)
    for action, sensible in ((again, many or record.has_content), (edit, not many and record.has_content)):
        action.setEnabled(sensible and not can.why_not("produce"))
        action.setToolTip(can.why_not("produce") or action.text())
    replay = menu.addMenu(icons.icon("replay"), _tr("Replay a group from here"))
    replay.setEnabled(bool(groups) and not can.why_not("reset"))
    replay.menuAction().setToolTip(can.why_not("reset") or replay.title())
    for group in groups:
        _act(replay, menu_text(group), lambda group=group: acts.replay(group), "group")


def _filters(menu: QMenu, asked: Question, acts: Acts) -> None:
    sub = menu.addMenu(icons.icon("filter"), menu_text(asked.title))
    ways: tuple[tuple[str, str, str], ...] = (
        (_tr("Filter by this"), asked.equal, ""), (_tr("All but this"), asked.other, ""),
        (_tr("…and this"), asked.equal, "&&"), (_tr("…and not this"), asked.other, "&&"),
        (_tr("…or this"), asked.equal, "||"),
    )
    for text, wanted, how in ways:
        _act(sub, text, lambda wanted=wanted, how=how: acts.filter_by(wanted, how))


def _each(menu: QMenu, title: str, glyph: str, fields: Sequence[Question], do: Callable[[Question], Any]) -> None:
    sub = menu.addMenu(icons.icon(glyph), title)
    for question in fields:
        _act(sub, menu_text(question.title), lambda question=question: do(question))


def _colours(menu: QMenu, asked: Question, acts: Acts) -> None:
    sub = menu.addMenu(icons.icon("records"), _tr("Colour rows like this"))
    names = {"stream": _tr("Blue"), "queue": _tr("Violet"), "producer": _tr("Teal"), "consumer": _tr("Plum"),
             "ok": _tr("Green"), "warn": _tr("Amber")}
    for colour in COLOURS:
        action = _act(sub, names[colour], lambda colour=colour: acts.colour_by(asked.equal, colour))
        action.setIcon(icons.icon("ready", colour))


def _act(menu: QMenu, text: str, do: Callable[[], Any], glyph: str = "") -> Any:
    action = menu.addAction(icons.icon(glyph), text) if glyph else menu.addAction(text)
    action.triggered.connect(lambda *_: do())
    return action

"""The window's commands as the sheet of keys and the command palette show them: words, keys, section. GUI thread."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from PySide6.QtCore import QCoreApplication
from PySide6.QtGui import QAction, QKeySequence

from workbench.ui.window.actions import ActionBook


@dataclass(frozen=True, slots=True)
class Command:
    """``keys`` are all that work, the first one first; ``help`` is empty where the words say it all."""

    section: str
    text: str
    help: str
    keys: tuple[str, ...]
    action: QAction


def commands(book: ActionBook) -> Iterator[Command]:
    """Every action of the book, in its order."""
    sections = section_titles()
    for name, action in book:
        prefix = name.partition(".")[0]
        text = action.text().partition("\t")[0].replace("&", "")
        keys = keys_of_all(action)
        help_text = action.toolTip()
        for shown in keys:
            help_text = help_text.removesuffix(f" ({shown})")
        if help_text.rstrip("….") == text.rstrip("…"):
            help_text = ""
        yield Command(sections.get(prefix, prefix.capitalize()), text, help_text, keys, action)


def keys_of_all(action: QAction) -> tuple[str, ...]:
    """All keys of an action, those that the canvas listens to as well; second keys that few keyboards have (Undo, F14)
    are left out."""
    native = QKeySequence.SequenceFormat.NativeText
    first, *more = [keys.toString(native) for keys in action.shortcuts()] or [""]
    bound = (first, *dict.fromkeys(keys for keys in more if "+" in keys or len(keys) == 1)) if first else ()
    noted = str(action.property("keys") or "")
    return bound or ((noted,) if noted else ())


def section_titles() -> dict[str, str]:
    """Titles of the sections by the first part of an action's name, in the order they are shown."""
    tr = QCoreApplication.translate
    return {
        "file": tr("commands", "File"), "edit": tr("commands", "Edit"), "flow": tr("commands", "Flow"),
        "queue": tr("commands", "Queue"), "add": tr("commands", "Add"), "run": tr("commands", "Run"),
        "replay": tr("commands", "Replay"),
        "view": tr("commands", "View"), "panel": tr("commands", "Panels"), "layout": tr("commands", "Layout"),
        "tools": tr("commands", "Tools"), "sample": tr("commands", "Samples"), "help": tr("commands", "Help"),
    }

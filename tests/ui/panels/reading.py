"""What a panel says and offers, read from its widgets as a screen reader would."""

from __future__ import annotations

import contextlib
import re

from PySide6.QtWidgets import (
    QAbstractButton,
    QAbstractSlider,
    QComboBox,
    QLabel,
    QLineEdit,
    QPlainTextEdit,
    QScrollBar,
    QWidget,
)

_CONTROLS = (QAbstractButton, QLineEdit, QComboBox, QPlainTextEdit, QAbstractSlider)


def words_of(panel: QWidget) -> str:
    """All labels that are shown, as plain text."""
    said = "\n".join(label.text() for label in panel.findChildren(QLabel) if label.isVisible())
    return re.sub(r"<[^>]+>", "", said).replace("\u2060", "")


def button(panel: QWidget, name: str) -> QAbstractButton:
    """The shown button with this accessible name or text."""
    found = [b for b in panel.findChildren(QAbstractButton) if b.isVisible() and name in (b.accessibleName(), b.text())]
    assert found, f"no button «{name}»"
    return found[0]


def nameless(panel: QWidget) -> list[str]:
    """Controls that a screen reader could not name; what Qt adds by itself and what is put away is left out."""
    return [
        f"{type(control).__name__} {control.objectName()}"
        for kind in _CONTROLS
        for control in panel.findChildren(kind)
        if not control.accessibleName() and not isinstance(control, QScrollBar) and not control.isHidden()
        and not control.objectName().startswith("qt_") and not isinstance(control.parent(), (QComboBox, QLineEdit))
        and not (isinstance(control, QAbstractButton) and control.text())
    ]


_AIR = 8  # of a button's padding may be missing before its words are touched


def cut(panel: QWidget) -> list[str]:
    """Buttons and one-line labels that are narrower than their words."""
    found = []
    for button in panel.findChildren(QAbstractButton):
        if button.isVisible() and button.text() and button.width() < button.sizeHint().width() - _AIR:
            found.append(f"button «{button.text()}»: {button.width()} < {button.sizeHint().width()}")
    for label in panel.findChildren(QLabel):
        if label.isVisible() and label.text() and not label.wordWrap() and label.width() < label.sizeHint().width():
            found.append(f"label «{label.text()}»: {label.width()} < {label.sizeHint().width()}")
    return found


def assert_nothing_cut(qtbot, panel: QWidget) -> None:
    """No word is cut once the layout has settled: what was said just now gets its room a moment later."""
    with contextlib.suppress(qtbot.TimeoutError):
        qtbot.waitUntil(lambda: not cut(panel), timeout=2000)
    assert cut(panel) == []

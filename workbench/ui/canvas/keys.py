"""The canvas' keys. Single letters act only here, while the canvas has the focus; chords work without a menu too.

Also keeps which node the keyboard is on: it is selected, and carries the focus ring until the pointer is used.
GUI thread.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

from PySide6.QtCore import QKeyCombination, Qt
from PySide6.QtGui import QKeyEvent, QKeySequence

from workbench.ui.canvas import shapes
from workbench.ui.canvas.gestures.link import KeyLink
from workbench.ui.canvas.surface import Surface
from workbench.ui.canvas.walk import along_link, next_node

Key = Qt.Key
_ARROWS = {Key.Key_Left: (-1, 0), Key.Key_Right: (1, 0), Key.Key_Up: (0, -1), Key.Key_Down: (0, 1)}
_ENTER = (Key.Key_Return, Key.Key_Enter)
_Standard = QKeySequence.StandardKey
_OWN = (*_ARROWS, *_ENTER, Key.Key_Space, Key.Key_Tab, Key.Key_Backtab, Key.Key_L, Key.Key_R, Key.Key_F2)


class CanvasKeys:
    """See the module."""

    def __init__(self, view: Surface) -> None:
        self._view = view
        self._focused: str | None = None
        self._linking: KeyLink | None = None
        self.space_held = False
        self.panned = False
        self.chords = _chords(view)

    # -- the node the keyboard is on -----------------------------------------------------------------------
    def current(self) -> str | None:
        """The drawn node that keys act on: the focused one, or the one selected."""
        chosen = self._view.workspace.selection & self._view.flow.nodes.keys()
        if self._focused in chosen:
            return self._focused
        return next(iter(chosen)) if len(chosen) == 1 else None

    def chosen(self) -> str | None:
        """The node that is chosen, whether or not it is drawn."""
        chosen = self._view.workspace.selection
        return self.current() or (next(iter(chosen)) if len(chosen) == 1 else None)

    def focus(self, node_id: str) -> None:
        """Go to a node: select it, show it, ring it."""
        self.forget_focus()
        self._focused = node_id
        self._view.flow.select_links(())
        self._view.workspace.select({node_id})
        self._view.flow.nodes[node_id].mark(focused=True)
        self._view.show_node(node_id)

    def forget_focus(self) -> None:
        """The pointer took over."""
        item = self._view.flow.nodes.get(self._focused or "")
        if item is not None:
            item.mark(focused=False)
        self._focused = None
        self._stop_linking()

    def _stop_linking(self) -> None:
        linking, self._linking = self._linking, None
        if linking is not None:
            linking.cancel()

    # -- events --------------------------------------------------------------------------------------------
    def wants(self, event: QKeyEvent) -> bool:
        """Whether the canvas takes the key before a shortcut of the window does."""
        if event.key() == Key.Key_Escape:
            return self._linking is not None
        held = event.modifiers() & ~(Qt.KeyboardModifier.ShiftModifier | Qt.KeyboardModifier.KeypadModifier)
        along = held == Qt.KeyboardModifier.ControlModifier and event.key() in _ARROWS
        return along or (not held and event.key() in _OWN)

    def press(self, event: QKeyEvent) -> bool:
        """Act on a key; False when it is none of ours."""
        if self._linking is not None:
            return self._press_linking(event)
        act = self.chords.get(_chord(event))
        if act is not None:
            act()
            return True
        if event.key() in _ARROWS:
            return self._press_arrow(event)
        return self._press_single(event)

    def release(self, event: QKeyEvent) -> bool:
        """Space pans while held; let go without panning it runs or pauses."""
        if event.key() != Key.Key_Space or event.isAutoRepeat():
            return False
        if self.space_held and not self.panned:
            self._view.run_wanted.emit()
        self.let_go()
        return True

    def let_go(self) -> None:
        """No key is held any more."""
        if self.space_held:
            self._view.viewport().unsetCursor()
        self.space_held = self.panned = False

    def _press_arrow(self, event: QKeyEvent) -> bool:
        dx, dy = _ARROWS[Key(event.key())]
        here = self.current()
        if event.modifiers() & Qt.KeyboardModifier.ControlModifier:
            there = along_link(self._view.workspace.document, here, dx, dy) if here else None
            if there:
                self.focus(there)
        else:
            coarse = bool(event.modifiers() & Qt.KeyboardModifier.ShiftModifier)
            step = shapes.COARSE_SNAP if coarse else shapes.SNAP
            self._view.acts.nudge(dx * step, dy * step)
        return True

    def _press_single(self, event: QKeyEvent) -> bool:
        key, here = event.key(), self.current()
        if key == Key.Key_Space:
            if not event.isAutoRepeat():
                self.space_held, self.panned = True, False
                self._view.viewport().setCursor(Qt.CursorShape.OpenHandCursor)
        elif key in (Key.Key_Tab, Key.Key_Backtab):
            return self._press_tab(-1 if key == Key.Key_Backtab else 1)
        elif key == Key.Key_Escape and self._view.workspace.at_ms is not None:
            return False  # it leaves the past
        elif key == Key.Key_Escape and (self._view.workspace.selection or self._view.flow.selected_links):
            self.forget_focus()
            self._view.acts.select_none()
        elif key in _ENTER and (chosen := self.chosen()) is not None:
            self._view.panel_wanted.emit(chosen)
        elif here is not None and key == Key.Key_F2:
            self._view.rename(here)
        elif here is not None and key == Key.Key_L and not event.modifiers():
            self._linking = self._view.start_key_link(here)
        elif key == Key.Key_R and not event.modifiers() and (chosen := self.chosen()) is not None:
            if self._view.flow.is_group(chosen):
                self._view.replay_wanted.emit(chosen)
        else:
            return False
        return True

    def _press_tab(self, by: int) -> bool:
        """The next node; past the last one the focus leaves the canvas, so that nobody is caught in it."""
        document = self._view.workspace.document
        here = self.current()
        there = next_node(document, here, by)
        first_or_last = next_node(document, None, by)
        if there is None or (here is not None and there == first_or_last):
            self.forget_focus()
            return False
        self.focus(there)
        return True

    def _press_linking(self, event: QKeyEvent) -> bool:
        linking = self._linking
        assert linking is not None
        key = event.key()
        if key in _ENTER:
            self._linking = None
            linking.finish()
        elif key in (Key.Key_Escape, Key.Key_L):
            self._stop_linking()
        elif key in (Key.Key_Tab, Key.Key_Down, Key.Key_Right):
            linking.step(1)
        elif key in (Key.Key_Backtab, Key.Key_Up, Key.Key_Left):
            linking.step(-1)
        return True


Chords = dict[str, Callable[[], None]]


def _chords(view: Surface) -> Chords:
    acts, undo_stack = view.acts, view.workspace.undo_stack
    own: Chords = {"Ctrl+=": view.zoom_in, "Ctrl+D": acts.duplicate, "Ctrl+0": view.fit, "Ctrl+1": view.zoom_actual,
                   "Backspace": acts.delete, "Ctrl+Y": undo_stack.redo}
    return resolved(own, (
        (_Standard.Delete, acts.delete), (_Standard.Copy, acts.copy), (_Standard.Cut, acts.cut),
        (_Standard.Paste, acts.paste), (_Standard.SelectAll, acts.select_all), (_Standard.Undo, undo_stack.undo),
        (_Standard.Redo, undo_stack.redo), (_Standard.ZoomIn, view.zoom_in), (_Standard.ZoomOut, view.zoom_out),
    ))


def resolved(own: Chords, standard: Iterable[tuple[QKeySequence.StandardKey, Callable[[], None]]],
             bindings: Callable[[QKeySequence.StandardKey], list[QKeySequence]] = QKeySequence.keyBindings) -> Chords:
    """What each chord does: ours as written, and of the system's those we gave no meaning. A system may have several
    for one act: on X11 Ctrl+D deletes."""
    found = dict(own)
    for key, act in standard:
        for chord in bindings(key):
            found.setdefault(chord.toString(), act)
    return found


def _chord(event: QKeyEvent) -> str:
    held = event.keyCombination().keyboardModifiers() & ~Qt.KeyboardModifier.KeypadModifier
    return QKeySequence(QKeyCombination(held, Qt.Key(event.key()))).toString()

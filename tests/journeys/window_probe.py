"""The window of the workbench, unchanged, with an ear on standard input that says where things are on the screen.

    {"ask": "named", "name": "Run"}            -> {"x": ..., "y": ...} of the control with that accessible name or text
                                                  (a pattern: * and ?)
    {"ask": "canvas", "x": 0.5, "y": 0.5}      -> a place on the canvas, as shares of its width and height
    {"ask": "port", "node": "topic", "side"}   -> the place of a port;  "body" of a node's middle
    {"ask": "state"}                           -> nodes, links, run, lag by group, sent, words of the broker bar

It looks and never acts: what happens is done by the mouse and the keys of the screen.
"""

from __future__ import annotations

import json
import os
import sys
from fnmatch import fnmatchcase
from typing import Any

from PySide6.QtCore import QPoint, QSocketNotifier
from PySide6.QtWidgets import QAbstractButton, QApplication, QTabBar, QWidget

from workbench.ui.app import parse
from workbench.ui.application import Application


class Ear:
    """Answers one line of JSON a line."""

    def __init__(self, application: Application) -> None:
        self._application = application
        self._rest = b""
        self._notifier = QSocketNotifier(0, QSocketNotifier.Type.Read)
        self._notifier.activated.connect(self._read)

    def _read(self, *_: object) -> None:
        data = os.read(0, 65_536)
        if not data:
            self._notifier.setEnabled(False)
            return
        *lines, self._rest = (self._rest + data).split(b"\n")
        for line in lines:
            try:
                answer = self._answer(json.loads(line))
            except LookupError as error:
                answer = {"missing": str(error)}
            print(json.dumps(answer), flush=True)

    def _answer(self, asked: dict[str, Any]) -> dict[str, Any]:
        canvas = self._application.window.canvas
        match asked["ask"]:
            case "named":
                return _named(asked["name"])
            case "canvas":
                width, height = canvas.viewport().width(), canvas.viewport().height()
                return _place(canvas.viewport(), QPoint(int(width * asked["x"]), int(height * asked["y"])))
            case "port" | "body":
                node = next(n for n in canvas.workspace.document.nodes if n.name == asked["node"])
                item = canvas.flow.nodes[node.id]
                at = item.port(asked["side"]) if asked["ask"] == "port" else item.rect.center()
                return _place(canvas.viewport(), canvas.from_scene(at).toPoint())
        return self._state()

    def _state(self) -> dict[str, Any]:
        window = self._application.window
        workspace, live = window.workspace, window.workspace.live
        document = workspace.document
        return {
            "nodes": sorted(node.name for node in document.nodes),
            "links": sorted((document.node(li.source).name, document.node(li.target).name) for li in document.links),
            "run": live.run.value, "connected": workspace.connected, "said": window.host_bar.text,
            "lag": {group.name: group.lag_records for group in live.groups},
            "end": {topic.name: sum(p.end for p in topic.partitions) for topic in live.topics},
            "width": window.width(), "shown": window.canvas.isVisible(),
        }


def _place(widget: QWidget, at: QPoint) -> dict[str, Any]:
    there = widget.mapToGlobal(at)
    return {"x": there.x(), "y": there.y()}


def _named(name: str) -> dict[str, Any]:
    for widget in QApplication.allWidgets():
        if not widget.isVisible():
            continue
        if isinstance(widget, QTabBar):
            for index in range(widget.count()):
                if widget.tabText(index).split("  ")[0] == name:
                    return _place(widget, widget.tabRect(index).center())
        text = widget.text() if isinstance(widget, QAbstractButton) else ""
        if any(fnmatchcase(said, name) for said in (widget.accessibleName(), text) if said):
            return _place(widget, widget.rect().center())
    raise LookupError(f"nothing shown is called «{name}»")


def main() -> int:
    application = Application(parse(sys.argv[1:]))
    ear = Ear(application)
    status = application.exec()
    del ear
    return status


if __name__ == "__main__":
    raise SystemExit(main())

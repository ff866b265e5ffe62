"""What a window asks its host to be told in detail: what its regions show, and no more."""

from __future__ import annotations

from dataclasses import replace

from tests.ui.stage import orders_document, orders_snapshot
from workbench.control.messages import Push, Want
from workbench.core.wanted import Wanted
from workbench.flow.kinds import TOPICS


def wanted(caller) -> Wanted:
    return caller.of(Want)[-1].wanted


def test_what_is_drawn_is_told_in_detail(open_window, caller, qtbot):
    open_window()
    drawn = {node.name for node in orders_document().of_kind(*TOPICS)}
    qtbot.waitUntil(lambda: bool(caller.of(Want)) and drawn <= set(wanted(caller).topics))
    assert wanted(caller).events == (), "no panel is open that shows events"


def test_the_last_events_of_a_part_while_its_panel_is_open(open_window, caller, qtbot):
    window = open_window()
    node = next(node for node in orders_document().of_kind("group") if node.name == "shipping")
    window.own_panels.open(node.id)
    qtbot.waitUntil(lambda: bool(caller.of(Want)) and "shipping" in wanted(caller).events)
    window.own_panels.close_all()
    window.workspace._take_push(Push(snapshot=replace(orders_snapshot(), seq=2)))
    qtbot.waitUntil(lambda: "shipping" not in wanted(caller).events)

"""Serving clients from the window: the button says what is, the popover does it and names what went wrong."""

from __future__ import annotations

from dataclasses import replace
from types import SimpleNamespace
from typing import Any
from urllib.parse import quote

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtTest import QTest

from tests.ui.panels.reading import assert_nothing_cut, button, nameless
from tests.ui.stage import StageCaller, orders_snapshot
from workbench.control.messages import Listen, Push, PutUser, RemoveUser, Status
from workbench.core.changes import Changes
from workbench.core.errors import Refused
from workbench.ui.panels.clients.popover import ClientsPopover, of_this_machine
from workbench.ui.window.clients_box import serve_again


def serve(window, kafka: str | None) -> None:
    live = orders_snapshot()
    host = replace(live.host, listeners={"kafka": kafka} if kafka else {})
    window.workspace._take_push(Push(snapshot=replace(live, host=host)))


def row(popover: ClientsPopover, protocol: str = "kafka"):
    return popover.rows[protocol]


@pytest.fixture
def popover(window) -> ClientsPopover:
    serve(window, None)
    window.topbar.clients.click()
    return window.findChild(ClientsPopover)


def test_the_button_says_whether_and_where_clients_are_served(window):
    assert window.topbar.clients.text_shown() == "Clients  127.0.0.1:9092 · 2 connected"
    serve(window, None)
    assert window.topbar.clients.text_shown() == "Clients off"
    assert window.topbar.clients.accessibleName() == "Clients off"


def test_serving_asks_the_host_and_is_remembered_for_the_file(qtbot, window, popover, caller, settings):
    assert nameless(popover) == []
    row(popover).address.setText("127.0.0.1:0")
    row(popover).act.click()
    qtbot.waitUntil(lambda: settings.listeners(window.workspace.path) == {"kafka": "127.0.0.1:0"})
    assert caller.of(Listen) == [Listen("kafka", "127.0.0.1:0")]
    serve(window, "127.0.0.1:40123")
    assert row(popover).setting() == "bootstrap.servers=127.0.0.1:40123"
    row(popover).copy.click()
    assert QGuiApplication.clipboard().text() == "bootstrap.servers=127.0.0.1:40123"
    assert_nothing_cut(qtbot, popover)
    row(popover).act.click()
    qtbot.waitUntil(lambda: settings.listeners(window.workspace.path) == {})
    assert caller.of(Listen)[-1].address is None


def test_an_address_others_reach_needs_a_choice_and_is_not_served_again_by_itself(
    qtbot, window, popover, caller, settings
):
    row(popover).address.setText("0.0.0.0:9092")
    assert popover.risk.isVisible() and not row(popover).act.isEnabled()
    popover.allow.setChecked(True)
    popover.users.user.setText("ann")
    popover.users.password.setText("secret")
    row(popover).act.click()
    qtbot.waitUntil(lambda: bool(caller.of(Listen)))
    assert caller.of(PutUser) == [PutUser("ann", "secret")]
    assert caller.of(Listen) == [Listen("kafka", "0.0.0.0:9092", allow_remote=True, users=True)]
    qtbot.wait(50)
    assert settings.listeners(window.workspace.path) == {}


def test_users_are_listed_added_and_removed(qtbot, window, popover, caller):
    assert popover.users.isHidden(), "nobody is known, and nobody from outside gets in"
    row(popover).address.setText("0.0.0.0:9092")
    popover.users.user.setText("ann")
    popover.users.password.setText("secret")
    popover.users.add.click()
    qtbot.waitUntil(lambda: popover.users.names == ("ann",))
    assert popover.users.password.text() == "" and popover.ask.isChecked()
    assert nameless(popover) == []
    assert_nothing_cut(qtbot, popover)
    popover.allow.setChecked(True)
    row(popover).act.click()
    qtbot.waitUntil(lambda: bool(caller.of(Listen)))
    assert caller.of(Listen) == [Listen("kafka", "0.0.0.0:9092", allow_remote=True, users=True)]
    row(popover).address.setText("127.0.0.1:9092")
    assert popover.users.isVisible(), "who is known can be removed at any time"
    button(popover, "Remove ann").click()
    qtbot.waitUntil(lambda: popover.users.names == ())
    assert caller.of(RemoveUser) == [RemoveUser("ann")]
    assert popover.users.isHidden()


def test_what_went_wrong_stands_in_the_popover(qtbot, window, popover, caller: StageCaller, monkeypatch):
    def refuse(command: Any) -> Any:
        raise Refused("The port is taken.", "Choose another.")

    monkeypatch.setattr(caller, "call", refuse)
    row(popover).act.click()
    qtbot.waitUntil(lambda: popover.refused.isVisible())
    assert "The port is taken." in popover.refused.words.text()


def test_the_popover_closes_by_esc_and_by_its_button(qtbot, window, popover):
    QTest.keyClick(popover, Qt.Key.Key_Escape)
    qtbot.waitUntil(lambda: window.findChild(ClientsPopover) is None)
    window.actions_book["tools.clients"].trigger()
    assert window.findChild(ClientsPopover) is not None
    window.actions_book["tools.clients"].trigger()
    qtbot.waitUntil(lambda: window.findChild(ClientsPopover) is None)


def test_the_inspector_offers_it_while_nothing_is_selected(window):
    serve(window, None)
    window.workspace.select(())
    window.inspector.refresh()
    button(window.inspector, "Serve clients").click()
    assert window.findChild(ClientsPopover) is not None


@pytest.mark.parametrize("already", [None, "127.0.0.1:1"])
def test_a_file_is_served_again_unless_its_host_does_already(qtbot, window, caller, settings, monkeypatch, already):
    asked: list[Any] = []

    def answer(command: Any) -> Any:
        asked.append(command)
        return SimpleNamespace(listeners={"kafka": already} if already else {})

    settings.set_listener(window.workspace.path, "kafka", "127.0.0.1:9092")
    monkeypatch.setattr(caller, "call", answer)
    serve_again(window.workspace, settings)
    wanted = [Status()] if already else [Status(), Listen("kafka", "127.0.0.1:9092")]
    qtbot.waitUntil(lambda: asked == wanted)


def test_only_loopback_addresses_count_as_this_machine():
    assert all(of_this_machine(a) for a in ("127.0.0.1:9092", "[::1]:0", "localhost:1", ":9092"))
    assert not any(of_this_machine(a) for a in ("0.0.0.0:9092", "192.168.1.2:9092", "[::]:9092", "example.org:1"))


def test_a_line_a_protocol_with_its_own_address_and_clients(qtbot, window, popover, caller, settings):
    live = orders_snapshot()
    host = replace(live.host, listeners={"kafka": "127.0.0.1:9092", "registry": "http://127.0.0.1:8099"})
    window.workspace._take_push(Push(snapshot=replace(live, host=host)))
    assert (row(popover).here.text(), row(popover, "registry").here.text()) == ("2 clients", "0 clients")
    assert row(popover, "registry").setting() == "schema.registry.url=http://127.0.0.1:8099"
    assert row(popover, "registry").address.text() == "127.0.0.1:8099"
    assert window.topbar.clients.text_shown() == "Clients  2 protocols · 2 connected"
    assert "Schema Registry clients connect to http://127.0.0.1:8099" in window.topbar.clients.toolTip()
    assert_nothing_cut(qtbot, popover)
    row(popover, "registry").address.setText("127.0.0.1:8082")
    assert row(popover, "registry").act.text() == "Serve here"
    row(popover, "registry").act.click()
    qtbot.waitUntil(lambda: settings.listeners(window.workspace.path) == {"registry": "127.0.0.1:8082"})
    assert caller.of(Listen)[-1] == Listen("registry", "127.0.0.1:8082")


def test_what_a_version_with_kafka_alone_remembered_is_read_once(window, settings):
    path = window.workspace.path
    settings._store.setValue(f"kafka/{quote(str(path), safe='')}", "127.0.0.1:9093")
    assert settings.listeners(path) == {"kafka": "127.0.0.1:9093"}
    settings.set_listener(path, "kafka", "")
    assert settings.listeners(path) == {}


def test_what_is_served_can_be_stopped_also_while_an_address_for_others_stands_there(qtbot, window, popover, caller):
    serve(window, "127.0.0.1:9092")
    row(popover).address.setText("0.0.0.0:9092")
    assert row(popover).act.text() == "Stop" and row(popover).act.isEnabled()
    popover.allow.setChecked(True)
    assert row(popover).act.text() == "Serve here"
    popover.allow.setChecked(False)
    row(popover).act.click()
    qtbot.waitUntil(lambda: caller.of(Listen) == [Listen("kafka", None)])


def test_a_user_who_was_made_elsewhere_is_listed(qtbot, window, popover, caller):
    caller.users = ("elsewhere",)
    window.workspace._take_push(Push(changes=Changes.USERS.value))
    qtbot.waitUntil(lambda: popover.users.names == ("elsewhere",))

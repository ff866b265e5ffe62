"""Serving Kafka clients from the window: the button says what is, the popover does it and names what went wrong."""

from __future__ import annotations

from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtTest import QTest

from tests.ui.panels.reading import assert_nothing_cut, button, nameless
from tests.ui.stage import StageCaller, orders_snapshot
from workbench.control.messages import Listen, Push, PutUser, RemoveUser, Status
from workbench.core.errors import Refused
from workbench.ui.panels.kafka_popover import KafkaPopover, of_this_machine
from workbench.ui.window.kafka_box import serve_again


def serve(window, kafka: str | None) -> None:
    live = orders_snapshot()
    host = replace(live.host, listeners={"kafka": kafka} if kafka else {})
    window.workspace._take_push(Push(snapshot=replace(live, host=host)))


@pytest.fixture
def popover(window) -> KafkaPopover:
    serve(window, None)
    window.topbar.kafka.click()
    return window.findChild(KafkaPopover)


def test_the_button_says_whether_and_where_clients_are_served(window):
    assert window.topbar.kafka.text_shown() == "Kafka  127.0.0.1:9092 · 2 clients"
    serve(window, None)
    assert window.topbar.kafka.text_shown() == "Kafka off"
    assert window.topbar.kafka.accessibleName() == "Kafka off"


def test_serving_asks_the_host_and_is_remembered_for_the_file(qtbot, window, popover, caller, settings):
    assert nameless(popover) == []
    popover.address.setText("127.0.0.1:0")
    popover.start.click()
    qtbot.waitUntil(lambda: settings.kafka_address(window.workspace.path) == "127.0.0.1:0")
    assert caller.of(Listen) == [Listen("kafka", "127.0.0.1:0")]
    serve(window, "127.0.0.1:40123")
    assert popover.bootstrap.text() == "bootstrap.servers=127.0.0.1:40123"
    popover.copy.click()
    assert QGuiApplication.clipboard().text() == "bootstrap.servers=127.0.0.1:40123"
    assert_nothing_cut(qtbot, popover)
    popover.stop.click()
    qtbot.waitUntil(lambda: settings.kafka_address(window.workspace.path) == "")
    assert caller.of(Listen)[-1].address is None


def test_an_address_others_reach_needs_a_choice_and_is_not_served_again_by_itself(
    qtbot, window, popover, caller, settings
):
    popover.address.setText("0.0.0.0:9092")
    assert popover.risk.isVisible() and not popover.start.isEnabled()
    popover.allow.setChecked(True)
    popover.users.user.setText("ann")
    popover.users.password.setText("secret")
    popover.start.click()
    qtbot.waitUntil(lambda: bool(caller.of(Listen)))
    assert caller.of(PutUser) == [PutUser("ann", "secret")]
    assert caller.of(Listen) == [Listen("kafka", "0.0.0.0:9092", allow_remote=True, users=True)]
    qtbot.wait(50)
    assert settings.kafka_address(window.workspace.path) == ""


def test_users_are_listed_added_and_removed(qtbot, window, popover, caller):
    assert popover.users.isHidden(), "nobody is known, and nobody from outside gets in"
    popover.address.setText("0.0.0.0:9092")
    popover.users.user.setText("ann")
    popover.users.password.setText("secret")
    popover.users.add.click()
    qtbot.waitUntil(lambda: popover.users.names == ("ann",))
    assert popover.users.password.text() == "" and popover.ask.isChecked()
    assert nameless(popover) == []
    assert_nothing_cut(qtbot, popover)
    popover.allow.setChecked(True)
    popover.start.click()
    qtbot.waitUntil(lambda: bool(caller.of(Listen)))
    assert caller.of(Listen) == [Listen("kafka", "0.0.0.0:9092", allow_remote=True, users=True)]
    popover.address.setText("127.0.0.1:9092")
    assert popover.users.isVisible(), "who is known can be removed at any time"
    button(popover, "Remove ann").click()
    qtbot.waitUntil(lambda: popover.users.names == ())
    assert caller.of(RemoveUser) == [RemoveUser("ann")]
    assert popover.users.isHidden()


def test_what_went_wrong_stands_in_the_popover(qtbot, window, popover, caller: StageCaller, monkeypatch):
    def refuse(command: Any) -> Any:
        raise Refused("The port is taken.", "Choose another.")

    monkeypatch.setattr(caller, "call", refuse)
    popover.start.click()
    qtbot.waitUntil(lambda: popover.refused.isVisible())
    assert "The port is taken." in popover.refused.words.text()


def test_the_popover_closes_by_esc_and_by_its_button(qtbot, window, popover):
    QTest.keyClick(popover, Qt.Key.Key_Escape)
    qtbot.waitUntil(lambda: window.findChild(KafkaPopover) is None)
    window.actions_book["tools.kafka"].trigger()
    assert window.findChild(KafkaPopover) is not None
    window.actions_book["tools.kafka"].trigger()
    qtbot.waitUntil(lambda: window.findChild(KafkaPopover) is None)


def test_the_inspector_offers_it_while_nothing_is_selected(window):
    serve(window, None)
    window.workspace.select(())
    window.inspector.refresh()
    button(window.inspector, "Serve Kafka clients").click()
    assert window.findChild(KafkaPopover) is not None


@pytest.mark.parametrize("already", [None, "127.0.0.1:1"])
def test_a_file_is_served_again_unless_its_host_does_already(qtbot, window, caller, settings, monkeypatch, already):
    asked: list[Any] = []

    def answer(command: Any) -> Any:
        asked.append(command)
        return SimpleNamespace(listeners={"kafka": already} if already else {})

    settings.set_kafka_address(window.workspace.path, "127.0.0.1:9092")
    monkeypatch.setattr(caller, "call", answer)
    serve_again(window.workspace, settings)
    wanted = [Status()] if already else [Status(), Listen("kafka", "127.0.0.1:9092")]
    qtbot.waitUntil(lambda: asked == wanted)


def test_only_loopback_addresses_count_as_this_machine():
    assert all(of_this_machine(a) for a in ("127.0.0.1:9092", "[::1]:0", "localhost:1", ":9092"))
    assert not any(of_this_machine(a) for a in ("0.0.0.0:9092", "192.168.1.2:9092", "[::]:9092", "example.org:1"))

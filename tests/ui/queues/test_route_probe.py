"""Where would this key go: asked of a real host, for a key and for headers, and nothing is sent by it."""

from __future__ import annotations

import pytest

from workbench.broker import Broker
from workbench.control.exchanges import Bind, DeclareExchange
from workbench.core.routing import Binding, Exchange, ExchangeType
from workbench.host import LocalHost
from workbench.ui.bridge.operation import wait_for_work
from workbench.ui.bridge.workspace import Workspace
from workbench.ui.panels.inspector.route_probe import RouteProbe, read_headers


@pytest.fixture
def probe(qtbot, tmp_path):
    path = tmp_path / "a.flow"
    with Broker.create(path) as broker:
        for name in ("invoices", "parcels", "audit"):
            broker.create_topic(name, 1, kind="queue")
    workspace = Workspace(path, LocalHost(path))
    workspace.call(DeclareExchange(Exchange("shop", ExchangeType.TOPIC)))
    workspace.call(DeclareExchange(Exchange("tags", ExchangeType.HEADERS)))
    for exchange, queue, key, arguments in (("shop", "invoices", "order.*.paid", ()), ("shop", "audit", "order.#", ()),
                                            ("tags", "parcels", "", (("region", "eu"),))):
        workspace.call(Bind(Binding(exchange, queue, key, arguments=arguments)))
    made = RouteProbe(workspace)
    qtbot.addWidget(made)
    made.show()
    yield made
    wait_for_work()
    workspace.close()


def asked(qtbot, probe: RouteProbe, text: str) -> str:
    probe.answer.setText("")
    probe.key.setText(text)
    probe.ask()
    qtbot.waitUntil(lambda: bool(probe.answer.text()))
    return probe.answer.text()


def test_a_key_is_told_its_queues(qtbot, probe):
    probe.show_exchange("shop", "topic")
    assert sorted(asked(qtbot, probe, "order.de.paid")[3:-1].split(", ")) == ["audit", "invoices"]
    assert asked(qtbot, probe, "order.de") == "To audit."
    assert asked(qtbot, probe, "refund") == "To no queue: no binding takes it."
    assert probe.answer.property("tone") == "warn"


def test_headers_are_asked_for_where_they_decide(qtbot, probe):
    probe.show_exchange("tags", "headers")
    assert probe.title.text() == "Where would these headers go?"
    assert asked(qtbot, probe, "region=eu, kind=order") == "To parcels."
    assert read_headers("a=1, b") == (("a", b"1"), ("b", None))


def test_an_exchange_that_is_not_there_is_a_sentence(qtbot, probe):
    probe.show_exchange("nowhere", "direct")
    assert "nowhere" in asked(qtbot, probe, "k")
    assert probe.answer.property("tone") == "bad"

"""Takes away what was drawn of exchanges and bindings and is drawn no more; what is new is made when the flow follows,
but for exchanges that a queue may name for its dead letters: those are made before the queues change.

An exchange keeps nothing, so it goes with its node: whoever undoes that gets the same one back. What was declared
elsewhere stays as it is.
"""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace
from itertools import chain

from workbench.broker import Broker
from workbench.core.errors import NotFound, WorkbenchError
from workbench.core.routing import Binding, Exchange
from workbench.runtime import FlowPlan


def declare_drawn(broker: Broker, after: FlowPlan) -> None:
    """Make exchanges that are not there; what can't be made says so when the flow follows."""
    for exchange in after.exchanges.values():
        with suppress(WorkbenchError):
            broker.exchanges.declare(exchange)


def alter_routes(broker: Broker, before: FlowPlan, after: FlowPlan, aside: dict[str, list[Binding]]) -> list[str]:
    """Delete, alter, unbind; gives what could not be done, as sentences. Bindings that were made elsewhere are set
    ``aside`` with the exchange that goes, and come back with it, so that an undo brings all of it back."""
    said: list[str] = []
    _carry_bindings(broker, before, after)
    _set_aside(broker, before, after, aside)
    wanted = {exchange.name: exchange for exchange in after.exchanges.values()}
    kept = {exchange.name for exchange in before.exchanges.values() if _keep(broker, exchange, wanted, said)}
    drawn, drawn_still = (set(chain.from_iterable(plan.bindings.values())) for plan in (before, after))
    for binding in drawn - drawn_still:
        if binding.exchange in kept:
            _unbind(broker, binding, said)
    return said


def _set_aside(broker: Broker, before: FlowPlan, after: FlowPlan, aside: dict[str, list[Binding]]) -> None:
    drawn = set(chain.from_iterable(before.bindings.values()))
    wanted = {exchange.name for exchange in after.exchanges.values()}
    for exchange in before.exchanges.values():
        if exchange.name not in wanted:
            own = [binding for binding in broker.exchanges.bindings() if binding not in drawn and exchange.name in (
                binding.exchange, binding.destination if binding.to_exchange else binding.exchange)]
            aside[exchange.name] = own
    for name in wanted & aside.keys():
        for binding in aside.pop(name):
            with suppress(WorkbenchError):  # what it led to has gone since
                broker.exchanges.bind(binding)


def _carry_bindings(broker: Broker, before: FlowPlan, after: FlowPlan) -> None:
    """An exchange with another name keeps the bindings that were made elsewhere; drawn ones are made anew."""
    drawn = set(chain.from_iterable(before.bindings.values()))
    for node_id, old in before.exchanges.items():
        new = after.exchanges.get(node_id)
        if new is None or new.name == old.name:
            continue
        for binding in broker.exchanges.bindings():
            if binding in drawn:
                continue
            moved = replace(binding, exchange=new.name) if binding.exchange == old.name else binding
            if binding.to_exchange and binding.destination == old.name:
                moved = replace(moved, destination=new.name)
            if moved != binding:
                with suppress(WorkbenchError):
                    broker.exchanges.bind(moved)


def _keep(broker: Broker, known: Exchange, wanted: dict[str, Exchange], said: list[str]) -> bool:
    """Whether the exchange stays; one that changes its type goes, and is made anew with its bindings."""
    new = wanted.get(known.name)
    stays = new is not None and new.type is known.type
    try:
        if new is None or not stays:
            broker.exchanges.delete(known.name)
        elif new != known:
            broker.exchanges.alter(new)
    except NotFound:
        return False
    except WorkbenchError as error:
        said.append(error.sentence())
    return stays


def _unbind(broker: Broker, binding: Binding, said: list[str]) -> None:
    try:
        broker.exchanges.unbind(binding)
    except NotFound:
        return  # its queue was deleted, or somebody unbound it
    except WorkbenchError as error:
        said.append(error.sentence())

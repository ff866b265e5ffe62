"""A reset of a group of the running flow that can't be done leaves the group at work."""

from __future__ import annotations

import pytest

from workbench.broker import Broker
from workbench.control import messages as m
from workbench.core.errors import Refused
from workbench.core.offsets import ResetSpec
from workbench.flow import codec
from workbench.flow.document import FlowDocument, Link, Node
from workbench.host import LocalHost


def test_members_join_again_after_a_reset_that_failed(host: LocalHost, watch, monkeypatch: pytest.MonkeyPatch):
    nodes = [Node("t", "topic", "orders"), Node("p", "producer", "shop", params={"rate": 200.0}),
             Node("g", "group", "billing", params={"members": 2})]
    host.call(m.SaveFlow(codec.dumps(FlowDocument(nodes, [Link("l1", "p", "t"), Link("l2", "t", "g")]))))
    pushes = watch(host)
    host.call(m.Subscribe(20))
    host.call(m.Run())

    def handled(push: m.Push) -> int:
        group = push.snapshot.group("billing") if push.snapshot is not None else None
        return sum(member.handled for member in group.members) if group is not None and len(group.members) == 2 else 0

    def fail(*_: object, **__: object) -> None:
        raise Refused("The disk is full.", "Free some space.")

    pushes.wait_for(lambda push: handled(push) > 0)
    monkeypatch.setattr(Broker, "apply_reset", fail)
    with pytest.raises(Refused, match="disk is full"):
        host.call(m.ApplyReset("billing", ResetSpec("earliest"), "orders", pause_members=True))
    seen = len(pushes.seen)
    before = handled(pushes.seen[-1])
    pushes.seen = pushes.seen[seen:]
    pushes.wait_for(lambda push: handled(push) > before)

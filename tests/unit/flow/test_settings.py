"""Typed settings: a field for every parameter of every kind, made once and checked where the drawing is read."""

from __future__ import annotations

from dataclasses import fields

import pytest

from workbench.core.errors import Invalid
from workbench.flow.document import Node
from workbench.flow.kinds import KINDS
from workbench.flow.settings import (
    PARAM_OF,
    SETTINGS,
    ConsumingSettings,
    FileSettings,
    ProducerSettings,
    SendingSettings,
    StoreSettings,
    settings_of,
    settings_or_reason,
    shown_settings,
)

TYPES = {"int": int, "float": float, "bool": bool}


@pytest.mark.parametrize("kind", KINDS.values(), ids=KINDS)
def test_every_parameter_is_a_field_of_its_type(kind):
    if not kind.params:
        assert kind.name not in SETTINGS
        return
    made = shown_settings(Node("n", kind.name, "n"), SETTINGS[kind.name])
    named = {PARAM_OF.get(one.name, one.name): getattr(made, one.name) for one in fields(made)}
    assert sorted(named) == sorted(param.name for param in kind.params)
    for param in kind.params:
        assert named[param.name] == param.default
        assert type(named[param.name]) is TYPES.get(param.type, str)


def test_what_the_drawing_says_is_read_by_fields():
    node = Node("p", "producer", "shop", params={"rate": 7, "linger_ms": 3, "partitioner": "sticky"})
    made = settings_of(node, ProducerSettings)
    assert (made.rate_per_s, made.linger_ms, made.partitioner, made.batch_bytes) == (7.0, 3.0, "sticky", 16_384)
    assert settings_of(node, SendingSettings) == made
    assert settings_of(Node("s", "store", "s", params={"capacity": 5}), StoreSettings).capacity_per_s == 5.0


def test_what_cannot_be_taken_is_refused_where_it_is_read_and_shown_at_its_default():
    node = Node("g", "group", "billing", params={"members": -1, "process_ms": 4})
    with pytest.raises(Invalid, match="Members"):
        settings_of(node, ConsumingSettings)
    shown = shown_settings(node, ConsumingSettings)
    assert (shown.members, shown.process_ms) == (1, 4.0)
    settings, reason = settings_or_reason(node, ConsumingSettings)
    assert (settings.process_ms, "Members" in reason) == (0.0, True)
    with pytest.raises(Invalid, match="no setting «speedy»"):
        settings_of(Node("p", "producer", "p", params={"speedy": 1}), ProducerSettings)


def test_a_kind_has_its_own_settings_only():
    with pytest.raises(TypeError, match="FileSettings"):
        settings_of(Node("p", "producer", "shop"), FileSettings)


def test_only_what_a_member_joins_with_makes_it_join_again():
    def of(**params) -> ConsumingSettings:
        return settings_of(Node("g", "group", "g", params=params), ConsumingSettings)

    assert of(process_ms=5, members=4).joining() == of().joining() != of(session_timeout_ms=300).joining()
    assert of(max_retries=5).joining() == of().joining()
    assert of(max_retries=5).leasing() != of().leasing() == of(session_timeout_ms=300).leasing()

"""The table of profiles, on its own: it is whole, its refusals read as sentences, its page is up to date."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from workbench.broker.profiles.page import page
from workbench.broker.profiles.table import (
    PROFILE,
    Act,
    Level,
    Profile,
    Rule,
    check_act,
    check_settings,
    profile,
    profile_defaults,
    profiles,
)
from workbench.broker.queues.settings import PROFILES, QUEUE_DEFAULTS, check_setting
from workbench.broker.topics import DEFAULTS as TOPIC_DEFAULTS
from workbench.core.errors import Invalid, NotFound, Unsupported

ROOT = Path(__file__).parents[4]
NAMES = [each.name for each in profiles()]
RULES = [pytest.param(each, rule, id=f"{each.name} {rule.setting or rule.act} {number}")
         for each in profiles() for number, rule in enumerate(each.rules)]


def settings_of(name: str, **config: str) -> dict[str, str]:
    """Whole settings of a queue with the profile; keywords are settings with _ for the dot after queue."""
    set_ = {PROFILE: name} | {key.replace("_", ".", 1): value for key, value in config.items()}
    return {**TOPIC_DEFAULTS, **QUEUE_DEFAULTS, **profile_defaults(set_), **set_}


def breaking(rule: Rule) -> str:
    """A value that the rule does not allow."""
    if rule.high is not None:
        return str(rule.high + 1)
    if rule.low is not None:
        return str(rule.low - 1)
    choices = ("exclusive", "shared", "key_shared", "true", "dead", "CreateTime", "7")
    fitting = {"queue.type": choices[:3], "queue.ordered.groups": ("true",), "queue.dead.letter": ("dead",),
               "message.timestamp.type": ("CreateTime",)}.get(rule.setting, ("7",))
    return next(choice for choice in fitting if choice not in rule.only)


# -- the table is whole --------------------------------------------------------------------------------------
def test_there_are_the_six_profiles_that_a_queue_can_name():
    assert NAMES == ["kafka", "pulsar", "kinesis", "rabbitmq", "activemq", "sqs"]
    assert set(NAMES) == set(PROFILES) - {""}
    with pytest.raises(NotFound, match="There is no profile ibm"):
        profile("ibm")


@pytest.mark.parametrize("each", profiles(), ids=NAMES)
def test_every_profile_speaks_of_every_feature_and_name(each: Profile):
    first = profiles()[0]
    assert list(each.features) == list(first.features)
    assert list(each.names) == list(first.names)
    for feature in each.features.values():
        assert feature.text.endswith(".") and feature.text[0] != " ", feature
        assert len(feature.text) > 12, feature


@pytest.mark.parametrize("each", profiles(), ids=NAMES)
def test_an_approximation_says_how(each: Profile):
    for feature in each.features.values():
        if feature.level is not Level.MODELLED:
            assert len(feature.text.split()) >= 5, f"{feature.name}: «{feature.text}» does not say the difference"
        assert not (feature.lacks and feature.level is not Level.MODELLED)


@pytest.mark.parametrize("each", profiles(), ids=NAMES)
def test_settings_are_known_ones_and_defaults_keep_the_rules(each: Profile):
    known = {**TOPIC_DEFAULTS, **QUEUE_DEFAULTS}
    named = [*each.defaults, *(rule.setting for rule in each.rules if rule.setting),
             *(key for rule in each.rules for key, _ in rule.when)]
    assert set(named) <= set(known)
    for key, value in each.defaults.items():
        if key in QUEUE_DEFAULTS:
            assert check_setting(key, value) == value
    each.check_settings(settings_of(each.name))
    for when, _ in each.conditional:
        chosen = {key: values[0] for key, values in when.items()}
        each.check_settings(settings_of(each.name, **chosen))


def test_sources_are_pages_that_can_be_opened():
    for each in profiles():
        for entry in (*each.rules, *each.features.values()):
            for source in entry.sources:
                assert source.url.startswith("https://") and source.title


@pytest.mark.parametrize("name", ["kafka", "rabbitmq", "sqs"])
def test_limits_that_people_rely_on_were_looked_up(name: str):
    limits = [rule for rule in profile(name).rules if rule.low is not None or (rule.high or 0) > 0]
    unchecked = [rule.say for rule in limits if not rule.sources]
    assert len(unchecked) <= 1, unchecked


# -- refusals ------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(("each", "rule"), RULES)
def test_a_refusal_is_a_sentence_about_the_system(each: Profile, rule: Rule):
    assert rule.say[0].isupper() and rule.say.endswith(".")
    assert rule.next_step[0].isupper() and rule.next_step.endswith(".")
    words = (each.title.split()[-1], each.title.split()[1] if " " in each.title else each.title, "JMS")
    assert any(word in rule.say for word in words), f"«{rule.say}» does not name {each.title}"
    assert bool(rule.setting) != (rule.act is not None)


@pytest.mark.parametrize(("each", "rule"), [param for param in RULES if param.values[1].setting])
def test_a_setting_against_the_rule_is_refused_in_its_words(each: Profile, rule: Rule):
    chosen = {key: values[0] for key, values in rule.when}
    settings = settings_of(each.name, **chosen) | {rule.setting: breaking(rule)}
    with pytest.raises(Invalid) as refused:
        check_settings(settings)
    said = [other.say for other in each.rules if other.setting == rule.setting]
    assert any(refused.value.message.endswith(say) for say in said)
    assert rule.setting in refused.value.message
    check_settings(settings | {PROFILE: ""})


@pytest.mark.parametrize(("each", "rule"), [param for param in RULES if param.values[1].act])
def test_an_act_against_the_rule_is_refused_in_its_words(each: Profile, rule: Rule):
    chosen = {key: values[0] for key, values in rule.when}
    settings = settings_of(each.name, **chosen)
    with pytest.raises(Unsupported) as refused:
        check_act(rule.act, settings, (rule.high or 0) + 1)
    assert refused.value.message == rule.say
    if rule.high is not None:
        check_act(rule.act, settings, rule.high)
    check_act(rule.act, settings | {PROFILE: ""}, (rule.high or 0) + 1)


def test_cumulative_acks_depend_on_the_subscription_type():
    for kind in ("exclusive", "failover"):
        check_act(Act.ACK_MULTIPLE, settings_of("pulsar", queue_type=kind))
    for kind in ("shared", "key_shared"):
        with pytest.raises(Unsupported, match="cumulatively only in Exclusive and Failover"):
            check_act(Act.ACK_MULTIPLE, settings_of("pulsar", queue_type=kind))


# -- defaults ------------------------------------------------------------------------------------------------
def test_what_is_set_goes_over_the_profile_and_the_profile_over_our_own():
    assert settings_of("rabbitmq")["queue.visibility.ms"] == "1800000"
    assert settings_of("rabbitmq", **{"queue.visibility.ms": "60000"})["queue.visibility.ms"] == "60000"
    assert settings_of("")["queue.visibility.ms"] == "30000"
    assert profile_defaults({}) == {}


def test_ordered_groups_make_an_sqs_queue_a_fifo_queue():
    assert settings_of("sqs")["queue.dedup.ms"] == "0"
    assert settings_of("sqs", **{"queue.ordered.groups": "true"})["queue.dedup.ms"] == "300000"


def test_no_queue_is_its_own_dead_letter_queue_by_default():
    config = {PROFILE: "activemq"}
    assert profile_defaults(config, "orders")["queue.dead.letter"] == "ActiveMQ.DLQ"
    assert "queue.dead.letter" not in profile_defaults(config, "ActiveMQ.DLQ")


@pytest.mark.parametrize(("each", "rule"), RULES)
def test_a_rule_says_where_it_comes_from(each: Profile, rule: Rule):
    assert rule.sources and all(source.url.startswith("https://") for source in rule.sources), rule.say


def test_no_name_comes_twice_in_the_table():
    def once(pairs: list[tuple[str, object]]) -> dict[str, object]:
        names = [name for name, _ in pairs]
        assert len(set(names)) == len(names), names
        return dict(pairs)

    text = (ROOT / "resources" / "profiles.json").read_text(encoding="utf-8")
    assert json.loads(text, object_pairs_hook=once)


# -- the page ------------------------------------------------------------------------------------------------
def test_the_page_is_up_to_date():
    written = (ROOT / "docs" / "profiles.md").read_text(encoding="utf-8")
    stale = "stale: python -m workbench.broker.profiles.page docs/proofs.json > docs/profiles.md"
    assert written == page(proofs()), stale


def proofs() -> dict[str, dict[str, str]]:
    return json.loads((ROOT / "docs" / "proofs.json").read_text(encoding="utf-8"))


def test_what_no_test_saw_is_not_said():
    every = page({})
    assert "| modelled |" not in every and "| none |" not in every
    assert every.count("**not proved**") > page(proofs()).count("**not proved**")


def test_the_page_shows_every_sentence():
    shown = page(proofs())
    for each in profiles():
        for text in (*(rule.say for rule in each.rules), *(feature.text for feature in each.features.values())):
            assert text in shown

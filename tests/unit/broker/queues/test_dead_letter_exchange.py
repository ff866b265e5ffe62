"""Dead letters through an exchange: by which key, to how many, once; and what has nowhere to go stays and says why."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from workbench.broker import Broker
from workbench.core.clock import ManualClock
from workbench.core.errors import Invalid, NotFound, WorkbenchError
from workbench.core.queues import EXCHANGE, ROUTING_KEY, TTL_MS, DeadLetterReason, Edit, MessageState, QueuedMessage
from workbench.core.records import Record
from workbench.core.routing import Binding, Exchange, ExchangeType

DEAD = MessageState.DEAD


def queue(broker: Broker, name: str, **config: object) -> None:
    written = {"queue." + key.replace("_", "."): str(value) for key, value in config.items()}
    broker.create_topic(name, kind="queue", config=written)


def exchange(broker: Broker, name: str, kind: ExchangeType = ExchangeType.TOPIC, alternate: str = "",
             **bound: str) -> None:
    """``bound``: queue=key."""
    broker.exchanges.declare(Exchange(name, kind, alternate))
    for destination, key in bound.items():
        broker.exchanges.bind(Binding(name, destination, key))


def publish(broker: Broker, key: str, *values: bytes, by: str = "orders") -> None:
    broker.exchanges.publish(by, key, [Record(None, value) for value in values]).result()


def reject(broker: Broker, name: str = "work", reason: str = "", most: int = 100) -> None:
    taken = broker.queues.receive(name, "ann", most)
    broker.queues.reject(name, [delivery.receipt for delivery in taken], reason)
    broker.queues.tick()


def waits(broker: Broker, name: str) -> list[bytes | None]:
    return [message.record.value for message in broker.queues.peek(name) if message.state is not DEAD]


def stays(broker: Broker, name: str = "work") -> list[QueuedMessage]:
    return broker.queues.peek(name, [DEAD])


def came(message: QueuedMessage) -> tuple[str | None, str | None]:
    return message.exchange, message.routing_key


@pytest.fixture
def shop(broker: Broker) -> Broker:
    """Orders go to work by their key; what dies there goes to «dead», where «eu» and «audit» are bound."""
    for name in ("eu", "audit", "rest"):
        queue(broker, name)
    exchange(broker, "dead", eu="order.eu", audit="order.#")
    queue(broker, "work", dead_letter_exchange="dead")
    exchange(broker, "orders", work="#")
    return broker


# -- where it goes -----------------------------------------------------------------------------------------
def test_the_key_is_kept_and_every_queue_bound_for_it_gets_the_message(shop: Broker):
    publish(shop, "order.eu", b"a")
    publish(shop, "order.us", b"b")
    reject(shop, reason="no stock")
    assert (waits(shop, "eu"), waits(shop, "audit"), waits(shop, "work")) == ([b"a"], [b"a", b"b"], [])
    assert shop.queues.counts("work").dead_lettered == 2
    assert shop.queues.counts("work").dead_lettered_to == {"eu": 1, "audit": 2}
    for name in ("eu", "audit"):
        letter = shop.queues.peek(name)[0]
        assert came(letter) == ("dead", "order.eu"), "it came by the dead-letter exchange, with the key it had"
        (death,) = letter.deaths
        assert (death.queue, death.reason, death.text) == ("work", DeadLetterReason.REJECTED, "no stock")
        assert (death.exchange, death.routing_key) == ("orders", "order.eu"), "as x-death has it"


def test_a_routing_key_of_the_queue_takes_the_place_of_the_messages(shop: Broker):
    shop.alter_topic("work", config={"queue.dead.letter.routing.key": "order.us"})
    publish(shop, "order.eu", b"a")
    reject(shop)
    assert (waits(shop, "eu"), waits(shop, "audit")) == ([], [b"a"])
    assert came(shop.queues.peek("audit")[0]) == ("dead", "order.us")


def test_what_was_sent_straight_to_the_queue_has_the_queues_name_as_its_key(shop: Broker):
    shop.exchanges.bind(Binding("dead", "rest", "work"))
    shop.append("work", 0, [Record(None, b"a")]).result()
    assert came(shop.queues.peek("work")[0]) == (None, None)
    reject(shop)
    assert waits(shop, "rest") == [b"a"], "as the default exchange would have it"


def test_a_headers_exchange_routes_dead_letters_by_what_they_carry(broker: Broker):
    queue(broker, "pdf")
    broker.exchanges.declare(Exchange("dead", ExchangeType.HEADERS))
    broker.exchanges.bind(Binding("dead", "pdf", arguments=(("format", "pdf"),)))
    queue(broker, "work", dead_letter_exchange="dead")
    broker.append("work", 0, [Record(None, b"a", (("format", b"pdf"),)), Record(None, b"b")]).result()
    reject(broker)
    assert waits(broker, "pdf") == [b"a"]
    assert [message.record.value for message in stays(broker)] == [b"b"]


def test_its_time_to_live_is_taken_off(shop: Broker, clock: ManualClock):
    shop.exchanges.publish("orders", "order.eu", [Record(None, b"a", ((TTL_MS, b"1000"),))]).result()
    shop.queues.tick()
    clock.advance(1_001)
    shop.queues.tick()
    (letter,) = shop.queues.peek("eu")
    assert (letter.deaths[0].reason, letter.expires_ms) == (DeadLetterReason.EXPIRED, None)
    clock.advance(10_000)
    shop.queues.tick()
    assert waits(shop, "eu") == [b"a"]


def test_an_alternate_exchange_takes_what_the_dead_letter_exchange_can_not_route(shop: Broker):
    exchange(shop, "else", ExchangeType.FANOUT, rest="")
    shop.exchanges.alter(Exchange("dead", ExchangeType.TOPIC, "else"))
    publish(shop, "invoice", b"a")
    reject(shop)
    assert (waits(shop, "rest"), stays(shop)) == ([b"a"], [])


def test_a_subscription_of_a_stream_dead_letters_through_an_exchange_too(shop: Broker):
    shop.create_topic("events")
    shop.queues.subscribe("events", "audit", {"queue.dead.letter.exchange": "dead"})
    shop.exchanges.bind(Binding("dead", "rest", "events:audit"))
    shop.append("events", 0, [Record(None, b"a")]).result()
    reject(shop, "events:audit")
    assert waits(shop, "rest") == [b"a"]


# -- what has nowhere to go --------------------------------------------------------------------------------
def test_what_no_queue_takes_stays_and_says_why_after_what_its_consumer_said(shop: Broker):
    publish(shop, "invoice", b"a")
    reject(shop, reason="no such customer.")
    (dead,) = stays(shop)
    assert dead.reason == "rejected: no such customer. No queue takes the key «invoice» from dead; it stays here."
    assert shop.queues.counts("work").dead_lettered == 0
    (stat,) = (stat for stat in shop.exchanges.stats() if stat.name == "dead")
    assert (stat.unroutable, stat.last_unroutable) == (1, "invoice")


def test_an_exchange_that_was_deleted_keeps_the_dead_here(shop: Broker):
    shop.exchanges.delete("dead")
    publish(shop, "order.eu", b"a")
    reject(shop)
    (dead,) = stays(shop)
    assert dead.reason == "rejected: There is no exchange dead for its dead letters; it stays here."
    shop.alter_topic("work", config={"queue.max.deliveries": "3"})  # the rest of the queue can be set all the same


def test_a_key_too_long_to_route_keeps_the_message_here(shop: Broker):
    shop.append("work", 0, [Record(None, b"a", ((ROUTING_KEY, b"k" * 300),))]).result()
    reject(shop)
    assert "A routing key can't have 300 bytes" in stays(shop)[0].reason


def test_a_queue_that_is_led_back_to_itself_keeps_what_nobody_rejected(shop: Broker):
    shop.exchanges.bind(Binding("dead", "work", "order.self"))
    publish(shop, "order.self", b"a")
    shop.alter_topic("work", config={"queue.max.deliveries": "1"})
    (delivery,) = shop.queues.receive("work", "ann", 1)
    shop.queues.nack("work", [delivery.receipt])
    shop.queues.tick()
    assert waits(shop, "audit") == [b"a"], "the other queue gets it"
    assert (waits(shop, "work"), stays(shop)) == ([], [])
    shop.exchanges.unbind(Binding("dead", "audit", "order.#"))
    publish(shop, "order.self", b"b")
    (delivery,) = shop.queues.receive("work", "ann", 1)
    shop.queues.nack("work", [delivery.receipt])
    shop.queues.tick()
    assert stays(shop)[0].reason == "delivery_limit: dead leads it back to work: it stays here, or it would go round."


def test_a_cycle_of_retries_goes_on_while_a_consumer_rejects_and_ends_where_nobody_does(
    broker: Broker, clock: ManualClock
):
    """The usual way to retry later in RabbitMQ: work rejects to «later», whose messages expire back to work."""
    queue(broker, "later", ttl_ms=1_000)
    queue(broker, "work", ttl_ms=60_000)
    exchange(broker, "retry", ExchangeType.DIRECT, later="later", work="work")
    for name, key in (("work", "later"), ("later", "work")):
        broker.alter_topic(name, config={"queue.dead.letter.exchange": "retry", "queue.dead.letter.routing.key": key})
    broker.append("work", 0, [Record(None, b"a")]).result()
    for round_ in (1, 2, 3):
        reject(broker)
        assert (waits(broker, "work"), waits(broker, "later")) == ([], [b"a"])
        clock.advance(1_001)
        broker.queues.tick()
        broker.queues.tick()
        assert waits(broker, "work") == [b"a"]
        (again,) = broker.queues.peek("work")
        assert {death.queue: death.count for death in again.deaths} == {"work": round_, "later": round_}
    assert not any(stat.takes_dead_letters for stat in broker.queues.stats()), "both are stages of retrying"
    broker.append("later", 0, [Record(None, b"b")]).result()  # nobody will ever have rejected this one
    for _ in range(4):
        clock.advance(60_001)
        broker.queues.tick()
        broker.queues.tick()
    assert [message.record.value for message in stays(broker, "work")] == [b"a", b"b"]
    assert all("it would go round" in message.reason for message in stays(broker, "work"))


# -- in one transaction ------------------------------------------------------------------------------------
def test_a_failed_commit_takes_every_copy_back_and_counts_nothing(shop: Broker):
    publish(shop, "order.eu", b"a")
    (delivery,) = shop.queues.receive("work", "ann", 1)

    def no_room(connection: sqlite3.Connection) -> None:
        raise sqlite3.OperationalError("disk I/O error")

    shop.store.on_before_commit(no_room)
    shop.queues.reject("work", [delivery.receipt])
    shop.store._before.remove(no_room)
    assert (waits(shop, "eu"), waits(shop, "audit"), len(stays(shop))) == ([], [], 1)
    shop.queues.tick()
    assert (waits(shop, "eu"), waits(shop, "audit"), stays(shop)) == ([b"a"], [b"a"], [])
    assert shop.queues.counts("work").dead_lettered_to == {"eu": 1, "audit": 1}


# -- redrive -----------------------------------------------------------------------------------------------
def test_redriven_it_goes_straight_to_the_queue_where_it_died_and_only_its_deaths_say_how_it_had_come(shop: Broker):
    publish(shop, "order.eu", b"a")
    reject(shop)
    assert shop.queues.redrive("eu").moved == {"work": 1}
    (back,) = shop.queues.peek("work")
    assert (back.record.value, came(back)) == (b"a", (None, None)), "no exchange led it here"
    assert [(death.exchange, death.routing_key) for death in back.deaths] == [("orders", "order.eu")]
    reject(shop)
    (again,) = shop.queues.peek("eu")
    assert came(again) == ("dead", "order.eu"), "the key that it had come with is still its key"
    (death,) = again.deaths
    assert (death.count, death.exchange, death.routing_key) == (2, "orders", "order.eu"), "as x-death keeps the first"


def test_what_goes_straight_to_a_dead_letter_queue_or_elsewhere_does_not_claim_to_come_by_an_exchange(shop: Broker):
    queue(shop, "letters")
    shop.alter_topic("work", config={"queue.dead.letter.exchange": None, "queue.dead.letter": "letters"})
    publish(shop, "order.eu", b"a")
    reject(shop)
    (letter,) = shop.queues.peek("letters")
    assert came(letter) == (None, None)
    assert (letter.deaths[0].exchange, letter.deaths[0].routing_key) == ("orders", "order.eu")
    shop.queues.redrive("letters", to="rest")
    assert came(shop.queues.peek("rest")[0]) == (None, None)


def test_what_was_sent_straight_comes_back_without_a_postmark_and_edited_headers_are_left_alone(shop: Broker):
    shop.alter_topic("work", config={"queue.dead.letter.routing.key": "order.eu"})
    shop.append("work", 0, [Record(None, b"a")]).result()
    reject(shop)
    (letter,) = shop.queues.peek("eu")
    shop.queues.redrive("eu")
    assert came(shop.queues.peek("work")[0]) == (None, None)
    mine = ((EXCHANGE, b"mine"), (ROUTING_KEY, b"own"))
    (copy,) = shop.queues.peek("audit")
    shop.queues.redrive("audit", edits={copy.id: Edit(headers=mine)})
    assert [came(message) for message in shop.queues.peek("work")] == [(None, None), ("mine", "own")]
    assert letter.deaths[0].exchange == ""


# -- settings ----------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("config", "error", "sentence"),
    [
        ({"dead_letter": "eu", "dead_letter_exchange": "dead"}, Invalid,
         "The dead letters of q can't go to the queue eu and to the exchange dead. "
         "Name one of them; an exchange may lead to several queues."),
        ({"dead_letter_routing_key": "k"}, Invalid,
         "q has a routing key for its dead letters, but no exchange to go by it. Set queue.dead.letter.exchange too."),
        ({"dead_letter_exchange": "nowhere"}, NotFound,
         "There is no exchange nowhere for the dead letters of q. Declare it first."),
        ({"dead_letter_exchange": "dead", "dead_letter_routing_key": "k" * 256}, Invalid,
         "A routing key can't have 256 bytes. Use at most 255."),
        ({"max_length": 3, "overflow": "dead_letter"}, Invalid,
         "What q can't hold has nowhere to go. Name a dead-letter queue or exchange, or choose drop_head."),
    ],
)
def test_bad_settings_are_refused(shop: Broker, config: dict[str, object], error: type[WorkbenchError], sentence: str):
    with pytest.raises(error) as refused:
        queue(shop, "q", **config)
    assert refused.value.sentence() == sentence


@pytest.mark.parametrize("profile", ["kafka", "pulsar", "activemq", "sqs"])
def test_systems_without_exchanges_refuse_one_for_dead_letters(shop: Broker, profile: str):
    queue(shop, "q", profile=profile)
    with pytest.raises(Invalid, match="has no exchanges"):
        shop.alter_topic("q", config={"queue.dead.letter.exchange": "dead"})


def test_a_queue_too_full_sends_what_it_can_not_hold_through_the_exchange(shop: Broker):
    shop.alter_topic("work", config={"queue.max.length": "1", "queue.overflow": "dead_letter"})
    publish(shop, "order.eu", b"a", b"b")
    shop.queues.tick()
    assert (waits(shop, "work"), waits(shop, "eu")) == ([b"b"], [b"a"])
    assert shop.queues.peek("eu")[0].deaths[0].reason is DeadLetterReason.LENGTH


def test_a_queue_behind_the_exchange_is_known_as_one_of_dead_letters(shop: Broker):
    taking = {stat.name for stat in shop.queues.stats() if stat.takes_dead_letters}
    assert taking == {"eu", "audit"}
    shop.alter_topic("work", config={"queue.dead.letter.routing.key": "order.us"})
    assert {stat.name for stat in shop.queues.stats() if stat.takes_dead_letters} == {"audit"}


def test_all_of_it_outlives_a_restart(shop: Broker, path: Path, clock: ManualClock):
    publish(shop, "order.eu", b"a")
    reject(shop)
    shop.close()
    with Broker.open(path, clock=clock, background=False) as again:
        assert came(again.queues.peek("eu")[0]) == ("dead", "order.eu")
        publish(again, "order.eu", b"b")
        reject(again)
        assert waits(again, "eu") == [b"a", b"b"]


# -- nothing is lost ---------------------------------------------------------------------------------------
NAMES = ("a", "b", "c")
KEYS = ("", "x", "y", "x.y", "#")
ACTS = st.sampled_from(("reject", "nack", "expire"))


@settings(max_examples=30)
@given(
    bound=st.lists(st.tuples(st.sampled_from(NAMES), st.sampled_from(KEYS)), max_size=5),
    overrides=st.tuples(*[st.sampled_from(("", "x", "y"))] * len(NAMES)),
    sent=st.lists(st.sampled_from(("x", "y", "x.y", "z")), min_size=1, max_size=4),
    acts=st.lists(st.tuples(st.sampled_from(NAMES), ACTS), max_size=12),
)
def test_whatever_dies_nothing_is_lost_and_nothing_runs_away(tmp_path_factory, bound, overrides, sent, acts):
    clock = ManualClock()
    path = tmp_path_factory.mktemp("dlx") / "work.flow"
    with Broker.create(path, clock=clock, background=False) as broker:
        exchange(broker, "dead")
        exchange(broker, "in", ExchangeType.FANOUT)
        for name, key in zip(NAMES, overrides, strict=True):
            more = {"dead_letter_routing_key": key} if key else {}
            queue(broker, name, ttl_ms=1_000, max_deliveries=2, dead_letter_exchange="dead", **more)
        broker.exchanges.bind(Binding("in", "a"))
        for name, key in bound:
            broker.exchanges.bind(Binding("dead", name, key))
        for number, key in enumerate(sent):
            publish(broker, key, b"%d" % number, by="in")
        for name, act in acts:
            _do(broker, clock, name, act)
        for _ in range(2 * len(NAMES) + 2):  # without rejections everything comes to rest
            clock.advance(1_001)
            broker.queues.tick()
        counts = [broker.queues.counts(name) for name in NAMES]
        assert sum(each.ready + each.delayed + each.in_flight for each in counts) == 0, "it still goes round"
        kept = {message.record.value for name in NAMES for message in stays(broker, name)}
        assert kept == {b"%d" % number for number in range(len(sent))}
        assert all(message.reason for name in NAMES for message in stays(broker, name))


def _do(broker: Broker, clock: ManualClock, name: str, act: str) -> None:
    if act == "expire":
        clock.advance(1_001)
    taken = broker.queues.receive(name, "ann", 2)
    receipts = [delivery.receipt for delivery in taken]
    (broker.queues.reject if act == "reject" else broker.queues.nack)(name, receipts)
    broker.queues.tick()

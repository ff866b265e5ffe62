"""Exchanges and bindings: where a message goes, by RabbitMQ's rules."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workbench.broker.exchanges.routing import Topology
from workbench.core.errors import Invalid, NotFound, Refused
from workbench.core.records import Headers
from workbench.core.routing import Binding, Exchange, ExchangeType


def topology(*parts: Exchange | Binding) -> Topology:
    made = Topology()
    for part in parts:
        made = made.declare(part) if isinstance(part, Exchange) else made.bind(part)
    return made


def queues(made: Topology, exchange: str, key: str = "", headers: Headers = ()) -> set[str]:
    routed = made.route(exchange, key, headers, lambda name: True)
    assert len(set(routed.queues)) == len(routed.queues), "a queue gets one copy"
    return set(routed.queues)


def exchange(name: str, kind: str = "direct", alternate: str = "") -> Exchange:
    return Exchange(name, ExchangeType(kind), alternate)


def to_exchange(source: str, destination: str, key: str = "") -> Binding:
    return Binding(source, destination, key, to_exchange=True)


# -- types ---------------------------------------------------------------------------------------------------
def test_direct_takes_equal_keys_only():
    made = topology(exchange("x"), Binding("x", "a", "red"), Binding("x", "b", "red"), Binding("x", "c", "re"))
    assert queues(made, "x", "red") == {"a", "b"}
    assert queues(made, "x", "re") == {"c"}
    assert queues(made, "x", "Red") == set()


def test_fanout_ignores_the_key():
    made = topology(exchange("x", "fanout"), Binding("x", "a", "red"), Binding("x", "b"))
    assert queues(made, "x", "blue") == {"a", "b"}


@pytest.mark.parametrize(("pattern", "key", "matches"), [
    ("*.orange.*", "quick.orange.rabbit", True), ("*.orange.*", "quick.orange.male.rabbit", False),
    ("lazy.#", "lazy", True), ("lazy.#", "lazy.orange.male.rabbit", True), ("lazy.#", "lazyish", False),
    ("#", "", True), ("*", "", False), ("", "", True), ("", "a", False), ("*.*", "a.", True), ("*", "a.b", False),
    ("#.b.#", "b", True), ("#.#", "", True), ("#.*.#", "", False), ("#.*.#", "a", True), ("a.*b", "a.xb", False),
    ("a.*b", "a.*b", True), ("*.a", "*.a", True), ("a.#.c", "a.#.c", True), ("a.#.c", "a.c", True),
])
def test_topic_patterns(pattern: str, key: str, matches: bool):
    made = topology(exchange("x", "topic"), Binding("x", "q", pattern))
    assert queues(made, "x", key) == ({"q"} if matches else set())


def naive_match(pattern: list[str], words: list[str]) -> bool:
    if not pattern:
        return not words
    if pattern[0] == "#":
        return any(naive_match(pattern[1:], words[skipped:]) for skipped in range(len(words) + 1))
    return bool(words) and pattern[0] in ("*", words[0]) and naive_match(pattern[1:], words[1:])


keys = st.lists(st.sampled_from(["a", "b", "cc", ""]), max_size=5)
patterns = st.lists(st.sampled_from(["a", "b", "cc", "*", "#"]), max_size=5)


@given(st.lists(patterns, max_size=8), keys)
def test_topic_matching_is_the_naive_one(all_patterns: list[list[str]], words: list[str]):
    words = [] if words == [""] else words  # written down, one empty word is the empty key
    bindings = [Binding("x", f"q{number}", ".".join(pattern)) for number, pattern in enumerate(all_patterns)]
    expected = {f"q{number}" for number, pattern in enumerate(all_patterns) if naive_match(pattern, words)}
    assert queues(topology(exchange("x", "topic"), *bindings), "x", ".".join(words)) == expected


def test_many_wildcards_cost_little():
    made = topology(exchange("x", "topic"), Binding("x", "q", ".".join(["#", "a"] * 20)))
    started = time.process_time()
    assert queues(made, "x", ".".join(["a"] * 100)) == {"q"}
    assert queues(made, "x", ".".join(["a"] * 99 + ["b"])) == set()
    assert time.process_time() - started < 1.0, "the naive way takes longer than the age of the sun"


SENT: Headers = (("format", b"pdf"), ("type", b"report"), ("none", None))


@pytest.mark.parametrize(("arguments", "match_any", "matches"), [
    ((("format", "pdf"), ("type", "report")), False, True),
    ((("format", "pdf"), ("type", "log")), False, False),
    ((("format", "pdf"), ("type", "log")), True, True),
    ((("format", "zip"), ("type", "log")), True, False),
    ((("missing", ""),), True, False),
    ((("none", ""),), True, False),
    ((("format", "pdf"), ("x-tenant", "1")), False, True),
    ((("x-tenant", "1"),), False, True),
    ((("x-tenant", "1"),), True, False),
    ((), False, True),
    ((), True, False),
])
def test_headers(arguments: tuple[tuple[str, str], ...], match_any: bool, matches: bool):
    bound = Binding("x", "q", "ignored", arguments=arguments, match_any=match_any)
    made = topology(exchange("x", "headers"), bound)
    assert queues(made, "x", "whatever", SENT) == ({"q"} if matches else set())


def test_arguments_that_begin_with_x_are_left_out_even_when_the_message_has_them():
    bound = Binding("x", "q", arguments=(("x-tenant", "1"),), match_any=True)
    assert queues(topology(exchange("x", "headers"), bound), "x", "", (("x-tenant", b"1"),)) == set()


def test_of_a_header_given_twice_the_last_counts():
    made = topology(exchange("x", "headers"), Binding("x", "q", arguments=(("a", "2"),)))
    assert queues(made, "x", "", (("a", b"1"), ("a", b"2"))) == {"q"}
    assert queues(made, "x", "", (("a", b"2"), ("a", b"1"))) == set()


def test_the_default_exchange_finds_a_queue_by_its_name():
    routed = Topology().route("", "orders", (), {"orders"}.__contains__)
    assert routed.queues == ("orders",)
    assert Topology().route("", "other", (), {"orders"}.__contains__).queues == ()


# -- ways through --------------------------------------------------------------------------------------------
def test_a_queue_gets_one_copy_however_it_is_reached():
    made = topology(exchange("x", "fanout"), exchange("y", "fanout"), Binding("x", "q"), Binding("x", "q", "again"),
                    to_exchange("x", "y"), Binding("y", "q"), Binding("y", "r"))
    routed = made.route("x", "", (), lambda name: True)
    assert routed.queues == ("q", "r")
    assert routed.passed == ("x", "y")


def test_circles_end_and_are_named():
    made = topology(exchange("b", "fanout"), exchange("a", "fanout"), exchange("c", "fanout"), to_exchange("a", "b"),
                    to_exchange("b", "c"), to_exchange("c", "a"), to_exchange("a", "a"), Binding("c", "q"))
    assert queues(made, "a") == queues(made, "c") == {"q"}
    assert sorted(made.cycles()) == [("a",), ("a", "b", "c")]
    assert not topology(exchange("a"), exchange("b"), to_exchange("a", "b")).cycles()


def test_a_circle_of_alternates_ends_and_is_named():
    made = topology(exchange("a", alternate="b"), exchange("b", alternate="a"))
    assert queues(made, "a", "nobody") == set()
    assert made.cycles() == [("a", "b")]


def test_the_alternate_takes_what_matches_nothing():
    made = topology(exchange("x", alternate="rest"), exchange("rest", "fanout"), Binding("x", "q", "known"),
                    Binding("rest", "stray"))
    assert queues(made, "x", "known") == {"q"}
    routed = made.route("x", "unknown", (), lambda name: True)
    assert (routed.queues, routed.passed, routed.matched) == (("stray",), ("x", "rest"), ("rest",))


def test_the_alternate_stays_out_when_an_exchange_matched_that_leads_nowhere():
    made = topology(exchange("x", alternate="rest"), exchange("rest", "fanout"), exchange("dead", "fanout"),
                    to_exchange("x", "dead", "k"), Binding("rest", "stray"))
    assert queues(made, "x", "k") == set()


def test_an_alternate_that_is_not_there_takes_nothing():
    assert queues(topology(exchange("x", alternate="later")), "x", "k") == set()
    later = topology(exchange("x", alternate="later"), exchange("later", "fanout"), Binding("later", "q"))
    assert queues(later, "x", "k") == {"q"}


@given(st.lists(st.tuples(st.integers(0, 5), st.integers(0, 5)), max_size=15),
       st.lists(st.tuples(st.integers(0, 5), st.sampled_from("pqr")), max_size=6))
def test_fanout_reaches_what_a_walk_reaches(onward: list[tuple[int, int]], bound: list[tuple[int, str]]):
    made = topology(*(exchange(f"x{n}", "fanout") for n in range(6)),
                    *(to_exchange(f"x{a}", f"x{b}") for a, b in onward),
                    *(Binding(f"x{n}", queue) for n, queue in bound))
    reached = {0}
    while (grown := reached | {b for a, b in onward if a in reached}) != reached:
        reached = grown
    assert queues(made, "x0") == {queue for n, queue in bound if n in reached}
    closed = {n for n in range(6) if n in _reached_from(n, onward)}
    assert {name for cycle in made.cycles() for name in cycle} <= {f"x{n}" for n in closed}
    assert bool(made.cycles()) == bool(closed)


def _reached_from(start: int, onward: list[tuple[int, int]]) -> set[int]:
    reached = {b for a, b in onward if a == start}
    while (grown := reached | {b for a, b in onward if a in reached}) != reached:
        reached = grown
    return reached


# -- acts ----------------------------------------------------------------------------------------------------
def test_declaring_and_binding_the_same_again_changes_nothing():
    made = topology(exchange("x"), Binding("x", "q", "k"))
    assert made.declare(exchange("x")) is made
    assert made.bind(Binding("x", "q", "k")) is made


def test_declaring_with_other_settings_is_refused():
    made = topology(exchange("x", alternate="a"))
    with pytest.raises(Refused, match="is there already, as direct: it can't be declared again as fanout"):
        made.declare(exchange("x", "fanout", "a"))
    with pytest.raises(Refused, match="with the alternate a: it can't be declared again without an alternate"):
        made.declare(exchange("x"))


def test_an_alternate_can_be_altered_the_type_not():
    made = topology(exchange("x"), exchange("a", "fanout"), Binding("a", "q"))
    assert queues(made.alter(exchange("x", alternate="a")), "x", "k") == {"q"}
    with pytest.raises(Refused, match="type of exchange x can't change"):
        made.alter(exchange("x", "topic"))


def test_acts_leave_the_topology_they_were_done_on():
    before = topology(exchange("x", "fanout"), Binding("x", "q"))
    assert queues(before, "x") == {"q"}
    after = before.bind(Binding("x", "r"))
    assert (queues(before, "x"), queues(after, "x")) == ({"q"}, {"q", "r"})
    assert queues(after.unbind(Binding("x", "q")), "x") == {"r"}


def test_an_exchange_goes_with_its_bindings():
    made = topology(exchange("x", "fanout"), exchange("y"), to_exchange("x", "y"), Binding("x", "y"), Binding("y", "q"))
    gone = made.delete("y")
    assert gone.bindings() == [Binding("x", "y")], "the queue of that name stays bound"
    with pytest.raises(NotFound, match="no exchange y"):
        gone.route("y", "", (), lambda name: True)


def test_a_deleted_queue_takes_its_bindings_along():
    made = topology(exchange("x", "fanout"), exchange("q"), to_exchange("x", "q"), Binding("x", "q"), Binding("x", "r"))
    assert made.without_queue("q").bindings("x") == [to_exchange("x", "q"), Binding("x", "r")]


@pytest.mark.parametrize(("act", "error", "words"), [
    (lambda t: t.declare(exchange("")), Refused, "default exchange can't be changed"),
    (lambda t: t.delete(""), Refused, "default exchange can't be changed"),
    (lambda t: t.bind(Binding("", "q")), Refused, "default exchange can't be changed"),
    (lambda t: t.unbind(Binding("", "q")), Refused, "default exchange can't be changed"),
    (lambda t: t.bind(to_exchange("x", "")), Refused, "default exchange can't be changed"),
    (lambda t: t.declare(exchange("amq.mine")), Refused, "are reserved"),
    (lambda t: t.declare(exchange("é" * 128)), Invalid, "256 bytes"),
    (lambda t: t.declare(exchange("a\nb")), Invalid, "control characters"),
    (lambda t: t.bind(Binding("x", "q", "k" * 256)), Invalid, "256 bytes"),
    (lambda t: t.bind(Binding("x", "q", arguments=(("a", "1"),))), Invalid, "takes no header arguments"),
    (lambda t: t.bind(Binding("none", "q")), NotFound, "no exchange none"),
    (lambda t: t.bind(to_exchange("x", "none")), NotFound, "no exchange none"),
    (lambda t: t.unbind(Binding("x", "q", "other")), NotFound, "not bound to x like that"),
    (lambda t: t.delete("none"), NotFound, "no exchange none"),
])
def test_refusals_say_why_and_what_to_do(act, error: type, words: str):
    with pytest.raises(error, match=words) as refused:
        act(topology(exchange("x"), Binding("x", "q")))
    assert refused.value.next_step.endswith(".")


def test_an_auto_deleted_exchange_goes_with_its_last_binding_and_the_next_with_it():
    first, second = Exchange("a", auto_delete=True), Exchange("b", auto_delete=True)
    made = topology(first, second, to_exchange("a", "b", "k"), Binding("b", "q", "k"), Binding("b", "r", "k"))
    fewer = made.unbind(Binding("b", "q", "k"))
    assert (fewer.has("a"), fewer.has("b")) == (True, True)
    assert fewer.without_queue("r").exchanges() == []
    assert made.has("a"), "an act leaves what it was done on"


def test_an_auto_deleted_exchange_that_was_never_bound_stays():
    made = topology(Exchange("a", auto_delete=True), exchange("x"), Binding("x", "q", "k"))
    assert made.without_queue("q").has("a")


def test_declaring_with_other_flags_is_refused():
    with pytest.raises(Refused, match="declared otherwise"):
        topology(exchange("x")).declare(Exchange("x", internal=True))

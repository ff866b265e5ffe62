"""Names of other systems as topics: legal ones stay themselves, all others come back."""

from __future__ import annotations

import re

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from workbench.core.errors import Invalid
from workbench.core.names import shown_name, stored_name

LEGAL = re.compile(r"[A-Za-z0-9._-]{1,249}")
legal = st.from_regex(LEGAL, fullmatch=True).filter(lambda name: name not in (".", ".."))
pieces = st.sampled_from([".", "x", ".x", "2f", ".x2f.", "/", "a", "ü", "..", "\0"])
like_escapes = st.lists(pieces, min_size=1).map("".join)
foreign = st.one_of(st.text(min_size=1, max_size=40), like_escapes)


@given(legal)
def test_a_legal_name_stays_itself_and_comes_back_from_being_shown(name: str):
    assert stored_name(name) == name
    assert stored_name(shown_name(name)) == name


@given(foreign)
def test_any_name_comes_back_from_being_stored(name: str):
    assume(name.encode("utf-8", "ignore").decode() == name)
    try:
        stored = stored_name(name)
    except Invalid:
        assume(False)
    assert LEGAL.fullmatch(stored) and stored not in (".", "..")
    assert shown_name(stored) == name or (LEGAL.fullmatch(name) and stored == name == stored_name(shown_name(name)))


@given(foreign, foreign)
def test_two_names_meet_only_where_one_is_the_other_escaped(one: str, other: str):
    assume(one != other and all(text.encode("utf-8", "ignore").decode() == text for text in (one, other)))
    try:
        same = stored_name(one) == stored_name(other)
    except Invalid:
        assume(False)
    assert not same or stored_name(one) in (one, other)


@pytest.mark.parametrize(("shown", "stored"), [
    ("orders", "orders"), ("/queue/orders", ".x2f.queue.x2f.orders"), ("größe", "gr.xc3b6c39f.e"),
    ("persistent://t/n/x", "persistent.x3a2f2f.t.x2f.n.x2f.x"), (".", ".x2e."), ("..", ".x2e2e."),
    ("a.x/b", "a.x2e.x.x2f.b"),
])
def test_how_they_look(shown: str, stored: str):
    assert stored_name(shown) == stored
    assert shown_name(stored) == shown


def test_a_name_that_is_an_escaped_one_is_the_same_topic():
    assert stored_name("a.x2f.b") == stored_name("a/b") == "a.x2f.b"


@pytest.mark.parametrize("name", ["a.xff.b", "a.x2F.b", "a.x2f", "a.x61.b", "a.x.b"])
def test_what_only_looks_like_an_escape_is_shown_as_it_stands(name: str):
    assert shown_name(name) == name


@pytest.mark.parametrize("name", ["", "x" * 250, "/" * 124])
def test_what_does_not_fit_is_refused_with_the_limit(name: str):
    with pytest.raises(Invalid, match="can't be named") as caught:
        stored_name(name)
    assert "249" in caught.value.next_step


def test_the_longest_that_fits():
    assert len(stored_name("/" * 123)) == 249
    assert shown_name(stored_name("/" * 123)) == "/" * 123

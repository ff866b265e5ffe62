"""Whether what is drawn leads a message back to where it was: exchanges in a cycle, dead letters that come round.

Bindings ask for routing keys, and a key stays the same until dead letters are given another. So what can still travel
is known by the patterns that its key has matched so far (a key that is known is a pattern without wildcards): where no
key suits all of them, the way is closed. Headers say nothing of keys, and what an alternate gets is not said by
patterns: a way that needs one of them may be open. Pure; any thread.

    start ──► exchange ── bindings (patterns add up), alternate (not for sure) ──► exchange, queue
              queue ── dead letters (the same key, or the link's; the queue's name where they go straight) ──► ...
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple

from workbench.core.errors import Invalid
from workbench.core.routing import Binding
from workbench.flow.document import FlowDocument, Link, Node
from workbench.flow.kinds import kind_of
from workbench.flow.routing import binding_links, drawn_bindings, drawn_exchange
from workbench.flow.topics import dead_letter_link

_WORD, _WORDS = "*", "#"
_MOST = 4_000
"""So many places are looked at, on the drawing and in keys, before a way counts as open, but not for sure: that takes
some ten milliseconds, and problems are told anew after every edit."""


class Pattern(NamedTuple):
    """What a key must match, word by word. ``plain``: wildcards are words like others."""

    words: tuple[str, ...]
    plain: bool = False


Patterns = frozenset[Pattern]
ANY_KEY: Patterns = frozenset()


class Way(NamedTuple):
    """``sure``: every key that suits the patterns comes along it."""

    place: str
    patterns: Patterns
    sure: bool = True


@dataclass(slots=True)
class Effort:
    """How much may still be looked at."""

    left: int = _MOST


def exchange_comes_back(document: FlowDocument, exchange: Node) -> bool | None:
    """Whether bindings lead a message back to its exchange: True for sure, False perhaps, None not at all."""
    return _Search(document, exchange.id, through_queues=False).leads_back([Way(exchange.id, ANY_KEY)])


def binding_would_come_back(document: FlowDocument, exchange: Node, target: Node) -> bool:
    """Whether what a new link to ``target`` carries, with the settings that it begins with, comes back for sure."""
    link = Link("", exchange.id, target.id)
    search = _Search(FlowDocument(document.nodes, (*document.links, link)), exchange.id, through_queues=False)
    return search.leads_back([Way(target.id, *onward) for onward in search.bound(link, ANY_KEY, True)], 0) is True


def dead_letters_come_back(document: FlowDocument, queue: Node) -> bool | None:
    """The same of the dead letters of a queue."""
    return _Search(document, queue.id, through_queues=True).leads_back([Way(queue.id, ANY_KEY)])


class _Search:
    """For ways that lead to ``goal``."""

    def __init__(self, document: FlowDocument, goal: str, *, through_queues: bool) -> None:
        self._document = document
        self._goal = goal
        self._through_queues = through_queues
        self._effort = Effort()

    def leads_back(self, waiting: list[Way], starts: int = 1) -> bool | None:
        """Whether one of the ways leads on to the goal; the first ``starts`` of them begin there."""
        seen: set[Way] = set()
        perhaps = False
        while waiting:
            way = waiting.pop()
            self._effort.left -= 1
            if self._effort.left <= 0:
                return False
            if way.place == self._goal and not starts:
                if way.sure:
                    return True
                perhaps = True
            elif way not in seen:
                seen.add(way)
                waiting += self._onward(way)
            starts = 0
        return False if perhaps else None

    # -- one step ------------------------------------------------------------------------------------------
    def _onward(self, way: Way) -> Iterator[Way]:
        node = self._document.node(way.place)
        if node.kind == "exchange":
            return self._from_exchange(node, way.patterns, way.sure)
        return self._from_queue(node, way.patterns, way.sure) if self._through_queues else iter(())

    def _from_exchange(self, exchange: Node, patterns: Patterns, sure: bool) -> Iterator[Way]:
        links = [link for link in binding_links(self._document) if link.source == exchange.id]
        ways = [Way(link.target, *onward) for link in links for onward in self.bound(link, patterns, sure)]
        yield from ways
        alternate = self._document.named("exchange", drawn_exchange(self._document, exchange).alternate)
        if alternate is not None and not any(way.patterns == patterns and way.sure for way in ways):
            yield Way(alternate.id, patterns, sure and not ways)  # nobody takes it; else perhaps some keys find nobody

    def bound(self, link: Link, patterns: Patterns, sure: bool) -> Iterator[tuple[Patterns, bool]]:
        """What gets along a binding."""
        kind = kind_of("exchange").value(self._document.node(link.source).params, "type")
        try:
            bindings = drawn_bindings(self._document, link)
        except Invalid:
            yield patterns, False
            return
        for binding in bindings:
            if kind in ("fanout", "headers"):
                yield patterns, sure and kind == "fanout"
            elif (narrowed := narrow(patterns, _asked(kind, binding), self._effort)) is not None:
                yield narrowed, sure

    def _from_queue(self, queue: Node, patterns: Patterns, sure: bool) -> Iterator[Way]:
        link = dead_letter_link(self._document, queue)
        if link is None:
            return
        target = self._document.node(link.target)
        if target.kind == "queue":
            yield Way(target.id, _known(target.name), sure)
            yield Way(target.id, patterns, False)  # one that died there before has the key of that time
            return
        key = str(link.params.get("routing_key", "")).strip()
        yield Way(target.id, _known(key) if key else patterns, sure)


# -- keys --------------------------------------------------------------------------------------------------
def _asked(kind: str, binding: Binding) -> Pattern:
    words = _words(binding.key)
    return Pattern(words, plain=kind == "direct" or not {_WORD, _WORDS} & {*words})


def _known(key: str) -> Patterns:
    return frozenset({Pattern(_words(key), plain=True)})


def _words(key: str) -> tuple[str, ...]:
    return tuple(key.split(".")) if key else ()


def narrow(patterns: Patterns, more: Pattern, effort: Effort) -> Patterns | None:
    """The patterns with another; None when no key suits all of them."""
    if more in patterns or (more.words == (_WORDS,) and not more.plain):
        return patterns
    both = patterns | {more}
    if not _some_key_suits(tuple(both), effort):
        return None
    if any(pattern.plain for pattern in patterns):
        return patterns
    return frozenset({more}) if more.plain else both


def _some_key_suits(patterns: tuple[Pattern, ...], effort: Effort) -> bool:
    """Walk all patterns at once, a word at a time: each word that stands somewhere, and one that stands nowhere."""
    alphabet: set[str | None] = {word for pattern in patterns for word in pattern.words}
    alphabet.add(None)
    ends = tuple(len(pattern.words) for pattern in patterns)
    seen: set[tuple[int, ...]] = set()
    waiting = [(0,) * len(patterns)]
    while waiting:
        places = waiting.pop()
        effort.left -= 1
        if places == ends or effort.left <= 0:
            return True
        if places in seen:
            continue
        seen.add(places)
        for word in alphabet:
            moved = [_after(pattern, place, word) for pattern, place in zip(patterns, places, strict=True)]
            if None not in moved:
                waiting.append(tuple(place for place in moved if place is not None))
        for number, pattern in enumerate(patterns):  # a # that stands for no word
            if _at(pattern, places[number]) == _WORDS and not pattern.plain:
                waiting.append((*places[:number], places[number] + 1, *places[number + 1 :]))
    return False


def _at(pattern: Pattern, place: int) -> str | None:
    return pattern.words[place] if place < len(pattern.words) else None


def _after(pattern: Pattern, place: int, word: str | None) -> int | None:
    """The place in a pattern after a word; None where it does not suit."""
    stands = _at(pattern, place)
    if stands is None:
        return None
    if not pattern.plain and stands in (_WORD, _WORDS):
        return place + (stands == _WORD)
    return place + 1 if stands == word else None

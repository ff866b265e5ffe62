"""How well a name fits what was typed: words first, then parts of words, then letters in order. Pure functions."""

from __future__ import annotations

import re
from dataclasses import dataclass

_WORD_START = re.compile(r"(?<![^\W_])[^\W_]")
_AT_WORD, _INSIDE, _SCATTERED = 100, 60, 20


@dataclass(frozen=True, slots=True)
class Fit:
    """``places`` are the indices of the letters that fit, for marking them."""

    score: int
    places: frozenset[int]


def fit(typed: str, name: str, loose: bool = True) -> Fit | None:
    """How ``name`` fits; None when one of the words typed does not. Nothing typed fits everything.

    Without ``loose`` letters in order are not enough.
    """
    text = name.lower()
    score, places = 0, set()
    for word in typed.lower().split():
        found = _fit_word(word, text, loose)
        if found is None:
            return None
        score += found.score
        places |= found.places
    return Fit(score, frozenset(places))


def _fit_word(word: str, text: str, loose: bool) -> Fit | None:
    starts = [match.start() for match in _WORD_START.finditer(text)]
    at_word = next((start for start in starts if text.startswith(word, start)), -1)
    if at_word >= 0:
        whole = text[at_word + len(word) : at_word + len(word) + 1].isalnum()
        return _run(_AT_WORD + (0 if whole else 10) + (5 if at_word == 0 else 0), at_word, len(word))
    inside = text.find(word)
    if inside >= 0:
        return _run(_INSIDE - min(inside, 20), inside, len(word))
    return _scattered(word, text) if loose else None


def _run(score: int, start: int, length: int) -> Fit:
    return Fit(score, frozenset(range(start, start + length)))


def _scattered(word: str, text: str) -> Fit | None:
    """The letters in order; the closer together, the better."""
    places, at = [], 0
    for letter in word:
        at = text.find(letter, at)
        if at < 0:
            return None
        places.append(at)
        at += 1
    spread = places[-1] - places[0] + 1 - len(word)
    return Fit(max(1, _SCATTERED - spread), frozenset(places))

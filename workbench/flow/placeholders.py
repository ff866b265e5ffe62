"""What may stand between braces in a generator's template: «{int 1 5}», «{choice paid*8|open}» and the others.

Each entry of ``PLACEHOLDERS`` makes, from the words after its name, a function that draws one text at a time. The
text is already fit for the inside of a JSON string; ``literal`` says that, standing alone, it is a JSON number or
word and needs no quotes. Everything random comes from one ``Random``, so a seed gives the same events again.
"""

from __future__ import annotations

import json
from bisect import bisect
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import accumulate
from random import Random
from typing import NamedTuple

from workbench.core.errors import Invalid

FIRST_NAMES = ("Ada", "Bram", "Chidi", "Dana", "Emre", "Freya", "Goran", "Hana", "Ines", "Jonas", "Kaia", "Liam",
               "Mira", "Noor", "Oskar", "Priya", "Quinn", "Rosa", "Sven", "Tomás", "Uma", "Vera", "Yara")  # fmt: skip
LAST_NAMES = ("Adeyemi", "Becker", "Costa", "Dubois", "Eriksen", "Fischer", "García", "Haddad", "Ivanov", "Jansen",
              "Kowalski", "Lindqvist", "Moreau", "Nakamura", "Okafor", "Rossi", "Silva", "Tanaka")  # fmt: skip
CITIES = ("Amsterdam", "Berlin", "Bruxelles", "Dublin", "Helsinki", "Kraków", "København", "Lisboa", "Lyon", "Madrid",
          "Milano", "Oslo", "Porto", "Praha", "Stockholm", "Tallinn", "Utrecht", "Wien", "Zürich")  # fmt: skip
COUNTRIES = ("AT", "BE", "CH", "CZ", "DE", "DK", "EE", "ES", "FI", "FR", "IE", "IT", "NL", "NO", "PL", "PT", "SE")

Draw = Callable[[], str]


class Drawn(NamedTuple):
    draw: Draw
    literal: bool = False


@dataclass(slots=True)
class Dice:
    """Where draws come from: chance, the time, and counters that go on when the template changes."""

    random: Random
    now_ms: Callable[[], int]
    counters: dict[str, int] = field(default_factory=dict)


def escaped(text: str) -> str:
    """``text`` as it stands between the quotes of a JSON string."""
    return json.dumps(text, ensure_ascii=False)[1:-1]


def _numbers(words: list[str], count: int, shape: str) -> list[float]:
    try:
        numbers = [float(word) for word in words]
    except ValueError:
        numbers = []
    if len(numbers) != count:
        raise Invalid(f"it is written {shape}")
    return numbers


def _counter(dice: Dice, words: list[str]) -> Drawn:
    name = words[0] if words else ""
    start = int(_numbers(words[1:], 1, "{counter NAME START}")[0]) if len(words) > 1 else 1
    counters = dice.counters

    def draw() -> str:
        number = counters.get(name, start)
        counters[name] = number + 1
        return str(number)

    return Drawn(draw, literal=True)


def _int(dice: Dice, words: list[str]) -> Drawn:
    low, high = (int(number) for number in _numbers(words, 2, "{int FROM TO}"))
    if high < low:
        raise Invalid("its range is upside down")
    random, span = dice.random.random, high - low + 1
    return Drawn(lambda: str(low + int(random() * span)), literal=True)


def _amount(dice: Dice, words: list[str]) -> Drawn:
    low, high = _numbers(words, 2, "{amount FROM TO}")
    random, span = dice.random.random, high - low
    return Drawn(lambda: f"{low + random() * span:.2f}", literal=True)


def _float(dice: Dice, words: list[str]) -> Drawn:
    low, high = _numbers(words, 2, "{float FROM TO}")
    random, span = dice.random.random, high - low
    return Drawn(lambda: repr(low + random() * span), literal=True)


def _bool(dice: Dice, words: list[str]) -> Drawn:
    share = _numbers(words, 1, "{bool SHARE}")[0] if words else 0.5
    random = dice.random.random
    return Drawn(lambda: "true" if random() < share else "false", literal=True)


def _is_literal(text: str) -> bool:
    try:
        return not isinstance(json.loads(text), (str, list, dict))
    except ValueError:
        return False


def _choice(dice: Dice, words: list[str]) -> Drawn:
    options = " ".join(words).split("|")
    values, weights = [], []
    for option in options:
        value, star, weight = option.rpartition("*")
        try:
            weights.append(float(weight) if star else 1.0)
            values.append(value if star else option)
        except ValueError:
            weights.append(1.0)
            values.append(option)
    if len(values) < 2 or min(weights) < 0 or sum(weights) <= 0:
        raise Invalid("it is written {choice A|B|C}, or with weights {choice A*5|B*1}")
    return Drawn(_pick(dice, [escaped(v) for v in values], weights), literal=all(map(_is_literal, values)))


def _pick(dice: Dice, values: list[str], weights: list[float]) -> Draw:
    random = dice.random.random
    if len(set(weights)) == 1:
        count = len(values)
        return lambda: values[int(random() * count)]
    bounds = list(accumulate(weights))
    total, last = bounds[-1], len(values) - 1
    return lambda: values[min(bisect(bounds, random() * total), last)]


def _from(*lists: tuple[str, ...]) -> Callable[[Dice, list[str]], Drawn]:
    def make(dice: Dice, words: list[str]) -> Drawn:
        draws = [_pick(dice, [escaped(value) for value in values], [1.0] * len(values)) for values in lists]
        return Drawn(draws[0] if len(draws) == 1 else lambda: " ".join([draw() for draw in draws]))

    return make


def _uuid(dice: Dice, words: list[str]) -> Drawn:
    bits = dice.random.getrandbits

    def draw() -> str:
        digits = f"{bits(128) & ~(0xF << 76) & ~(0xC << 60) | (4 << 76) | (8 << 60):032x}"
        return f"{digits[:8]}-{digits[8:12]}-{digits[12:16]}-{digits[16:20]}-{digits[20:]}"

    return Drawn(draw)


def iso_ms(at_ms: int) -> str:
    """A time as people and JSON write it: ISO 8601, UTC, milliseconds."""
    return datetime.fromtimestamp(at_ms / 1000.0, UTC).strftime("%Y-%m-%dT%H:%M:%S.") + f"{at_ms % 1000:03d}Z"


def _now(dice: Dice, words: list[str]) -> Drawn:
    now_ms, last, text = dice.now_ms, -1, ""

    def draw() -> str:
        nonlocal last, text
        if (now := now_ms()) != last:
            last, text = now, iso_ms(now)
        return text

    return Drawn(draw)


def _timestamp(dice: Dice, words: list[str]) -> Drawn:
    if words not in ([], ["ms"], ["s"]):
        raise Invalid("it is written {timestamp ms} or {timestamp s}")
    now_ms = dice.now_ms
    if words == ["s"]:
        return Drawn(lambda: str(now_ms() // 1000), literal=True)
    return Drawn(lambda: str(now_ms()), literal=True)


PLACEHOLDERS: dict[str, Callable[[Dice, list[str]], Drawn]] = {
    "counter": _counter,
    "int": _int,
    "amount": _amount,
    "float": _float,
    "bool": _bool,
    "choice": _choice,
    "name": _from(FIRST_NAMES, LAST_NAMES),
    "first_name": _from(FIRST_NAMES),
    "city": _from(CITIES),
    "country": _from(COUNTRIES),
    "uuid": _uuid,
    "now": _now,
    "timestamp": _timestamp,
}

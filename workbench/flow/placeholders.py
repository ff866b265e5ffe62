"""What may stand between braces in a generator's template: «{int 1 5}», «{choice paid*8|open}» and the others.

Each entry of ``PLACEHOLDERS`` makes, from the words after its name, a piece of an f-string that draws one text (see
``flow.draft``). The text is already fit for the inside of a JSON string; ``literal`` says that, standing alone, it is
a JSON number or word and needs no quotes. The pieces may use ``random``, ``bisect``, ``now_ms`` and ``now``, and what
they bind. Everything random comes from one ``Random``, so a seed gives the same events again.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import accumulate, count
from random import Random
from typing import NamedTuple

from workbench.core.errors import Invalid
from workbench.flow.draft import Draft

FIRST_NAMES = ("Ada", "Bram", "Chidi", "Dana", "Emre", "Freya", "Goran", "Hana", "Ines", "Jonas", "Kaia", "Liam",
               "Mira", "Noor", "Oskar", "Priya", "Quinn", "Rosa", "Sven", "Tomás", "Uma", "Vera", "Yara")
LAST_NAMES = ("Adeyemi", "Becker", "Costa", "Dubois", "Eriksen", "Fischer", "García", "Haddad", "Ivanov", "Jansen",
              "Kowalski", "Lindqvist", "Moreau", "Nakamura", "Okafor", "Rossi", "Silva", "Tanaka")
CITIES = ("Amsterdam", "Berlin", "Bruxelles", "Dublin", "Helsinki", "Kraków", "København", "Lisboa", "Lyon", "Madrid",
          "Milano", "Oslo", "Porto", "Praha", "Stockholm", "Tallinn", "Utrecht", "Wien", "Zürich")
COUNTRIES = ("AT", "BE", "CH", "CZ", "DE", "DK", "EE", "ES", "FI", "FR", "IE", "IT", "NL", "NO", "PL", "PT", "SE")

_LARGEST = 1e300


class Drawn(NamedTuple):
    fields: str
    literal: bool = False


@dataclass(slots=True)
class Dice:
    """Where draws come from: chance, the time, and counters that go on when the template changes."""

    random: Random
    now_ms: Callable[[], int]
    counters: dict[str, Iterator[int]] = field(default_factory=dict)


def escaped(text: str) -> str:
    """``text`` as it stands between the quotes of a JSON string."""
    return json.dumps(text, ensure_ascii=False)[1:-1]


def _numbers(words: list[str], count: int, shape: str) -> list[float]:
    try:
        numbers = [float(word) for word in words]
    except ValueError:
        numbers = []
    if len(numbers) != count or not all(abs(number) < _LARGEST for number in numbers):
        raise Invalid("it is written {shape}", shape=shape)
    return numbers


def _counter(draft: Draft, dice: Dice, words: list[str]) -> Drawn:
    name = words[0] if words else ""
    start = int(_numbers(words[1:], 1, "{counter NAME START}")[0]) if len(words) > 1 else 1
    counter = draft.bind(dice.counters.setdefault(name, count(start)), "counter")
    return Drawn(f"{{next({counter})}}", literal=True)


def _int(draft: Draft, dice: Dice, words: list[str]) -> Drawn:
    low, high = (int(number) for number in _numbers(words, 2, "{int FROM TO}"))
    if high < low:
        raise Invalid("its range is upside down")
    return Drawn(f"{{{low} + int(random() * {high - low + 1})}}", literal=True)


def _amount(draft: Draft, dice: Dice, words: list[str]) -> Drawn:
    low, high = _numbers(words, 2, "{amount FROM TO}")
    return Drawn(f"{{{low!r} + random() * {high - low!r}:.2f}}", literal=True)


def _float(draft: Draft, dice: Dice, words: list[str]) -> Drawn:
    low, high = _numbers(words, 2, "{float FROM TO}")
    return Drawn(f"{{{low!r} + random() * {high - low!r}}}", literal=True)


def _bool(draft: Draft, dice: Dice, words: list[str]) -> Drawn:
    share = _numbers(words, 1, "{bool SHARE}")[0] if words else 0.5
    return Drawn(f"{{'true' if random() < {share!r} else 'false'}}", literal=True)


def _is_literal(text: str) -> bool:
    try:
        return not isinstance(json.loads(text), (str, list, dict))
    except ValueError:
        return False


def _choice(draft: Draft, dice: Dice, words: list[str]) -> Drawn:
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
    if len(values) < 2 or min(weights) < 0 or not 0 < sum(weights) < _LARGEST:
        raise Invalid("it is written {choice A|B|C}, or with weights {choice A*5|B*1}")
    return Drawn(_pick(draft, values, weights), literal=all(map(_is_literal, values)))


def _pick(draft: Draft, values: Sequence[str], weights: Sequence[float] = ()) -> str:
    """One of the values, escaped; the weights are even when there are none."""
    name = draft.bind(tuple(escaped(value) for value in values), "values")
    if len(set(weights)) <= 1:
        return f"{{{name}[int(random() * {len(values)})]}}"
    bounds = tuple(accumulate(weights))
    at = f"bisect({draft.bind(bounds, 'bounds')}, random() * {bounds[-1]!r})"
    return f"{{{name}[min({at}, {len(values) - 1})]}}"


def _from(*lists: tuple[str, ...]) -> Placeholder:
    def make(draft: Draft, dice: Dice, words: list[str]) -> Drawn:
        return Drawn(" ".join(_pick(draft, values) for values in lists))

    return make


def _uuid(draft: Draft, dice: Dice, words: list[str]) -> Drawn:
    bits = dice.random.getrandbits

    def draw() -> str:
        digits = f"{bits(128) & ~(0xF << 76) & ~(0xC << 60) | (4 << 76) | (8 << 60):032x}"
        return f"{digits[:8]}-{digits[8:12]}-{digits[12:16]}-{digits[16:20]}-{digits[20:]}"

    return Drawn(f"{{{draft.bind(draw, 'uuid')}()}}")


def iso_ms(at_ms: int) -> str:
    """A time as people and JSON write it: ISO 8601, UTC, milliseconds."""
    return datetime.fromtimestamp(at_ms / 1000.0, UTC).strftime("%Y-%m-%dT%H:%M:%S.") + f"{at_ms % 1000:03d}Z"


def _now(draft: Draft, dice: Dice, words: list[str]) -> Drawn:
    return Drawn("{now}")


def _timestamp(draft: Draft, dice: Dice, words: list[str]) -> Drawn:
    if words not in ([], ["ms"], ["s"]):
        raise Invalid("it is written {timestamp ms} or {timestamp s}")
    return Drawn("{now_ms // 1000}" if words == ["s"] else "{now_ms}", literal=True)


Placeholder = Callable[[Draft, Dice, list[str]], Drawn]
PLACEHOLDERS: dict[str, Placeholder] = {
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

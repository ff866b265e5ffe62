"""Which strips the log tape shows, and in which order: found by a word, pinned, sorted. Pure functions."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import replace

from workbench.ui.charts.tape_strips import Strip, TapeGroup
from workbench.ui.models.natural import natural

DRAWN, BY_NAME, BY_LAG = "drawn", "name", "behind"


def found(strips: Sequence[Strip], words: str) -> list[Strip]:
    """The strips that every word is about: of its topic, of ``topic/partition``, or of a group that reads it."""
    wanted = words.casefold().split()
    return [strip for strip in strips if all(_is_about(strip, word) for word in wanted)]


def _is_about(strip: Strip, word: str) -> bool:
    if "/" in word:
        topic, _, partition = word.rpartition("/")
        if partition.isdecimal() and int(partition) == strip.partition and topic in strip.topic.casefold():
            return True
    return word in strip.topic.casefold() or any(word in group.series.name.casefold() for group in strip.groups)


def ordered(strips: Sequence[Strip], order: str, pinned: Collection[str] = ()) -> list[Strip]:
    """Pinned topics first; within each half as the drawing has them, by name, or the furthest behind first."""
    keys = {
        DRAWN: lambda strip: 0,
        BY_NAME: lambda strip: (natural(strip.topic), strip.partition),
        BY_LAG: lambda strip: -(strip.slowest.behind if strip.slowest is not None else -1),
    }
    laid = sorted(strips, key=keys[order])
    return headed([*(s for s in laid if s.topic in pinned), *(s for s in laid if s.topic not in pinned)])


def as_before(strips: Sequence[Strip], places: Sequence[tuple[str, int]]) -> list[Strip]:
    """In the order of these places, so that rows do not jump while their numbers change."""
    order = {place: index for index, place in enumerate(places)}
    return headed(sorted(strips, key=lambda strip: order[strip.topic, strip.partition]))


def headed(strips: Sequence[Strip]) -> list[Strip]:
    """The same, with the topic named where it begins."""
    before = ["", *(strip.topic for strip in strips)]
    return [_begins(strip, strip.topic != last) for strip, last in zip(strips, before, strict=False)]


def _begins(strip: Strip, begins: bool) -> Strip:
    return strip if strip.first_of_topic == begins else replace(strip, first_of_topic=begins)


def marked(strip: Strip, front: Collection[str], most: int) -> list[TapeGroup]:
    """The groups whose markers are drawn: those in front, then the furthest behind; never is that one left out."""
    if len(strip.groups) <= most:
        return list(strip.groups)
    worst = strip.slowest
    chosen = [worst] if worst is not None else []
    rest = sorted(strip.groups, key=lambda group: (group.series.name not in front, -group.level, group.series.index))
    chosen += [group for group in rest if group is not worst][: most - len(chosen)]
    return sorted(chosen, key=lambda group: group.series.index)

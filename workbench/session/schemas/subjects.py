"""Names of subjects: the context before them, and how serializers make them of a topic and a record. Pure.

A subject stands in a context, ``:.CONTEXT:subject``; without one it stands in the default context, ``.``. What is set
for a whole context is set for the name ``:.CONTEXT:``.
"""

from __future__ import annotations

from typing import NamedTuple

from workbench.session.schemas.problems import MOST_NAME

DEFAULT_CONTEXT = "."
GLOBAL_CONTEXT = ".__GLOBAL"
EVERY_CONTEXT = ":*:"
RESERVED = ("__GLOBAL", "__EMPTY")
STRATEGIES = ("topic", "record", "topic-record")


class Place(NamedTuple):
    context: str
    subject: str

    @property
    def prefix(self) -> str:
        """What stands before every subject of the context; empty for the default one."""
        return "" if self.context == DEFAULT_CONTEXT else f":{self.context}:"

    @property
    def name(self) -> str:
        return self.prefix + self.subject


def place_of(name: str) -> Place:
    if name.startswith(":."):
        context, colon, subject = name[1:].partition(":")
        return Place(context, subject) if colon else Place(name[1:], "")
    return Place(DEFAULT_CONTEXT, name)


def normal(name: str) -> str:
    """The one way to write it: ``:.:orders`` is ``orders``."""
    return place_of(name).name


def is_good(name: str) -> bool:
    """Whether schemas can be registered under it."""
    place = place_of(name)
    return (bool(place.subject) and place.subject not in RESERVED and len(name) <= MOST_NAME
            and place.context != GLOBAL_CONTEXT and name.isprintable())


def beside(name: str, referred: str) -> str:
    """The subject that ``name`` means by ``referred``: one without a context is looked for in its own."""
    place = place_of(referred)
    return place.name if place.context != DEFAULT_CONTEXT else Place(place_of(name).context, place.subject).name


def subject_name(strategy: str, topic: str, record: str, is_key: bool = False) -> str:
    """As serializers name the subject of a topic's keys or values; ``record`` is the full name of the type."""
    if strategy == "record":
        return record
    if strategy == "topic-record":
        return f"{topic}-{record}"
    return f"{topic}-{'key' if is_key else 'value'}"


def topics_of(subject: str, topics: list[str]) -> list[str]:
    """The topics whose keys or values go by this subject, as far as its name tells."""
    bare = place_of(subject).subject
    return [topic for topic in topics if bare in (f"{topic}-key", f"{topic}-value")
            or (bare.startswith(f"{topic}-") and "." in bare.removeprefix(f"{topic}-"))]

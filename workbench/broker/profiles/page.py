"""``docs/profiles.md`` from the table of profiles.

    WORKBENCH_PROOFS=docs/proofs.json python -m pytest tests/unit/broker/profiles
    python -m workbench.broker.profiles.page docs/proofs.json > docs/profiles.md

The first writes which test proved what, as it ran; the page says of nothing that it is proved unless it stands there.
A test says when either is stale. Pure, apart from printing.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path

from workbench.broker.profiles.table import Feature, Level, Profile, Rule, Source, profiles

_INTRO = """# Profiles

Printed by `python -m workbench.broker.profiles.page` from `resources/profiles.json` and from what the tests saw
(`docs/proofs.json`); do not edit.

A topic, queue or subscription follows a system's rules when its setting `queue.profile` names it: the names change,
and the defaults, the limits and what is refused. Of each feature this page says how much of it is the system's own:

- **modelled**: it is as in the system, and the test that is named proved it in a run;
- **none**: the system has no such thing, and so it is refused here;
- **approximated**: much the same, with the difference that is named;
- **absent**: the system has it, the workbench does not.

Of each claim and each rule the tables name the test that proved it here, or say that it is **not proved**, and the
page or source file where it was looked up; where that is empty, the claim is what the system is generally known for.
"""
NOT_PROVED = "**not proved**"

Proofs = Mapping[str, Mapping[str, str]]
"""By profile: the name of a feature, or the sentence of a rule, and the test that proved it."""


def page(proofs: Proofs) -> str:
    every = profiles()
    sections = [_INTRO, _matrix(every, proofs), *(_section(each, proofs.get(each.name, {})) for each in every)]
    return "\n".join(sections).rstrip() + "\n"


def _matrix(every: Sequence[Profile], proofs: Proofs) -> str:
    rows = [[title, *(_word(each.features[key], proofs.get(each.name, {})) for each in every)]
            for key, title in ((key, feature.title) for key, feature in every[0].features.items())]
    return "## At a glance\n\n" + _table(["", *(each.title for each in every)], rows)


def _section(profile: Profile, proved: Mapping[str, str]) -> str:
    parts = [f"## {profile.title}\n\nAs of {profile.as_of}. The profile is named `{profile.name}`.\n"]
    named = [[here, name] for here, name in profile.names.items() if name]
    parts.append("### What things are called\n\n" + _table(["here", profile.title], named))
    parts.append("### Defaults\n\n" + _table(["setting", "value"], list(_defaults(profile))))
    rules = [[_subject(rule), rule.say + _conditions(rule), _proof(rule_key(rule), proved), _links(rule.sources)]
             for rule in profile.rules]
    parts.append("### What is refused\n\n" + _table(["", "rule", "proved by", "looked up in"], rules))
    features = [[feature.title, _word(feature, proved), feature.text, _proof(feature.name, proved),
                 _links(feature.sources)] for feature in profile.features.values()]
    parts.append("### Features\n\n" + _table(["feature", "", "how", "proved by", "looked up in"], features))
    return "\n".join(parts)


def _defaults(profile: Profile) -> Iterator[list[str]]:
    for setting, value in profile.defaults.items():
        yield [f"`{setting}`", f"`{value}`"]
    for when, defaults in profile.conditional:
        for setting, value in defaults.items():
            yield [f"`{setting}`, {_while(when.items())}", f"`{value}`"]


def _subject(rule: Rule) -> str:
    return f"`{rule.setting}`" if rule.setting else str(rule.act).replace("_", " ")


def _conditions(rule: Rule) -> str:
    return f" ({_while(rule.when)})" if rule.when else ""


def _while(when: Iterable[tuple[str, Sequence[str]]]) -> str:
    return "while " + " and ".join(f"`{key}` is {' or '.join(value or 'empty' for value in values)}"
                                   for key, values in when)


def _word(feature: Feature, proved: Mapping[str, str]) -> str:
    """What is not proved is not said to be as in the system."""
    if feature.level is Level.MODELLED and feature.name not in proved:
        return NOT_PROVED
    return "none" if feature.lacks else str(feature.level)


def rule_key(rule: Rule) -> str:
    """What names a rule within its profile."""
    return f"{_subject(rule)}: {rule.say}{_conditions(rule)}"


def _proof(claim: str, proved: Mapping[str, str]) -> str:
    return f"`{proved[claim]}`" if claim in proved else NOT_PROVED


def _links(sources: Sequence[Source]) -> str:
    return ", ".join(f"[{source.title}]({source.url})" for source in sources)


def _table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = ["| " + " | ".join(head) + " |", "|" + "---|" * len(head)]
    lines += ["| " + " | ".join(row) + " |" for row in rows]
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    print(page(json.loads(Path(sys.argv[1]).read_text(encoding="utf-8"))), end="")

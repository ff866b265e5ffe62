"""``docs/profiles.md`` from the table of profiles.

    python -m workbench.broker.profiles.page > docs/profiles.md

A test says when the page is stale. Pure, apart from printing.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from workbench.broker.profiles.table import Feature, Profile, Rule, Source, profiles

_INTRO = """# Profiles

Printed from `resources/profiles.json` by `python -m workbench.broker.profiles.page`; do not edit.

A topic, queue or subscription follows a system's rules when its setting `queue.profile` names it: the names change,
and the defaults, the limits and what is refused. Of each feature this page says how much of it is the system's own:

- **modelled**: it is as in the system, and a test proves it;
- **none**: the system has no such thing, and so it is refused here;
- **approximated**: much the same, with the difference that is named;
- **absent**: the system has it, the workbench does not.

The last column of a table names the page or source file where the claim was looked up; where it is empty, the claim
is what the system is generally known for.
"""


def page() -> str:
    every = profiles()
    sections = [_INTRO, _matrix(every), *(_section(each) for each in every)]
    return "\n".join(sections).rstrip() + "\n"


def _matrix(every: Sequence[Profile]) -> str:
    rows = [[title, *(_word(each.features[key]) for each in every)]
            for key, title in ((key, feature.title) for key, feature in every[0].features.items())]  # fmt: skip
    return "## At a glance\n\n" + _table(["", *(each.title for each in every)], rows)


def _section(profile: Profile) -> str:
    parts = [f"## {profile.title}\n\nAs of {profile.as_of}. The profile is named `{profile.name}`.\n"]
    named = [[here, name] for here, name in profile.names.items() if name]
    parts.append("### What things are called\n\n" + _table(["here", profile.title], named))
    parts.append("### Defaults\n\n" + _table(["setting", "value"], list(_defaults(profile))))
    rules = [[_subject(rule), rule.say + _conditions(rule), _links(rule.sources)] for rule in profile.rules]
    parts.append("### What is refused\n\n" + _table(["", "rule", "checked in"], rules))
    features = [[feature.title, _word(feature), feature.text, _links(feature.sources)]
                for feature in profile.features.values()]  # fmt: skip
    parts.append("### Features\n\n" + _table(["feature", "", "how", "checked in"], features))
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
                                   for key, values in when)  # fmt: skip


def _word(feature: Feature) -> str:
    return "none" if feature.lacks else str(feature.level)


def _links(sources: Sequence[Source]) -> str:
    return ", ".join(f"[{source.title}]({source.url})" for source in sources)


def _table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = ["| " + " | ".join(head) + " |", "|" + "---|" * len(head)]
    lines += ["| " + " | ".join(row) + " |" for row in rows]
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    print(page(), end="")

"""What the client suite proves, gathered from its run into docs/kafka-compatibility.md.

    WORKBENCH_COMPATIBILITY=ours.json   pytest tests/listeners                                   the workbench
    WORKBENCH_COMPATIBILITY=kafka.json  WORKBENCH_KAFKA_BOOTSTRAP=HOST:PORT pytest -m proves tests/listeners   another
    python tests/listeners/compatibility.py ours.json [kafka.json] > docs/kafka-compatibility.md
    python tests/listeners/compatibility.py --registry ours.json > docs/registry-compatibility.md
"""

from __future__ import annotations

import json
import sys
from importlib import metadata
from pathlib import Path
from typing import Any

import pytest

Outcomes = dict[str, str]
"""Client and what was tried, to ``works`` or why not; the worst of several runs stays."""


def proves(client: str, what: str) -> pytest.MarkDecorator:
    """This test fills one line of the page."""
    return pytest.mark.proves(client, what)


REGISTRY = "Schema Registry: "
"""Before what is tried of the registry, which has a page of its own."""


def proves_registry(client: str, what: str) -> pytest.MarkDecorator:
    return pytest.mark.proves(client, REGISTRY + what)


class Gathering:
    """A pytest plugin: writes the outcomes of the tests that are marked."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._outcomes: Outcomes = {}

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_makereport(self, item: pytest.Item, call: pytest.CallInfo[None]):
        report = yield
        marker = item.get_closest_marker("proves")
        if marker is not None and (report.when == "call" or not report.passed):
            line = f"{_with_version(marker.args[0])} | {marker.args[1]}"
            outcome = "works" if report.passed else "not run" if report.skipped else "does not work"
            if self._outcomes.get(line, "works") == "works":
                self._outcomes[line] = outcome
        return report

    def pytest_sessionfinish(self) -> None:
        self._path.write_text(json.dumps(self._outcomes, indent=1))


def _with_version(client: str) -> str:
    try:
        return f"{client} {metadata.version(client)}"
    except metadata.PackageNotFoundError:
        return client


def page(ours: Outcomes, other: Outcomes | None) -> str:
    """The page, as Markdown."""
    from workbench.broker import TOPIC_SETTINGS
    from workbench.listeners.kafka.apis.table import TABLE

    lines = ["# Kafka clients that were tried", "",
             "Generated from a run of the client suite (`tests/listeners/compatibility.py` says how); do not edit.", "",
             "| client | what | workbench | Apache Kafka |", "|---|---|---|---|"]
    ours = {line: outcome for line, outcome in ours.items() if REGISTRY not in line}
    for line in ours:
        lines.append(f"| {line} | {ours[line]} | {(other or {}).get(line, 'not run')} |")
    differing = [line for line in ours if other and other.get(line) not in (None, ours[line])]
    lines += ["", "## Where the two differ", ""]
    lines += [f"- {line.replace(' | ', ': ')}: workbench {ours[line]}, Apache Kafka {other[line]}"
              for line in differing if other] or ["In nothing the suite looks at."]
    lines += ["", "## Settings of a topic", "", "All are checked, kept and described with their source. These act:", ""]
    lines += [f"- `{one.name}` ({one.default}): {one.about}" for one in TOPIC_SETTINGS.values() if one.acts]
    kept = ", ".join(f"`{one.name}`" for one in TOPIC_SETTINGS.values() if not one.acts)
    lines += ["", f"These are kept, and nothing here depends on them: {kept}."]
    lines += ["Settings of the broker and of groups are kept and described in the same way; none of them acts."]
    lines += ["", "## APIs and versions", "", "| API | number | served |", "|---|---|---|"]
    lines += [f"| {api.name} | {api.key} | {_span(api)} |" for api in TABLE.values()]
    return "\n".join([*lines, "", *_DIFFERENCES, ""])


def registry_page(ours: Outcomes) -> str:
    """The page of the registry, as Markdown."""
    lines = ["# Schema Registry clients that were tried", "",
             "Generated from a run of the client suite (`tests/listeners/compatibility.py` says how); do not edit.", "",
             "| client | what | workbench |", "|---|---|---|"]
    lines += [f"| {line.replace(REGISTRY, '')} | {outcome} |" for line, outcome in ours.items() if REGISTRY in line]
    return "\n".join([*lines, "", *_REGISTRY_DIFFERENCES, ""])


_REGISTRY_DIFFERENCES = (
    "## What is different by design",
    "",
    "- One sequence of ids serves all contexts; Confluent's registry counts in each. An id is never given to another",
    "  schema, also after its last version was deleted for good.",
    "- A schema is the same when it means the same: white space, comments and the order of attributes make no new one,",
    "  with or without `normalize`.",
    "- A reason for a refusal has a kind of Confluent's registry (`errorType`), and says which field and what to do.",
    "- Of `/config`, aliases, default and override metadata and rules, `compatibilityPolicy` and validation are",
    "  refused with 42205 and named in the window. Rules and metadata of a schema are kept and handed out: clients act",
    "  on them. Associations are answered with 404.",
    "- A schema may have 5 MB, nest 100 deep and refer to 200 others.",
)


def _span(api: Any) -> str:
    said = f"; {api.lowest_said} is advertised, see trap 1" if api.lowest_said != api.low else ""
    return f"{api.low} to {api.high}{said}"


_DIFFERENCES = (
    "## What is different by design",
    "",
    "- One node, id 1, replication factor 1. Fetch sessions are not kept; clients fall back to full fetches.",
    "- The new group protocol (KIP-848), share groups, ACLs, quotas and reassignment are not served, nor advertised.",
    "- A client that asks for what is not served is named in the window, with what to set instead (Clients, Problems).",
    "- A topic keeps its records until told otherwise (`retention.ms` -1). `cleanup.policy` can only be `delete`.",
    "- A compressed batch that does not unpack is refused with INVALID_RECORD (87); Apache Kafka 4.1 answers",
    "  UNKNOWN_SERVER_ERROR. Records that are not numbered 0, 1, 2 in their batch are refused too.",
    "- The first join of a group waits 60 ms, not 3 s. Session time-outs down to 100 ms are taken.",
    "- A transaction ends in one commit of the file, so no client ever sees CONCURRENT_TRANSACTIONS.",
    "- A fetch answers with at most 8 MiB (and at least one batch).",
    "- A group with running members can be moved (`groups reset --pause-members`, or in the window); Kafka's tools",
    "  refuse that. Members are told that their generation is over (ILLEGAL_GENERATION, or UNKNOWN_MEMBER_ID to one",
    "  that is joining), give up their places and read on from the new offsets.",
    "- Offsets that an open transaction had sent before such a move are dropped, and it can still commit: as in Kafka,",
    "  the offset that was sent later counts. Those that a member of the old generation sends after the move are",
    "  refused, and its transaction has to be aborted.",
    "- Which group a fetch is for is known by client id, host, assignment and offset; only canvas and journal use it.",
)


if __name__ == "__main__":
    of_registry = sys.argv[1:2] == ["--registry"]
    read = [json.loads(Path(name).read_text()) for name in sys.argv[2 if of_registry else 1 :][:2]]
    sys.stdout.write(registry_page(read[0]) if of_registry else page(read[0], read[1] if len(read) > 1 else None))

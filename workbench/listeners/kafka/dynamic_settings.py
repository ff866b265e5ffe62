"""Settings of the broker and of groups that Kafka's tools may change while it runs: checked, kept in the workspace and
told again with where they come from. Nothing here depends on them yet; docs/kafka-compatibility.md says so.

Kept as one value of the workspace: owner ("broker", "brokers" for all of them, "group NAME") to what was set there.
"""

from __future__ import annotations

import json
from collections.abc import Mapping

from workbench.broker import TOPIC_SETTINGS, Broker, Setting

KEY = "kafka.settings"
_MOST_MS = 2**31 - 1


def _ms(name: str, default: int, about: str) -> Setting:
    return Setting(name, "int", str(default), about, name, 1, _MOST_MS)


_KEPT = "Kept; nothing here depends on it."
GROUP_SETTINGS: Mapping[str, Setting] = {one.name: one for one in (
    _ms("consumer.heartbeat.interval.ms", 5_000, "Of the new group protocol, which is not served."),
    _ms("consumer.session.timeout.ms", 45_000, "Of the new group protocol, which is not served."),
    Setting("share.auto.offset.reset", "string", "latest", "Of share groups, which are not served.",
            "share.auto.offset.reset"),
    _ms("share.heartbeat.interval.ms", 5_000, "Of share groups, which are not served."),
    Setting("share.isolation.level", "string", "read_uncommitted", "Of share groups, which are not served.",
            "share.isolation.level", choices=("read_uncommitted", "read_committed")),
    _ms("share.record.lock.duration.ms", 30_000, "Of share groups, which are not served."),
    _ms("share.session.timeout.ms", 45_000, "Of share groups, which are not served."),
    _ms("streams.heartbeat.interval.ms", 5_000, "Of streams groups, which are not served."),
    Setting("streams.num.standby.replicas", "int", "0", "Of streams groups, which are not served.",
            "streams.num.standby.replicas", 0, _MOST_MS),
    _ms("streams.session.timeout.ms", 45_000, "Of streams groups, which are not served."),
)}
BROKER_SETTINGS: Mapping[str, Setting] = {one.name: one for one in (
    *(Setting(one.synonym, one.kind, one.default, _KEPT, one.synonym, one.low, one.high, one.choices)
      for one in TOPIC_SETTINGS.values() if one.synonym),
    *(Setting(name, "int", default, _KEPT, name, 1, _MOST_MS) for name, default in (
        ("background.threads", "10"), ("log.cleaner.threads", "1"), ("num.io.threads", "8"),
        ("num.network.threads", "3"), ("num.recovery.threads.per.data.dir", "2"), ("num.replica.fetchers", "1"),
        ("max.connections", str(_MOST_MS)), ("max.connections.per.ip", str(_MOST_MS)),
        ("producer.id.expiration.ms", "86400000"),
    )),
)}


class DynamicSettings:
    """What was set, by owner. Writes wait for their commit: not on the loop."""

    def __init__(self, broker: Broker) -> None:
        self._broker = broker
        self._set: dict[str, dict[str, str]] = json.loads(broker.meta(KEY) or "{}")

    def of(self, owner: str) -> Mapping[str, str]:
        return self._set.get(owner, {})

    def change(self, owner: str, changes: Mapping[str, str | None]) -> None:
        """Set, or with None forget, settings that were checked."""
        changed = {**self._set.get(owner, {}), **changes}
        kept = {name: value for name, value in changed.items() if value is not None}
        self._set = {**{other: values for other, values in self._set.items() if other != owner},
                     **({owner: kept} if kept else {})}
        self._broker.set_meta(KEY, json.dumps(self._set))

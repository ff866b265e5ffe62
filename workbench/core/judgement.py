"""Judges the parts of a snapshot: what each is found to be, and how that is said. Pure, without memory.

    assess_group(group, threshold, ...)  -> Verdict      without figures, so that it can be held against flicker
    tell_group(verdict, group, ...)      -> Health       in words, with the figures of the same snapshot

The host holds verdicts for two seconds (``host.problems``); a past instant is judged as it stood (``judged``).

Rules: a pause is a person's wish, so a paused group is well, and the time it stood still is not counted as lag
(``held_ms``). Who gets nearer its end soon is catching up, not unable to keep up. Where nobody reads, only records
count, for the age of what waits grows by the mere clock.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from workbench.core.health import AT_ONCE, Condition, Health, Level, Threshold, Verdict, level_at
from workbench.core.snapshot import (
    AttachedStat,
    GroupPartitionStat,
    GroupStat,
    MemberStat,
    PartState,
    Problem,
    ProducerStat,
    QueueStat,
    RunState,
    Snapshot,
)
from workbench.core.times import duration_words

SOON_S = 60.0
"""Who has caught up within this time is catching up."""
_EMPTY = ("Empty", "Dead")

Arriving = Mapping[tuple[str, int], float]
"""Records a second by topic and partition."""


# -- how far behind ----------------------------------------------------------------------------------------
def share_of(group: GroupStat, threshold: Threshold) -> float:
    """Lag over its threshold, in records or in time, whichever is nearer."""
    in_time = 0.0
    if group.members or group.state not in _EMPTY:
        in_time = (group.lag_ms or 0) / 1000.0 / threshold.seconds if group.lag_records else 0.0
    return max(group.lag_records / threshold.records, in_time)


def partition_level(place: GroupPartitionStat, group: GroupStat, threshold: Threshold) -> Level:
    """The level of one partition's lag, by its part of the group's threshold; ``bad`` only where its group is."""
    health = group.health or health_of_group(group, threshold)
    if health.is_still:
        return Level.OK
    if not place.lag_records:
        return Level.OK
    in_time = max(0, (place.lag_ms or 0) - group.held_ms) / 1000.0 / threshold.seconds
    share = max(place.lag_records * len(group.partitions) / threshold.records, in_time if group.members else 0.0)
    return min(level_at(share), max(health.lag, Level.WARN))


def eta_s(group: GroupStat) -> float | None:
    """Seconds until a group that gains on its end has caught up; None for one that does not."""
    return group.lag_records / -group.trend if group.trend < 0 else None


# -- groups ------------------------------------------------------------------------------------------------
def assess_group(group: GroupStat, threshold: Threshold, run: RunState = RunState.RUNNING, drawn: bool = True,
                 arriving: Arriving | None = None) -> Verdict:
    """What a group is found to be. ``drawn``: it is the flow's own, so it stands when the flow is stopped."""
    lag = level_at(share_of(group, threshold))
    failed = _in(group, PartState.FAILED)
    killed = _in(group, PartState.KILLED)
    if failed:
        return Verdict(Condition.FAILED, Level.BAD, lag, tuple(member.name for member in failed))
    if killed and len(killed) == len(group.members):
        return Verdict(Condition.KILLED, Level.BAD, lag, tuple(member.name for member in killed))
    if is_still(group):
        return Verdict(Condition.PAUSED)
    if not group.members and group.state in _EMPTY:
        if drawn and run is RunState.STOPPED:
            return Verdict(Condition.STOPPED)
        return Verdict(Condition.UNREAD, lag, lag) if lag else Verdict()
    verdict = _of_lag(group, lag, arriving or {})
    if killed:
        return Verdict(Condition.KILLED, max(Level.WARN, verdict.level), verdict.lag, tuple(m.name for m in killed))
    return verdict


def is_still(group: GroupStat) -> bool:
    """Whether a person holds the group: the whole of it, or everybody who is left."""
    alive = [member.state for member in group.members if member.state is not PartState.KILLED]
    return group.paused or (bool(alive) and all(state is PartState.PAUSED for state in alive))


def _in(group: GroupStat, state: PartState) -> list[MemberStat]:
    return [member for member in group.members if member.state is state]


def _of_lag(group: GroupStat, lag: Level, arriving: Arriving) -> Verdict:
    left_s = eta_s(group)
    if left_s is not None and left_s <= SOON_S:
        return Verdict(Condition.CATCHING_UP, Level.WARN, Level.WARN) if lag is Level.BAD else _slips(lag)
    slow = tuple(m.name for m in group.members
                 if m.slow and m.state is PartState.RUNNING and _arrive(m, arriving) > m.rate)
    if slow and not group.waiting:
        return Verdict(Condition.SLOW, max(Level.WARN, lag), lag, slow)
    return Verdict(Condition.BEHIND, lag, lag) if lag is Level.BAD else _slips(lag)


def _slips(lag: Level) -> Verdict:
    return Verdict(Condition.SLIPPING if lag else Condition.FINE, lag, lag)


def _arrive(member: MemberStat, arriving: Arriving) -> float:
    return sum(arriving.get(place, 0.0) for place in member.partitions)


def tell_group(verdict: Verdict, group: GroupStat, threshold: Threshold, drawn: bool = True,
               arriving: Arriving | None = None) -> Health:
    """The verdict in words, with the figures of ``group``."""
    text, next_step = _GROUP_WORDS.get(verdict.condition, _silent)(verdict, group, arriving or {}, drawn)
    return Health(verdict.condition, verdict.level, verdict.lag, text, next_step, share_of(group, threshold))


def health_of_group(group: GroupStat, threshold: Threshold, run: RunState = RunState.RUNNING, drawn: bool = True,
                    arriving: Arriving | None = None) -> Health:
    """Judged and told, as it stands."""
    return tell_group(assess_group(group, threshold, run, drawn, arriving), group, threshold, drawn, arriving)


def _silent(verdict: Verdict, group: GroupStat, arriving: Arriving, drawn: bool) -> tuple[str, str]:
    return "", ""


def _say_failed(verdict: Verdict, group: GroupStat, arriving: Arriving, drawn: bool) -> tuple[str, str]:
    first = next((member for member in group.members if member.name in verdict.who), None)
    reason = "" if first is None else first.reason
    others = len(verdict.who) - 1
    more = f" So did {others} more." if others else ""
    return f"{verdict.who[0]} failed. {reason}".strip() + more, "Restart it." if not others else "Restart them."


def _say_killed(verdict: Verdict, group: GroupStat, arriving: Arriving, drawn: bool) -> tuple[str, str]:
    killed = [member for member in group.members if member.name in verdict.who]
    one = len(killed) == 1
    held = [member.session_ms for member in killed if member.session_ms]
    all_of_it = len(killed) == len(group.members)
    who = verdict.who[0] if one else f"All {len(killed)} members" if all_of_it else ", ".join(verdict.who)
    said = f"{who}{f' of {group.name}' if all_of_it and not one else ''} {'was' if one else 'were'} killed."
    if held:
        theirs = "its partitions for it until its session times" if one else (
            "their partitions for them until their sessions time")
        after = f", {duration_words(max(held))} after the last heartbeat" if max(held) > 0 else ""
        said += f" The broker keeps {theirs} out{after}."
    elif not all_of_it:
        said += " The others read on."
    if all_of_it:
        said += f" Nobody reads {group.name} {'meanwhile' if held else 'now'}; {_waits(group)}."
    return said, "Restart it." if one else "Restart them."


def _say_unread(verdict: Verdict, group: GroupStat, arriving: Arriving, drawn: bool) -> tuple[str, str]:
    return f"Nobody reads {group.name}; {_waits(group)}.", (
        "Add a member." if drawn else "Start its program, or delete its offsets in Groups.")


def _say_paused(verdict: Verdict, group: GroupStat, arriving: Arriving, drawn: bool) -> tuple[str, str]:
    return f"{group.name} is paused; {_waits(group)}.", "Resume it."


def _say_catching_up(verdict: Verdict, group: GroupStat, arriving: Arriving, drawn: bool) -> tuple[str, str]:
    left_s = eta_s(group)
    when = "" if left_s is None else f", in about {_long(max(1.0, left_s) * 1000)} at this pace"
    return f"{group.name} is {_things(group)} behind and catches up{when}.", ""


def _say_slow(verdict: Verdict, group: GroupStat, arriving: Arriving, drawn: bool) -> tuple[str, str]:
    """With the figures of now, which may have got better since it was found: then it is not said any more."""
    found = [one for one in group.members if one.name in verdict.who and _arrive(one, arriving) > one.rate]
    if not found:
        return _say_behind(verdict, group, arriving, drawn) if verdict.level is Level.BAD else ("", "")
    first, others = found[0], len(found) - 1
    more = f" Nor can {others} more." if others else ""
    return (f"{first.name} cannot keep up. It handles {first.rate:,.0f}/s, {_arrive(first, arriving):,.0f}/s "
            f"arrive.{more}", "Make it faster, or add a member.")


def _say_behind(verdict: Verdict, group: GroupStat, arriving: Arriving, drawn: bool) -> tuple[str, str]:
    held = _in(group, PartState.PAUSED)
    step = f"Resume {', '.join(member.name for member in held)}." if held else "Add members, or make them faster."
    return f"{group.name} is {_things(group)} and {_long(group.lag_ms or 0)} behind.", step


_GROUP_WORDS = {
    Condition.FAILED: _say_failed, Condition.KILLED: _say_killed, Condition.UNREAD: _say_unread,
    Condition.PAUSED: _say_paused, Condition.CATCHING_UP: _say_catching_up, Condition.SLOW: _say_slow,
    Condition.BEHIND: _say_behind,
}


def _long(ms: float) -> str:
    """A time in whole seconds, so that a sentence does not change with every snapshot."""
    return duration_words(round(ms / 1000.0) * 1000)


def _things(group: GroupStat) -> str:
    one, many = ("message", "messages") if group.waiting else ("event", "events")
    return f"{group.lag_records:,} {one if group.lag_records == 1 else many}"


def _waits(group: GroupStat) -> str:
    return f"{_things(group)} {'waits' if group.lag_records == 1 else 'wait'}" if group.lag_records else "nothing waits"


# -- queues and producers ----------------------------------------------------------------------------------
def assess_queue(queue: QueueStat, limit: Threshold, still: bool = False, held_ms: int = 0) -> Verdict:
    """``still``: all who read it are paused; ``held_ms``: how long they were, within the age of what waits."""
    counts = queue.counts
    if counts.dead or (queue.takes_dead_letters and counts.ready):
        return Verdict(Condition.DEAD_LETTERS, Level.BAD)
    if queue.takes_dead_letters or not counts.ready or not queue.consumers:
        return Verdict()
    if still:
        return Verdict(Condition.PAUSED)
    age_s = max(0, (queue.oldest_ms or 0) - held_ms) / 1000.0
    return _queue_lag(level_at(max(counts.ready / limit.records, age_s / limit.seconds)))


def _queue_lag(lag: Level) -> Verdict:
    return Verdict(Condition.BEHIND, lag, lag) if lag is Level.BAD else _slips(lag)


def tell_queue(verdict: Verdict, queue: QueueStat, limit: Threshold) -> Health:
    counts, text, step = queue.counts, "", ""
    if verdict.condition is Condition.DEAD_LETTERS:
        step = "See why they died, then redrive or purge them."
        there = counts.ready + counts.dead
        text = (f"{_messages(there)} ended in the dead letters {queue.name}." if queue.takes_dead_letters
                else f"{_messages(counts.dead)} of {queue.name} died and stayed there.")
    elif verdict.condition is Condition.BEHIND:
        step = "Add consumers, or make them faster."
        text = f"{_messages(counts.ready)} wait in {queue.name}, the oldest for {_long(queue.oldest_ms or 0)}."
    return Health(verdict.condition, verdict.level, verdict.lag, text, step, counts.ready / limit.records)


def _messages(count: int) -> str:
    return "1 message" if count == 1 else f"{count:,} messages"


def health_of_producer(producer: ProducerStat) -> Health:
    if producer.state is PartState.FAILED:
        reason = producer.reason or "It gave no reason."
        return Health(Condition.FAILED, Level.BAD, Level.OK, f"{producer.name} failed. {reason}",
                      "Change its settings, or restart it.")
    return Health(Condition.PAUSED if producer.state is PartState.PAUSED else Condition.FINE)


def health_of_connection(system: AttachedStat) -> Health:
    """Of an attached system, by its state (see ``AttachedStat``)."""
    if system.state == "failing" and system.next_try_ms is None:
        return Health(Condition.REFUSED, Level.BAD, Level.OK, f"@{system.name} can't be looked at. {system.reason}",
                      "Mend that, then try it again.")
    if system.state == "failing":
        return Health(Condition.OUT_OF_REACH, Level.BAD, Level.OK, f"@{system.name} is out of reach. {system.reason}",
                      "It is tried again by itself. What is shown of it is as old as it says.")
    return Health() if system.state == "ready" else Health(Condition.CONNECTING, Level.WARN)


# -- a whole snapshot --------------------------------------------------------------------------------------
def arriving_in(snapshot: Snapshot) -> dict[tuple[str, int], float]:
    return {(topic.name, part.partition): part.rate_in for topic in snapshot.topics for part in topic.partitions}


def readers_of(queue: QueueStat, groups: tuple[GroupStat, ...]) -> list[tuple[GroupStat, MemberStat]]:
    """The members that take messages from a queue, with their groups."""
    names = {consumer.consumer for consumer in queue.consumers}
    return [(group, member) for group in groups for member in group.members if member.name in names]


def standing_still(queue: QueueStat, groups: tuple[GroupStat, ...]) -> tuple[bool, int]:
    """Whether all who read a queue are paused, and for how long they were."""
    readers = readers_of(queue, groups)
    still = bool(readers) and len(readers) >= len(queue.consumers) and all(
        member.state is PartState.PAUSED for _, member in readers)
    return still, max((group.held_ms for group, _ in readers), default=0)


def judged(snapshot: Snapshot, thresholds: Mapping[str, Threshold],
           queue_thresholds: Mapping[str, Threshold] | None = None) -> Snapshot:
    """The snapshot with the health of every part that has none yet. ``thresholds`` are those of the drawn groups."""
    arriving, limits = arriving_in(snapshot), queue_thresholds or {}
    groups = tuple(
        group if group.health is not None else replace(group, health=health_of_group(
            group, thresholds.get(group.name, Threshold()), snapshot.run, group.name in thresholds, arriving))
        for group in snapshot.groups
    )
    queues = tuple(queue if queue.health is not None else _judged_queue(queue, groups, limits)
                   for queue in snapshot.queues)
    producers = tuple(one if one.health is not None else replace(one, health=health_of_producer(one))
                      for one in snapshot.producers)
    seen = replace(snapshot, groups=groups, queues=queues, producers=producers)
    return seen if snapshot.live or snapshot.problems else replace(seen, problems=problems_of(seen))


def problems_of(snapshot: Snapshot) -> tuple[Problem, ...]:
    """What the healths of a snapshot say that needs a person, the worst first; since when is not known."""
    parts = (*((f"producer:{one.name}", one.health) for one in snapshot.producers),
             *((f"group:{group.name}", group.health) for group in snapshot.groups if not told_of_queue(group)),
             *((f"queue:{queue.name}", queue.health) for queue in snapshot.queues))
    found = [Problem(subject, severity_of(health), health.text, health.next_step)
             for subject, health in parts if health is not None and health.is_problem]
    return tuple(sorted(found, key=lambda problem: problem.severity != "bad"))


def severity_of(health: Health) -> str:
    return "bad" if health.level is Level.BAD else "warn"


def told_of_queue(group: GroupStat) -> bool:
    """Whether what a group is found to be is said of the queue that it reads."""
    return bool(group.waiting) and group.health is not None and group.health.condition in (
        Condition.BEHIND, Condition.SLOW)


def _judged_queue(queue: QueueStat, groups: tuple[GroupStat, ...], limits: Mapping[str, Threshold]) -> QueueStat:
    limit = limits.get(queue.name, Threshold())
    return replace(queue, health=tell_queue(assess_queue(queue, limit, *standing_still(queue, groups)), queue, limit))


def is_fact(verdict: Verdict) -> bool:
    """Whether it shows without waiting."""
    return verdict.condition in AT_ONCE

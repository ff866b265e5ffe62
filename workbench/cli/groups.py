"""``groups``: list, describe, reset, delete."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from workbench.cli.asking import ask, yes_option
from workbench.cli.file_group import FileGroup
from workbench.cli.output import counted, note, print_json, print_table
from workbench.cli.workspace import file_argument, host_of, json_option
from workbench.control.messages import ApplyReset, DeleteGroup, ListGroups, PlanReset
from workbench.core.errors import Invalid, NotFound
from workbench.core.offsets import ResetMove, ResetPlan, ResetSpec
from workbench.core.points import parse_target
from workbench.core.snapshot import GroupPartitionStat, GroupStat


class Target(click.ParamType):
    """Where a reset goes, as an option's value."""

    name = "earliest|latest|offset:N|time:ISO|shift:+-N|duration:PT1H|group:NAME"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> ResetSpec:
        if isinstance(value, ResetSpec):
            return value
        try:
            return parse_target(value)
        except Invalid as error:
            self.fail(error.sentence(), param, ctx)


def _summary(group: GroupStat) -> dict[str, Any]:
    return {
        "name": group.name,
        "state": group.state,
        "members": len(group.members),
        "topics": list(group.topics),
        "lag": group.lag_records,
    }


def _partition(stat: GroupPartitionStat) -> dict[str, Any]:
    return {
        "topic": stat.topic,
        "partition": stat.partition,
        "committed": stat.committed,
        "log_start": stat.log_start,
        "end": stat.end,
        "lag": stat.lag_records,
        "member": stat.member_id or None,
    }


@click.group(cls=FileGroup)
@file_argument
@click.pass_context
def groups(ctx: click.Context, file: Path) -> None:
    """The consumer groups of FILE."""
    ctx.obj = file


@groups.command("list")
@json_option
@click.pass_obj
def list_groups(file: Path, as_json: bool) -> None:
    """All groups."""
    with host_of(file, writes=False) as host:
        found = host.call(ListGroups()).groups
    if as_json:
        print_json({"groups": [_summary(group) for group in found]})
        return
    print_table(("GROUP", "STATE", "MEMBERS", "LAG", "TOPICS"),
                [(g.name, g.state, len(g.members), g.lag_records, ", ".join(g.topics)) for g in found])


@groups.command()
@click.argument("group")
@json_option
@click.pass_obj
def describe(file: Path, group: str, as_json: bool) -> None:
    """One group: members, committed offsets, lag."""
    with host_of(file, writes=False) as host:
        found = next((g for g in host.call(ListGroups()).groups if g.name == group), None)
    if found is None:
        raise NotFound("There is no group {group}.", "See «workbench groups {file} list».", group=group, file=file)
    members = [
        {"member": m.member_id, "client": m.client or m.name, "partitions": [f"{t}/{p}" for t, p in m.partitions]}
        for m in found.members
    ]
    partitions = [_partition(stat) for stat in found.partitions]
    if as_json:
        print_json(_summary(found) | {"generation": found.generation, "assignor": found.assignor,
                                      "member_list": members, "partitions": partitions})
        return
    print(f"{found.name}: {found.state}, {counted(len(members), 'member')}, {found.lag_records:,} behind")
    if members:
        print_table(("MEMBER", "CLIENT", "PARTITIONS"),
                    [(m["member"], m["client"], ", ".join(m["partitions"])) for m in members])
    print_table(("TOPIC", "PARTITION", "COMMITTED", "LOG START", "END", "LAG", "MEMBER"),
                [tuple(p.values()) for p in partitions])


@groups.command()
@click.argument("group")
@click.option("--topic", default="", help="Only this topic; without it, all topics of the group.")
@click.option("--partition", "partitions", type=int, multiple=True, help="Only these partitions.")
@click.option("--to", "target", type=Target(), required=True)
@click.option("--dry-run", is_flag=True, help="Show before and after, change nothing.")
@click.option("--pause-members", is_flag=True, help="Pause running members, of other programs too; move; resume.")
@yes_option
@json_option
@click.pass_obj
def reset(
    file: Path, group: str, topic: str, partitions: tuple[int, ...], target: ResetSpec, dry_run: bool,
    pause_members: bool, yes: bool, as_json: bool,
) -> None:
    """Move a group: prints before and after for every partition."""
    with host_of(file, writes=not dry_run, sure=yes) as host:
        if dry_run:
            plan = host.call(PlanReset(group, target, topic, partitions)).plan
        else:
            plan = host.call(ApplyReset(group, target, topic, partitions, pause_members)).plan
    if as_json:
        print_json(_plan(plan))
    else:
        print_table(("TOPIC", "PARTITION", "BEFORE", "AFTER", "LOG START", "END", "NOTE"),
                    [tuple(_move(move).values()) for move in plan.moves])
    if dry_run and plan.refused:
        note(f"As things stand it would be refused: {plan.refused}")


def _plan(plan: ResetPlan) -> dict[str, Any]:
    moves = [_move(move) for move in plan.moves]
    return {"group": plan.group, "applied": plan.applied, "refused": plan.refused or None, "moves": moves}


def _move(move: ResetMove) -> dict[str, Any]:
    return {
        "topic": move.topic,
        "partition": move.partition,
        "before": move.before,
        "after": move.after,
        "log_start": move.log_start,
        "end": move.end,
        "note": move.note,
    }


@groups.command()
@click.argument("group")
@yes_option
@click.pass_obj
def delete(file: Path, group: str, yes: bool) -> None:
    """Delete a group and what it committed."""
    with host_of(file, sure=yes) as host:
        found = next((one for one in host.call(ListGroups()).groups if one.name == group), None)
        if found is not None:
            places = counted(sum(place.committed is not None for place in found.partitions), "committed offset")
            ask(f"{group} has {places}, {found.lag_records:,} records behind. Nothing brings them back", yes)
        host.call(DeleteGroup(group))
    note(f"Group {group} is gone.")


COMMANDS = {"groups": groups}

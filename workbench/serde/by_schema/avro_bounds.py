"""What of an Avro schema could never end, or grow without bytes: the reason why it can't be read, before it is. Pure.

A few bytes must not become a thousand million values. Records without end, records that hold a hundred thousand
others at once, and arrays whose items take no bytes are refused; all else is bounded by the bytes there are.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

_MOST_AT_ONCE = 100_000


def unreadable(tree: Any, named: Mapping[str, Any]) -> str:
    """The reason why values of it can't be read; empty where they can."""
    values: dict[str, int] = {}
    for name in (*named, ""):
        try:
            count = _at_once(named[name] if name else tree, named, values, ())
        except _Endless as endless:
            return f"the record {endless} holds itself without end"
        if count > _MOST_AT_ONCE:
            return f"one value{f' of {name}' if name else ''} holds more than {_MOST_AT_ONCE} others"
    empty: dict[str, bool] = {}
    for node in _all_nodes(tree):
        if isinstance(node, dict) and node["type"] == "array" and _takes_no_bytes(node["items"], named, empty):
            return "an array has items that take no bytes, so its length can't be checked"
    return ""


class _Endless(Exception):
    pass


def _at_once(node: Any, named: Mapping[str, Any], known: dict[str, int], above: tuple[str, ...]) -> int:
    """How many values there are in one, without what is in unions, arrays and maps."""
    node = named.get(node, node) if isinstance(node, str) else node
    if not isinstance(node, dict) or "fields" not in node:
        return 1
    name = node["name"]
    if name in above:
        raise _Endless(name)
    if name not in known:
        known[name] = 1 + sum(_at_once(field["type"], named, known, (*above, name)) for field in node["fields"])
    return known[name]


def _takes_no_bytes(node: Any, named: Mapping[str, Any], known: dict[str, bool]) -> bool:
    node = named.get(node, node) if isinstance(node, str) else node
    if not isinstance(node, dict):
        return node == "null"
    if node["type"] == "fixed":
        return node["size"] == 0
    if "fields" not in node:
        return False
    if node["name"] not in known:  # a record can't hold itself here but in a union, which takes a byte
        known[node["name"]] = all(_takes_no_bytes(field["type"], named, known) for field in node["fields"])
    return known[node["name"]]


def recursive(named: Mapping[str, Any]) -> bool:
    """Whether any type can hold itself."""
    uses = {name: _used(each, named) for name, each in named.items() if "fields" in each}
    settled: set[str] = set()
    while True:  # takes away what uses only what was taken away
        free = {name for name, used in uses.items() if name not in settled and used <= settled | (named.keys() - uses)}
        if not free:
            return len(settled) < len(uses)
        settled |= free


def _used(definition: Any, named: Mapping[str, Any]) -> set[str]:
    found: set[str] = set()
    waiting: list[Any] = [field["type"] for field in definition["fields"]]
    while waiting:
        node = waiting.pop()
        if isinstance(node, str):
            found |= {node} & named.keys()
        elif isinstance(node, list):
            waiting += node
        elif node.get("name"):
            found.add(node["name"])
        else:
            waiting += [node[word] for word in ("items", "values") if word in node]
    return found


def _all_nodes(tree: Any) -> Iterator[Any]:
    waiting: list[Any] = [tree]
    while waiting:
        node = waiting.pop()
        yield node
        if isinstance(node, list):
            waiting += node
        elif isinstance(node, dict):
            waiting += [node[word] for word in ("items", "values") if word in node]
            waiting += [field["type"] for field in node.get("fields", ())]

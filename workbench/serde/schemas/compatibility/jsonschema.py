"""JSON Schema's rules as Schema Registry applies them, told by field. Pure.

A reader fits where it takes every value that the writer allows. Whether a property may come or go hangs on whether
others may stand there too: an open object (one that forbids nothing more) may have held anything under a new name, so a
property can be added only to a closed one, and removed only from an open one.
"""

from __future__ import annotations

import re
from typing import Any, NamedTuple

from workbench.serde.schemas.compatibility.base import Budget, Difference, named, within
from workbench.serde.schemas.compatibility.jsonschema_bounds import bounds
from workbench.serde.schemas.compatibility.jsonschema_nodes import COMBINED, Node, Nodes
from workbench.serde.schemas.json_text import compact
from workbench.serde.schemas.jsonschema import JsonSchema

_SHOWN = 6


def unreadable(reader: JsonSchema, writer: JsonSchema) -> list[Difference]:
    """Nothing where every value that ``writer`` allows is allowed by ``reader``."""
    walk = _Walk(Nodes(reader), Nodes(writer))
    return walk.compare(walk.reader.root, walk.writer.root, "", 0)


class _Content(NamedTuple):
    """What may stand where nothing is named: ``node`` None and ``open`` False is nothing at all."""

    open: bool
    node: Node | None = None


class _Walk:
    def __init__(self, reader: Nodes, writer: Nodes) -> None:
        self.reader = reader
        self.writer = writer
        self._known: dict[tuple[int, int], list[Difference]] = {}
        self._budget = Budget()

    def compare(self, read: Node, written: Node, path: str, depth: int) -> list[Difference]:
        """A pair within itself is taken to fit: what is wrong with it is found where it began."""
        self._budget.spend(depth)
        pair = id(read), id(written)
        if pair not in self._known:
            self._known[pair] = []
            self._known[pair] = self._compare(read, written, path, depth + 1)
        return self._known[pair]

    def _compare(self, read: Node, written: Node, path: str, depth: int) -> list[Difference]:
        if self._one_part_fits(read, written, path, depth):
            return []
        both_combined = read.kind in COMBINED and written.kind in COMBINED
        if read.kind != written.kind and not both_combined:
            fits = read.kind == "true" or written.kind == "false"
            return [] if fits else [_other_kind(read, written, path)]
        match read.kind:
            case "object":
                return self._objects(read, written, path, depth)
            case "array":
                return self._arrays(read, written, path, depth)
            case "string" | "number":
                return bounds(read, written, path)
            case "const":
                return [] if read.said["const"] == written.said["const"] else [_constants(read, written, path)]
            case "enum":
                return _values(read, written, path)
            case "not":
                return self._excluded(read, written, path, depth)
        return self._combined(read, written, path, depth) if both_combined else []

    # -- combined ----------------------------------------------------------------------------------------------
    def _one_part_fits(self, read: Node, written: Node, path: str, depth: int) -> bool:
        """One of the reader's alternatives takes it all, or one of what the writer holds to is enough."""
        if read.kind in COMBINED and written.kind not in COMBINED:
            parts = self.reader.parts(read)
            return (read.kind != "allOf" or len(parts) == 1) and any(
                not self.compare(part, written, path, depth) for part in parts)
        if written.kind in COMBINED and read.kind not in COMBINED:
            parts = self.writer.parts(written)
            return (written.kind == "allOf" or len(parts) == 1) and any(
                not self.compare(read, part, path, depth) for part in parts)
        return False

    def _combined(self, read: Node, written: Node, path: str, depth: int) -> list[Difference]:
        mine, others = _distinct(self.reader.parts(read)), _distinct(self.writer.parts(written))
        if not _wider(read, written, len(mine), len(others)):
            return [Difference("COMBINED_TYPE_CHANGED", path, f"{named(path)} is {read.kind} in {{reader}} and"
                               f" {written.kind} in {{writer}}", f"Keep {written.kind}.", f"Keep {read.kind}.")]
        found = []
        if len(others) < len(mine) and read.kind == "allOf":
            found.append(_more_or_less("PRODUCT_TYPE_EXTENDED", path, "holds to more (allOf) in {reader} than in"
                                       " {writer}", "Take out what was added.", "Keep what it holds to."))
        elif len(others) > len(mine) and written.kind != "allOf":
            found.append(_more_or_less("SUM_TYPE_NARROWED", path,
                                       f"has fewer alternatives ({written.kind}) in {{reader}} than in {{writer}}",
                                       "Keep the alternatives.", "Take out what was added."))
        fitting = [[not self.compare(one, other, path, depth) for one in mine] for other in others]
        if _matched(fitting) < min(len(mine), len(others)):
            found += self._nearest(mine, others, path, depth)
        return found

    def _nearest(self, mine: list[Node], others: list[Node], path: str, depth: int) -> list[Difference]:
        """Why alternatives do not fit: by field, where only one of a kind is there to be meant."""
        if len(mine) == len(others):
            for one, other in zip(mine, others, strict=True):
                if one.kind == other.kind and (found := self.compare(one, other, path, depth)):
                    return found
        return [Difference("COMBINED_TYPE_SUBSCHEMAS_CHANGED", path,
                           f"of {named(path)} not every alternative of {{writer}} fits one of {{reader}}",
                           "Keep the alternatives as they are, and add others.", "Keep the alternatives as they are.")]

    def _excluded(self, read: Node, written: Node, path: str, depth: int) -> list[Difference]:
        swapped = _Walk(self.writer, self.reader)
        mine, others = self.reader.within(read, "not"), self.writer.within(written, "not")
        if mine is None or others is None or not swapped.compare(others, mine, path, depth):
            return []
        return [_more_or_less("NOT_TYPE_EXTENDED", path, "excludes more (not) in {reader} than in {writer}",
                              "Exclude no more than before.", "Keep what it excludes.")]

    # -- objects -----------------------------------------------------------------------------------------------
    def _objects(self, read: Node, written: Node, path: str, depth: int) -> list[Difference]:
        mine, others = self.reader.table(read, "properties"), self.writer.table(written, "properties")
        found = []
        for name in (*others, *(each for each in mine if each not in others)):
            at = within(path, name)
            if name in mine and name in others:
                one = self.reader.node(mine[name], read.document)
                other = self.writer.node(others[name], written.document)
                found += self._required(read, written, name, at)
                found += self.compare(one, other, at, depth)
            elif name in others:
                found += self._went(read, self.writer.node(others[name], written.document), name, at, depth)
            else:
                found += self._came(read, written, name, at, depth)
        return (found + self._others("additionalProperties", read, written, path, depth)
                + self._others("unevaluatedProperties", read, written, path, depth)
                + self._dependencies(read, written, path, depth) + bounds(read, written, path))

    def _required(self, read: Node, written: Node, name: str, at: str) -> list[Difference]:
        property_ = read.said["properties"][name]
        has_default = isinstance(property_, dict) and "default" in property_
        if name in _names(read, "required") and name not in _names(written, "required") and not has_default:
            return [Difference("REQUIRED_ATTRIBUTE_ADDED", at, f"{named(at)} is required in {{reader}} and not in"
                               " {writer}", f"Leave '{name}' optional, or give it a default.",
                               f"Keep '{name}' required.")]
        return []

    def _went(self, read: Node, other: Node, name: str, at: str, depth: int) -> list[Difference]:
        content = _content(self.reader, read, name)
        if content.open or other.kind == "false":
            return []
        if content.node is not None:
            return [_not_covered("PROPERTY_REMOVED_NOT_COVERED_BY_PARTIALLY_OPEN_CONTENT_MODEL", at, each)
                    for each in self.compare(content.node, other, at, depth)]
        return [Difference("PROPERTY_REMOVED_FROM_CLOSED_CONTENT_MODEL", at,
                           f"{named(at)} of {{writer}} is not in {{reader}}, which allows no others"
                           " (additionalProperties: false)", f"Keep '{name}'.", f"Take '{name}' out of it again.")]

    def _came(self, read: Node, written: Node, name: str, at: str, depth: int) -> list[Difference]:
        mine = self.reader.node(read.said["properties"][name], read.document)
        required = name in _names(read, "required")
        content = _content(self.writer, written, name)
        if content.open:
            return [] if mine.kind == "true" else [_added_to_open(name, at, required)]
        found = [] if content.node is None else [
            _not_covered("PROPERTY_ADDED_NOT_COVERED_BY_PARTIALLY_OPEN_CONTENT_MODEL", at, each)
            for each in self.compare(mine, content.node, at, depth)]
        if required and "default" not in mine.said:
            found.append(Difference("REQUIRED_PROPERTY_ADDED_TO_UNOPEN_CONTENT_MODEL", at,
                                    f"{named(at)} is required in {{reader}} and not in {{writer}}",
                                    f"Leave '{name}' optional, or give it a default.", f"Keep '{name}'."))
        return found

    def _others(self, word: str, read: Node, written: Node, path: str, depth: int) -> list[Difference]:
        """What may stand beside what is named: additional or unevaluated properties and items."""
        mine, others = _allowed(self.reader, read, word), _allowed(self.writer, written, word)
        kind = re.sub(r"(?<=[a-z])(?=[A-Z])", "_", word).upper()
        if not mine.open and mine.node is None:
            return [_fewer(f"{kind}_REMOVED", word, path)] if others.open or others.node is not None else []
        if mine.node is None or (not others.open and others.node is None):
            return []
        if others.node is None:
            return [_fewer(f"{kind}_NARROWED", word, path)]
        return self.compare(mine.node, others.node, within(path, "*"), depth)

    def _dependencies(self, read: Node, written: Node, path: str, depth: int) -> list[Difference]:
        found = []
        mine, others = (nodes.table(node, "dependencies") | nodes.table(node, "dependentRequired")
                        | nodes.table(node, "dependentSchemas")
                        for nodes, node in ((self.reader, read), (self.writer, written)))
        for name, wanted in mine.items():
            at, before = within(path, name), others.get(name)
            if isinstance(wanted, list):
                more = [each for each in wanted if not (isinstance(before, list) and each in before)]
                if before is None or more:
                    kind = "DEPENDENCY_ARRAY_EXTENDED" if before else "DEPENDENCY_ARRAY_ADDED"
                    found.append(_depends(kind, at, more))
            elif not isinstance(before, dict | bool):
                found.append(_depends("DEPENDENCY_SCHEMA_ADDED", at, []))
            else:
                found += self.compare(self.reader.node(wanted, read.document),
                                      self.writer.node(before, written.document), at, depth)
        return found

    # -- arrays ------------------------------------------------------------------------------------------------
    def _arrays(self, read: Node, written: Node, path: str, depth: int) -> list[Difference]:
        at = f"{path}[]"
        mine, others = _each_item(self.reader, read), _each_item(self.writer, written)
        found: list[Difference] = []
        if mine is not None and others is None:
            found.append(_more_or_less("SCHEMA_ADDED", at, "is held to a schema in {reader} and to none in {writer}",
                                       "Leave it open.", "Keep its schema."))
        elif mine is not None and others is not None:
            found += self.compare(mine, others, at, depth)
        found += self._places(read, written, path, depth)
        word = "items" if "prefixItems" in read.said or "prefixItems" in written.said else "additionalItems"
        found += self._others(word, read, written, at, depth)
        return found + self._others("unevaluatedItems", read, written, at, depth) + bounds(read, written, path)

    def _places(self, read: Node, written: Node, path: str, depth: int) -> list[Difference]:
        """Items that have a schema by their place."""
        mine, others = _places_of(self.reader, read), _places_of(self.writer, written)
        found: list[Difference] = []
        for place in range(max(len(mine), len(others))):
            at = f"{path}[{place}]"
            if place < min(len(mine), len(others)):
                found += self.compare(mine[place], others[place], at, depth)
            elif place < len(others):
                content = _item_content(self.reader, read)
                if content.node is not None:
                    found += self.compare(content.node, others[place], at, depth)
                elif not content.open and others[place].kind != "false":
                    found.append(_more_or_less("ITEM_REMOVED_FROM_CLOSED_CONTENT_MODEL", at, "is of {writer} alone:"
                                               " {reader} allows no more items", "Keep it.", "Take it out again."))
            else:
                content = _item_content(self.writer, written)
                if content.node is not None:
                    found += self.compare(mine[place], content.node, at, depth)
                elif content.open and mine[place].kind != "true":
                    found.append(_more_or_less("ITEM_ADDED_TO_OPEN_CONTENT_MODEL", at, "is held to a schema in"
                                               " {reader}; in {writer} anything may stand there", "Leave it open.",
                                               "Keep it."))
        return found


# -- what nodes say ------------------------------------------------------------------------------------------------
def _names(node: Node, word: str) -> list[str]:
    found = node.said.get(word)
    return found if isinstance(found, list) else []


def _allowed(nodes: Nodes, node: Node, word: str) -> _Content:
    found = nodes.within(node, word) if not isinstance(node.said.get(word), list) else None
    if found is None or found.kind == "true":
        return _Content(True)
    return _Content(False) if found.kind == "false" else _Content(False, found)


def _content(nodes: Nodes, node: Node, name: str) -> _Content:
    """What may stand under a name that is not among the properties."""
    patterns = nodes.table(node, "patternProperties")
    for pattern, said in patterns.items():
        if _fits(pattern, name):
            return _Content(False, nodes.node(said, node.document))
    beside, rest = _allowed(nodes, node, "additionalProperties"), _allowed(nodes, node, "unevaluatedProperties")
    if not beside.open:
        return beside
    return rest if not patterns or not rest.open else _Content(False)


def _fits(pattern: str, name: str) -> bool:
    """By the engine that validates values too: its time is bounded, and ``re`` backtracks without end."""
    import jsonschema_rs

    try:
        return jsonschema_rs.is_valid({"type": "string", "pattern": pattern}, name)
    except ValueError:
        return False


def _each_item(nodes: Nodes, node: Node) -> Node | None:
    if "prefixItems" in node.said or isinstance(node.said.get("items"), list):
        return None
    return nodes.within(node, "items")


def _places_of(nodes: Nodes, node: Node) -> list[Node]:
    said = node.said.get("prefixItems", node.said.get("items"))
    return [nodes.node(each, node.document) for each in said] if isinstance(said, list) else []


def _item_content(nodes: Nodes, node: Node) -> _Content:
    beside = _allowed(nodes, node, "items" if "prefixItems" in node.said else "additionalItems")
    return _allowed(nodes, node, "unevaluatedItems") if beside.open else beside


def _distinct(nodes: list[Node]) -> list[Node]:
    return list({(node.kind, compact(node.said, sort_keys=True)): node for node in nodes}.values())


def _wider(read: Node, written: Node, mine: int, others: int) -> bool:
    return (read.kind in (written.kind, "anyOf") or (mine == others == 1) or (others == 1 and read.kind == "oneOf")
            or (mine == 1 and written.kind == "allOf"))


def _matched(fitting: list[list[bool]]) -> int:
    """How many rows can have a column of their own that fits: augmenting paths."""
    taken: dict[int, int] = {}

    def placed(row: int, seen: set[int]) -> bool:
        for column, fits in enumerate(fitting[row]):
            if fits and column not in seen:
                seen.add(column)
                if column not in taken or placed(taken[column], seen):
                    taken[column] = row
                    return True
        return False

    return sum(placed(row, set()) for row in range(len(fitting)))


# -- in words ------------------------------------------------------------------------------------------------------
def _more_or_less(kind: str, path: str, what: str, if_reader: str, if_writer: str) -> Difference:
    return Difference(kind, path, f"{named(path)} {what}", if_reader, if_writer)


def _word(node: Node) -> str:
    return {"number": "integer" if node.is_integer else "number", "true": "anything", "false": "nothing"}.get(
        node.kind, node.kind)


def _other_kind(read: Node, written: Node, path: str) -> Difference:
    was, now = _word(written), _word(read)
    return Difference("TYPE_CHANGED", path, f"{named(path)} is {now} in {{reader}} and {was} in {{writer}}",
                      f"Keep {was}, or allow both: \"type\": [\"{was}\", \"{now}\"].", f"Keep {now}.")


def _constants(read: Node, written: Node, path: str) -> Difference:
    return _more_or_less("ENUM_ARRAY_CHANGED", path, f"is always {compact(read.said['const'])[:60]} in {{reader}} and"
                         f" {compact(written.said['const'])[:60]} in {{writer}}", "Keep the constant.",
                         "Keep the constant.")


def _values(read: Node, written: Node, path: str) -> list[Difference]:
    missing = [each for each in written.said["enum"] if each not in read.said["enum"]]
    if not missing:
        return []
    told = ", ".join(compact(each)[:40] for each in missing[:_SHOWN]) + (" …" if len(missing) > _SHOWN else "")
    narrowed = all(each in written.said["enum"] for each in read.said["enum"])
    return [_more_or_less("ENUM_ARRAY_NARROWED" if narrowed else "ENUM_ARRAY_CHANGED", path,
                          f"may be {told} in {{writer}}, which {{reader}} does not allow", "Keep these values.",
                          f"Take {told} out of it again.")]


def _added_to_open(name: str, at: str, required: bool) -> Difference:
    kind = "REQUIRED_PROPERTY_ADDED_TO_OPEN_CONTENT_MODEL" if required else "PROPERTY_ADDED_TO_OPEN_CONTENT_MODEL"
    return Difference(kind, at, f"{named(at)} is not in {{writer}}, which is open: anything may stand there already",
                      f"Close the object before (additionalProperties: false), or give '{name}' no type.",
                      f"Keep '{name}'.")


def _not_covered(kind: str, at: str, inner: Difference) -> Difference:
    return Difference(kind, at, inner.what, inner.if_reader, inner.if_writer)


def _fewer(kind: str, word: str, path: str) -> Difference:
    where = f"of {named(path)}" if path else "at the top"
    return Difference(kind, path, f"{word} {where} allow less in {{reader}} than in {{writer}}",
                      f"Keep {word} as it is.", f"Keep {word} as it is.")


def _depends(kind: str, at: str, more: list[Any]) -> Difference:
    told = f" ({', '.join(map(str, more[:_SHOWN]))})" if more else ""
    return Difference(kind, at, f"what {named(at)} depends on{told} is asked for in {{reader}} and not in {{writer}}",
                      "Ask for no more than before.", "Keep what it depends on.")

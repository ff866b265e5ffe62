"""An Avro schema as fastavro is to read it: as values or as forms (see ``avro_leaves``). Pure.

The tree of forms has a union that shows its branch as a union of records with one field, named after the branch: a
record takes no bytes of its own, so the bytes are the same, and what is read is ``{"branch": value}``.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from workbench.serde.by_schema.avro_leaves import FORM, LOGICAL, PLAIN, VALUE, logical_type
from workbench.serde.by_schema.avro_unions import shows_branch
from workbench.serde.schemas.avro import branch_name

_WORDS = ("type", "name", "namespace", "fields", "symbols", "items", "values", "size", "aliases", "default", "scale")


def tree_for(node: Any, named: Mapping[str, Any], purpose: str) -> Any:
    """``purpose`` is ``VALUE`` or ``FORM``."""
    return _Tree(named, purpose).of(node)


class _Tree:
    def __init__(self, named: Mapping[str, Any], purpose: str) -> None:
        self._named, self._purpose = named, purpose
        self._wrapped = 0

    def of(self, node: Any) -> Any:
        if isinstance(node, str):
            return self._leaf({"type": node}) if node not in self._named else node
        if isinstance(node, list):
            return self._union(node)
        kept = {word: node[word] for word in _WORDS if word in node}
        for word in ("items", "values"):
            if word in kept:
                kept[word] = self.of(kept[word])
        if "fields" in kept:
            kept["fields"] = [{**field, "type": self.of(field["type"])} for field in kept["fields"]]
        kept.pop("default", None) if kept["type"] != "enum" else None
        return self._leaf(kept, logical_type(node))

    def _leaf(self, node: dict[str, Any], logical: str = "") -> Any:
        kind = node["type"]
        if logical:
            value, _ = LOGICAL[f"{kind}-{logical}"]
            if self._purpose == FORM or value is not None:
                return {**node, "logicalType": f"{self._purpose}-{logical}"}
        elif self._purpose == FORM and kind in PLAIN:
            return {**node, "logicalType": f"{FORM}-plain"}
        return node["type"] if node.keys() == {"type"} else node

    def _union(self, union: list[Any]) -> list[Any]:
        if self._purpose == VALUE or not shows_branch(union, self._named):
            return [self.of(each) for each in union]
        return [each if each == "null" else self._with_its_name(each) for each in union]

    def _with_its_name(self, branch: Any) -> dict[str, Any]:
        self._wrapped += 1
        return {"type": "record", "name": f"_branch_{self._wrapped}", "namespace": "",
                "fields": [{"name": branch_name(branch), "type": self.of(branch)}]}

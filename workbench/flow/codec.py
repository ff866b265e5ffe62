"""The text form of a drawing: JSON for version control, the same drawing always gives the same text.

    {"workbench.flow": 2, "title": ..., "nodes": [{"id", "kind", "name", "x", "y", "w", "h", "params"}], "links": [...]}

Nodes and links are sorted by id, parameters by name, a field a line; text of several lines is a list of lines. A
newer version is refused, and what can't be taken is said with its place. Version 1 had no links to alternates, and one
key a binding: it is read as what it meant.
"""

from __future__ import annotations

import json
import math
from typing import Any

from workbench.core.errors import Invalid, TooNew
from workbench.flow.document import FlowDocument, Link, Node
from workbench.flow.kinds import kind_of
from workbench.flow.older import with_drawn_alternates

VERSION = 2
_MARK = "workbench.flow"


def dumps(document: FlowDocument) -> str:
    """The drawing as text, ending with a newline."""
    return json.dumps(to_plain(document), indent=1, ensure_ascii=False) + "\n"


def loads(text: str) -> FlowDocument:
    """The drawing that ``text`` holds; ``Invalid`` says what is wrong and where, ``TooNew`` names the version."""
    try:
        plain = json.loads(text, parse_constant=_no_constant)
    except json.JSONDecodeError as error:
        raise Invalid("The drawing is not JSON at line {lineno}, column {colno}: {msg}.",
                      "Mend the file there, or take back its last change.", lineno=error.lineno, colno=error.colno,
                      msg=error.msg.lower()) from None
    except RecursionError:
        raise Invalid("The drawing is nested too deeply.") from None
    return from_plain(plain)


def to_plain(document: FlowDocument) -> dict[str, Any]:
    """The drawing as plain lists and dicts, in the order they are written."""
    return {
        _MARK: VERSION,
        "title": document.title,
        "nodes": [node_to_plain(node) for node in sorted(document.nodes, key=lambda node: node.id)],
        "links": [link_to_plain(link) for link in sorted(document.links, key=lambda link: link.id)],
    }


def from_plain(plain: Any) -> FlowDocument:
    """The drawing of plain values, checked."""
    if not isinstance(plain, dict) or _MARK not in plain:
        raise Invalid("This is no drawing of the workbench.", "A drawing has «{mark}» at its top.", mark=_MARK)
    version = _number(plain, _MARK, "the drawing")
    if version > VERSION:
        raise TooNew("The drawing is of version {version}, this workbench reads up to {version_2}.", "Update it.",
                     version=version, version_2=VERSION)
    nodes = [node_from_plain(item, f"node {i}") for i, item in enumerate(_list(plain, "nodes"), 1)]
    links = [link_from_plain(item, f"link {i}") for i, item in enumerate(_list(plain, "links"), 1)]
    _check_ids(nodes, links)
    if version < 2:
        nodes, links = with_drawn_alternates(nodes, links)
    return FlowDocument(nodes, links, _text(plain, "title", "the drawing", ""))


def node_to_plain(node: Node) -> dict[str, Any]:
    plain: dict[str, Any] = {"id": node.id, "kind": node.kind, "name": node.name, "x": node.x, "y": node.y}
    if node.w or node.h:
        plain |= {"w": node.w, "h": node.h}
    return plain | _params_to_plain(node.params)


def node_from_plain(plain: Any, where: str) -> Node:
    _known(plain, {"id", "kind", "name", "x", "y", "w", "h", "params"}, where)
    node_id = _text(plain, "id", where)
    where = f"{where} ({node_id})"
    kind = kind_of(_text(plain, "kind", where)).name
    x, y, w, h = (_number(plain, name, where, 0.0) for name in ("x", "y", "w", "h"))
    return Node(node_id, kind, _text(plain, "name", where, ""), x, y, w, h, _params_from_plain(plain, where))


def link_to_plain(link: Link) -> dict[str, Any]:
    return {"id": link.id, "source": link.source, "target": link.target} | _params_to_plain(link.params)


def link_from_plain(plain: Any, where: str) -> Link:
    _known(plain, {"id", "source", "target", "params"}, where)
    ends = [_text(plain, name, where) for name in ("id", "source", "target")]
    return Link(ends[0], ends[1], ends[2], _params_from_plain(plain, f"{where} ({ends[0]})"))


def _check_ids(nodes: list[Node], links: list[Link]) -> None:
    seen: set[str] = set()
    for item in (*nodes, *links):
        if item.id in seen:
            raise Invalid("The id «{id}» is there twice.", "Give one of them another id.", id=item.id)
        seen.add(item.id)
    ids = {node.id for node in nodes}
    pairs: set[tuple[str, str]] = set()
    for link in links:
        for end in (link.source, link.target):
            if end not in ids:
                raise Invalid("Link «{id}» ends at «{end}», which is not there.", id=link.id, end=end)
        if (link.source, link.target) in pairs:
            raise Invalid("Link «{id}» links two parts that are already linked.", id=link.id)
        pairs.add((link.source, link.target))


def _params_to_plain(params: dict[str, Any]) -> dict[str, Any]:
    if not params:
        return {}
    return {"params": {name: value.split("\n") if isinstance(value, str) and "\n" in value else value
                       for name, value in sorted(params.items())}}


def _params_from_plain(plain: dict[str, Any], where: str) -> dict[str, Any]:
    params = plain.get("params", {})
    if not isinstance(params, dict):
        raise Invalid("In {where}, params must be an object.", where=where)
    return {name: _param(value, f"{where}, params.{name}") for name, value in params.items()}


def _param(value: Any, where: str) -> Any:
    if isinstance(value, list) and value and all(isinstance(line, str) for line in value):
        return "\n".join(value)
    if not isinstance(value, (str, int, float, bool)):
        raise Invalid("In {where}: give a text, a number, true or false.", where=where)
    return value


def _known(plain: Any, names: set[str], where: str) -> None:
    if not isinstance(plain, dict):
        raise Invalid("In {where}: an object is needed.", where=where)
    for name in plain:
        if name not in names:
            raise Invalid("In {where}: there is no field «{name}».", "The fields are {names}.", where=where, name=name,
                          names=', '.join(sorted(names)))


def _list(plain: dict[str, Any], name: str) -> list[Any]:
    items = plain.get(name, [])
    if not isinstance(items, list):
        raise Invalid("In the drawing, {name} must be a list.", name=name)
    return items


def _text(plain: dict[str, Any], name: str, where: str, default: str | None = None) -> str:
    value = plain.get(name, default)
    if not isinstance(value, str) or (default is None and not value):
        raise Invalid("In {where}, {name} must be a text.", where=where, name=name)
    return value


def _number(plain: dict[str, Any], name: str, where: str, default: float | None = None) -> float:
    value = plain.get(name, default)
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not math.isfinite(value):
        raise Invalid("In {where}, {name} must be a number.", where=where, name=name)
    return value


def _no_constant(name: str) -> None:
    raise Invalid("A drawing can't hold {name}.", "Use a finite number.", name=name)

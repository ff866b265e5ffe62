"""JSON texts of schemas: read with the place of what is wrong, and no deeper than the bound. Pure."""

from __future__ import annotations

import json
from typing import Any

from workbench.core.errors import Invalid
from workbench.serde.schemas.base import DEPTH_LIMIT


def read_json(text: str, what: str) -> Any:
    """``what`` is the schema's kind, for the sentence."""
    try:
        tree = json.loads(text)
    except json.JSONDecodeError as wrong:
        raise Invalid("{what} is JSON, and this is none: {msg} in line {lineno}, column {colno}.", what=what,
                      msg=wrong.msg, lineno=wrong.lineno, colno=wrong.colno) from None
    except RecursionError:
        raise too_deep() from None
    except ValueError as wrong:  # a number of thousands of digits
        raise Invalid("{what} is JSON, and this is none: {wrong}.", what=what, wrong=wrong) from None
    check_depth(tree)
    return tree


def check_depth(tree: Any) -> None:
    level, depth = [tree], 0
    while level:
        depth += 1
        if depth > DEPTH_LIMIT * 2:  # a level of a schema takes two of JSON
            raise too_deep()
        level = [inner for node in level if isinstance(node, dict | list)
                 for inner in (node.values() if isinstance(node, dict) else node) if isinstance(inner, dict | list)]


def too_deep() -> Invalid:
    return Invalid("The schema nests more than {depth_limit} deep.", "Name the inner types and refer to them.",
                   depth_limit=DEPTH_LIMIT)


def compact(value: Any, sort_keys: bool = False) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"), sort_keys=sort_keys)

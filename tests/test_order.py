"""Where order reaches rows and calls, nothing goes through a set: its order differs from run to run.

Looked for are loops and comprehensions over what a module itself makes as a set. A set that is asked for membership, or
sorted first, is fine.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
ROOMS = ("broker", "engines", "runtime", "session")
MODULES = sorted(path for room in ROOMS for path in (ROOT / "workbench" / room).rglob("*.py"))
NO_MATTER = ("set", "frozenset", "sorted", "sum", "any", "all", "min", "max", "len")
"""Calls whose answer does not depend on the order they are given things in."""


def is_set(node: ast.expr | None) -> bool:
    """Whether the expression makes a set, or the annotation says that it is one."""
    match node:
        case ast.Set() | ast.SetComp():
            return True
        case ast.Call(func=ast.Name(id="set" | "frozenset")):
            return True
        case ast.Subscript(value=ast.Name(id="set" | "frozenset")) | ast.Name(id="set" | "frozenset"):
            return True
    return False


def names_of_sets(tree: ast.Module) -> set[str]:
    """Names and attributes that the module makes as sets, as they are written."""
    sets, others = set(), set()
    for node in ast.walk(tree):
        if isinstance(node, ast.AnnAssign):
            made = sets if is_set(node.annotation) or is_set(node.value) else others
            made.add(ast.unparse(node.target))
        elif isinstance(node, ast.Assign):
            made = sets if is_set(node.value) else others
            made |= {ast.unparse(target) for target in node.targets if "." not in ast.unparse(target) or made is sets}
    return sets - others


def loops_over_sets(tree: ast.Module) -> Iterator[str]:
    known, harmless = names_of_sets(tree), set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in NO_MATTER:
            harmless |= {id(argument) for argument in node.args}
        elif isinstance(node, ast.SetComp):
            harmless.add(id(node))
    for node in ast.walk(tree):
        over: list[ast.expr] = []
        if isinstance(node, ast.For):
            over = [node.iter]
        elif isinstance(node, (ast.ListComp, ast.GeneratorExp, ast.DictComp)) and id(node) not in harmless:
            over = [part.iter for part in node.generators]
        for each in over:
            if is_set(each) or ast.unparse(each) in known:
                yield f"line {node.lineno}: over {ast.unparse(each)}"


@pytest.mark.parametrize("module", MODULES, ids=lambda path: str(path.relative_to(ROOT)))
def test_nothing_goes_through_a_set(module: Path):
    assert not list(loops_over_sets(ast.parse(module.read_text(encoding="utf-8"))))


def test_a_loop_over_a_set_is_found():
    text = "names = set()\nfor name in names:\n    print(name)\nprint([n for n in {1, 2}], sum(n for n in names))\n"
    assert list(loops_over_sets(ast.parse(text))) == ["line 2: over names", "line 4: over {1, 2}"]

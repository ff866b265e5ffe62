"""No files import one another, imports for type checking only included.

A cycle of files is a strongly connected part of the graph of imports.
"""

from __future__ import annotations

import ast
from pathlib import Path

ROOT = Path(__file__).parents[1]

def imports(path: Path, modules: set[str]) -> set[str]:
    found = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            found |= {f"{node.module}.{alias.name}" for alias in node.names} | {node.module}
    return found & modules


def cycles() -> set[frozenset[str]]:
    """By Tarjan's algorithm. Packages (``__init__``) are no files here: a façade is entered from everywhere."""
    files = {".".join(path.relative_to(ROOT).with_suffix("").parts): path
             for path in (ROOT / "workbench").rglob("*.py") if path.name != "__init__.py"}
    graph = {name: imports(path, set(files)) - {name} for name, path in files.items()}
    numbers: dict[str, int] = {}
    lowest: dict[str, int] = {}
    stack: list[str] = []
    found: set[frozenset[str]] = set()

    def visit(name: str) -> None:
        numbers[name] = lowest[name] = len(numbers)
        stack.append(name)
        for other in sorted(graph[name]):
            if other not in numbers:
                visit(other)
                lowest[name] = min(lowest[name], lowest[other])
            elif other in stack:
                lowest[name] = min(lowest[name], numbers[other])
        if lowest[name] == numbers[name]:
            at = stack.index(name)
            part = frozenset(stack[at:])
            del stack[at:]
            if len(part) > 1:
                found.add(part)

    for name in sorted(graph):
        if name not in numbers:
            visit(name)
    return found


def test_no_files_import_one_another():
    assert [sorted(part) for part in cycles()] == [], "take what both need into a file of its own"

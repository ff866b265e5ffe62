"""CEL expressions of forwarding groups: compiled once, errors as sentences with their position.

An expression sees key, value, headers, topic, partition and offset. The library is imported on first use, and only
its core: the package also brings a command line of its own, which takes 0.7 s to import and is no use here.
"""

from __future__ import annotations

import importlib.util
import re
import sys
from functools import lru_cache
from pathlib import Path
from types import ModuleType
from typing import Any

from workbench.core.errors import Invalid

NAMES = ("key", "value", "headers", "topic", "partition", "offset")
_POSITION = re.compile(r"<input>:(\d+):(\d+): (?:Syntax error: )?([^\n]*)")
_MACRO = re.compile(r"\.(map|filter|all|exists|exists_one)\s*\(")


class Expression:
    """A compiled expression; ``label`` is the setting it came from, as people see it. ``names`` are those of a record
    that it looks at: others need not be given. ``also`` may be used beside those that every record has."""

    def __init__(self, text: str, label: str, also: tuple[str, ...] = ()) -> None:
        known = (*NAMES, *also)
        self.label = label
        self._text = text
        try:
            self._program = _cel().compile(text)
        except ValueError as error:
            raise Invalid("«{label}» can't be read{error}.", "Mend the expression there.", label=label,
                          error=_where(str(error))) from None
        used = self._program.variables()
        self.names = frozenset(name for name in known if name in used)
        unknown = [name for name in used if name not in known]
        if unknown and not _MACRO.search(text):
            raise Invalid("«{label}» uses «{unknown}», which is not there.", "Use {known}.", label=label,
                          unknown=unknown[0], known=', '.join(known))

    def evaluate(self, names: dict[str, Any]) -> Any:
        """The result for one record; ``Invalid`` says why there is none."""
        try:
            return self._ordered(self._program.execute(names))
        except KeyError as error:
            raise Invalid("«{label}»: the record has no «{args}».", label=self.label, args=error.args[0]) from None
        except (TypeError, ValueError, RuntimeError, OverflowError) as error:
            reason = str(error).partition("\n")[0].rstrip(".")
            raise Invalid("«{label}»: {reason}.", label=self.label, reason=reason) from None


    def _ordered(self, value: Any) -> Any:
        """CEL's maps have no order and come out in another one each time: keys stand as the expression has them, those
        it does not name after them by name."""
        if isinstance(value, dict):
            names = sorted(value, key=lambda name: (self._place(name), str(name)))
            return {name: self._ordered(value[name]) for name in names}
        return [self._ordered(item) for item in value] if isinstance(value, list) else value

    def _place(self, name: object) -> int:
        found = self._text.find(str(name))
        return len(self._text) if found < 0 else found


@lru_cache(maxsize=1)
def _cel() -> ModuleType:
    """The compiled core of the package ``cel``, without the package's own imports."""
    if "cel" in sys.modules:
        return sys.modules["cel"]
    package = importlib.util.find_spec("cel")
    assert package is not None and package.origin is not None
    parts = Path(package.origin).parent.iterdir()
    core = next(path for path in parts if path.name.startswith("cel.") and path.suffix in (".so", ".pyd"))
    spec = importlib.util.spec_from_file_location("cel.cel", core)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def _where(message: str) -> str:
    found = _POSITION.search(message)
    if found is None:
        return ""
    reason = found[3].split(" expecting ")[0].replace("'<EOF>'", "the end").strip()
    return f" at line {found[1]}, column {found[2]}: {reason}"

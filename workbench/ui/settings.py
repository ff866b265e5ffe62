"""What the window remembers between starts: theme, motion, recent files, layout. Kept by QSettings in an INI file."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from urllib.parse import quote, unquote

import platformdirs
from PySide6.QtCore import QByteArray, QSettings

APP = "event-flow-workbench"
RECENT = 10
SERIES_KEPT = 200
STATE_VERSION = 1


class Settings:
    """Typed access; every property is stored as soon as it is set. ``folder`` is given by tests."""

    def __init__(self, folder: Path | None = None) -> None:
        base = folder or Path(os.environ.get("WORKBENCH_SETTINGS") or platformdirs.user_config_path(APP))
        self._store = QSettings(str(base / "window.ini"), QSettings.Format.IniFormat)

    def _flag(self, key: str) -> bool:
        return bool(self._store.value(key, False, type=bool))

    @property
    def theme(self) -> str:
        return str(self._store.value("theme", "system"))

    @theme.setter
    def theme(self, mode: str) -> None:
        self._store.setValue("theme", mode)

    @property
    def reduced_motion(self) -> bool:
        return self._flag("reduced_motion")

    @reduced_motion.setter
    def reduced_motion(self, reduced: bool) -> None:
        self._store.setValue("reduced_motion", reduced)

    @property
    def local_time(self) -> bool:
        """Whether times are shown in the zone of this machine; else in UTC."""
        return self._flag("local_time")

    @local_time.setter
    def local_time(self, local: bool) -> None:
        self._store.setValue("local_time", local)

    @property
    def toured(self) -> bool:
        """Whether the first steps were done or closed."""
        return self._flag("toured")

    @toured.setter
    def toured(self, toured: bool) -> None:
        self._store.setValue("toured", toured)

    @property
    def recent(self) -> list[Path]:
        """Files opened lately, newest first; some may be gone by now."""
        stored = self._store.value("recent", [])
        names = [stored] if isinstance(stored, str) else stored if isinstance(stored, list) else []
        return [Path(name) for name in names]

    def remember(self, path: Path) -> None:
        """Put a file at the top of the recent ones."""
        rest = [known for known in self.recent if known != path]
        self._store.setValue("recent", [str(known) for known in (path, *rest)[:RECENT]])

    def listeners(self, path: Path) -> dict[str, str]:
        """By protocol, where clients of a file were served when it was closed. What a version with Kafka alone kept is
        read once, and kept this way from then on."""
        before, now = f"kafka/{quote(str(path), safe='')}", f"listeners/{quote(str(path), safe='')}"
        old = str(self._store.value(before, ""))
        if old:
            self._store.setValue(now, f"kafka={quote(old, safe='')}")
            self._store.remove(before)
        pairs = (part.partition("=") for part in str(self._store.value(now, "")).split("&") if part)
        return {protocol: unquote(address) for protocol, _, address in pairs}

    def set_listener(self, path: Path, protocol: str, address: str) -> None:
        """Keep where a protocol was served; an empty address: it was not."""
        known = {**self.listeners(path), protocol: address}
        told = "&".join(f"{key}={quote(at, safe='')}" for key, at in known.items() if at)
        self._store.setValue(f"listeners/{quote(str(path), safe='')}", told)

    def series(self, path: Path) -> dict[str, int]:
        """The places of a file's groups in the palette, by name, as they were when it was closed."""
        stored = str(self._store.value(f"series/{quote(str(path), safe='')}", ""))
        pairs = (part.rpartition("=") for part in stored.split("&") if part)
        return {unquote(name): int(index) for name, _, index in pairs if index.isdigit()}

    def set_series(self, path: Path, places: Mapping[str, int]) -> None:
        told = "&".join(f"{quote(name, safe='')}={index}" for name, index in list(places.items())[:SERIES_KEPT])
        self._store.setValue(f"series/{quote(str(path), safe='')}", told)

    def layout(self, name: str = "last") -> tuple[QByteArray, QByteArray] | None:
        """Geometry and dock state saved under a name, if this version can read it."""
        if self._store.value(f"layout/{name}/version", 0, type=int) != STATE_VERSION:
            return None
        geometry, state = self._store.value(f"layout/{name}/geometry"), self._store.value(f"layout/{name}/state")
        return (geometry, state) if isinstance(geometry, QByteArray) and isinstance(state, QByteArray) else None

    def save_layout(self, geometry: QByteArray, state: QByteArray, name: str = "last") -> None:
        self._store.setValue(f"layout/{name}/version", STATE_VERSION)
        self._store.setValue(f"layout/{name}/geometry", geometry)
        self._store.setValue(f"layout/{name}/state", state)

    def sync(self) -> None:
        self._store.sync()


def data_folder() -> Path:
    """Where workspaces go that nobody gave a place: made when it is not there."""
    folder = Path(os.environ.get("WORKBENCH_DATA") or platformdirs.user_data_path(APP))
    folder.mkdir(parents=True, exist_ok=True)
    return folder

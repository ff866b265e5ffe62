"""One host a file, by whatever name it is opened. Two locks, both held for as long as the workspace is open:

    on the file itself      keeps out whoever comes by a symbolic link, a hard link, a new name (``descriptors``)
    on ``NAME.flow.lock``   keeps the *name*: SQLite's write-ahead log lies beside the name the file was opened by, so
                            no other file may take that name meanwhile

and a note in the user's runtime directory, under the file's device and number: by which name it is open, which is
where its write-ahead log lies. The kernel drops the locks when the process ends in any way; a note that a crash left
leads the next to the log (``home_of``). Numbers of processes are only for the sentences shown to people.
"""

from __future__ import annotations

import json
import os
import time
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

from workbench.broker.descriptors import Held
from workbench.core.errors import FileError, Locked
from workbench.core.places import boot_id, file_key, is_stopped, real, runtime_directory, same_file, write_private

BESIDE = ("-wal", "-shm")
_RENAME_WAIT_S = 1.0

if os.name == "nt":
    import msvcrt

    def _try_lock(descriptor: int) -> None:
        os.lseek(descriptor, 1 << 20, os.SEEK_SET)  # beyond the text, which others may read
        msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)
else:
    import fcntl

    def _try_lock(descriptor: int) -> None:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)


class Owner(NamedTuple):
    """Who says that it has a workspace open, and by which name; for messages, and to find the write-ahead log."""

    pid: int
    boot: str
    path: Path

    @property
    def near(self) -> bool:
        """On this machine."""
        return self.boot == boot_id()


def beside(path: Path, suffix: str) -> Path:
    """``NAME.flow-wal`` and its like, beside the file that ``path`` leads to."""
    at = real(path)
    return at.with_name(at.name + suffix)


def lock_path(path: Path) -> Path:
    return beside(path, ".lock")


def has_wal(path: Path) -> bool:
    """Whether something lies in a write-ahead log beside the file."""
    try:
        return beside(path, "-wal").stat().st_size > 0
    except OSError:
        return False


def owner(path: Path) -> Owner | None:
    """Who wrote that it has the file open, by the note of the file itself, else by the lock file beside it."""
    note = _note_path(path)
    if note is not None and (said := _read_note(note)):
        return said
    try:
        pid, _, boot = lock_path(path).read_text(encoding="ascii").partition(" ")
        return Owner(int(pid), boot or boot_id(), real(path))
    except (OSError, ValueError):
        return None


def _note_path(path: Path) -> Path | None:
    key, directory = file_key(path), runtime_directory()
    return None if key is None or directory is None else directory / f"{key}.open"


def _read_note(note: Path) -> Owner | None:
    try:
        said = json.loads(note.read_bytes())
        return Owner(int(said["pid"]), str(said["boot"]), Path(said["path"]))
    except (OSError, ValueError, KeyError, TypeError):
        return None


def home_of(path: Path) -> Path:
    """The name to open the file by: the one beside which its write-ahead log lies, if there is one.

    ``FileError`` when the file was given another name while it was open, its host was killed before it took note,
    and the log still lies beside the old name: opened without it, what was stored last would be lost.
    """
    at = real(path)
    until_s = time.monotonic() + _RENAME_WAIT_S
    while True:
        note = _note_path(at)
        said = None if note is None else _read_note(note)
        if said is None:
            return _linked_home(at)
        if same_file(said.path, at):
            return said.path  # this very name, or a hard link to it
        if has_wal(at) or said.path.exists() or not has_wal(said.path):
            return at
        if time.monotonic() > until_s:  # a host that lives links the log to the new name in a moment
            raise _left_behind(at, said.path)
        time.sleep(0.05)


def _linked_home(at: Path) -> Path:
    """Without a note (the machine was started again): the hard link in the same folder that has a log."""
    try:
        if os.stat(at).st_nlink < 2 or has_wal(at):
            return at
        others = [other for other in at.parent.iterdir() if other != at and same_file(other, at)]
    except OSError:
        return at
    return next((other for other in others if has_wal(other)), at)


def _left_behind(at: Path, old: Path) -> FileError:
    wal = f"{old.name}-wal"
    return FileError("{name} was called {name_2} when its host was killed; what was stored last lies in {parent}.",
                     "Rename {wal} to {name}-wal beside {name}, then open it. If they do not belong together, "
                     "delete {wal}.", name=at.name, name_2=old.name, parent=old.parent / wal, wal=wal)


def check_near(path: Path, held: Held) -> None:
    """``Locked`` when another machine has the file open: the index of its log is in that machine's memory, so what
    is read here would be torn."""
    said = owner(path)
    if said is not None and not said.near and held.is_locked():
        raise Locked("{name} is open in a workbench on another machine (process {pid} there).",
                     "Use it there, or close it there first.", name=path.name, pid=said.pid)


def _taken(path: Path) -> Locked:
    said = owner(path)
    if said is None:
        return Locked("{name} is already open in another workbench.", "Use that one, or close it first.",
                      name=path.name)
    if not said.near:
        return Locked("{name} is already open in a workbench on another machine (process {pid} there).",
                      "Use that one, or close it there first.", name=path.name, pid=said.pid)
    name = "" if said.path == real(path) else f", as {said.path}"
    if is_stopped(said.pid):
        return Locked("{name} is open in process {pid}{name_2}, which is stopped and does not answer.",
                      "Let it go on with: kill -CONT {pid}. Or end it with: kill -KILL {pid}; what was acknowledged "
                      "stays.", name=path.name, pid=said.pid, name_2=name)
    return Locked("{name} is already open in another workbench (process {pid}{name_2}).",
                  "Use that one, or close it first.", name=path.name, pid=said.pid, name_2=name)


class NameLock:
    """``NAME.flow.lock``, from ``__init__`` (``Locked`` when another has it) to ``release``."""

    def __init__(self, path: Path) -> None:
        self.path = lock_path(path)
        self._descriptor = self._acquire(path)

    def _acquire(self, path: Path) -> int:
        while True:
            descriptor = os.open(self.path, os.O_RDWR | os.O_CREAT, 0o600)
            try:
                _try_lock(descriptor)
            except OSError:
                os.close(descriptor)
                raise _taken(path) from None
            if self._still_named(descriptor):
                os.ftruncate(descriptor, 0)
                with suppress(OSError):  # on a full disk the lock holds all the same; messages name no process then
                    os.write(descriptor, f"{os.getpid()} {boot_id()}".encode("ascii"))
                return descriptor
            os.close(descriptor)

    def _still_named(self, descriptor: int) -> bool:
        """False when the previous holder removed the file between our open and our lock."""
        try:
            return os.path.samestat(os.fstat(descriptor), os.stat(self.path))
        except FileNotFoundError:
            return False

    def release(self) -> None:
        with suppress(OSError):  # a folder that became read-only keeps it; nobody minds
            self.path.unlink(missing_ok=True)
        os.close(self._descriptor)


class FileLock:
    """The file and its name, from ``__init__`` (``Locked`` when another has either) to ``release``. ``path`` is its
    home. ``kept`` is False where the file system keeps no locks: then only the name keeps others out."""

    def __init__(self, path: Path) -> None:
        self.home = real(path)
        self._name = NameLock(path)
        try:
            self.held = Held(path)
        except BaseException:
            self._name.release()
            raise
        locked = self.held.lock()
        if locked is False:
            self.held.release()
            refusal = _taken(path)
            self._name.release()
            raise refusal
        self.kept = locked is True
        with suppress(OSError):
            self._forget_old_name(owner(path))
        self._note = _note_path(path)
        self.moved_to: Path | None = None
        self._write_note()

    def _forget_old_name(self, before: Owner | None) -> None:
        """After a crash under another name that is gone: the log's links beside that name go too."""
        if before is not None and before.path != self.home and not before.path.exists():
            for suffix in BESIDE:
                old = Path(f"{before.path}{suffix}")
                if same_file(old, Path(f"{self.home}{suffix}")):
                    old.unlink(missing_ok=True)

    def _write_note(self) -> None:
        if self._note is not None:
            said = {"pid": os.getpid(), "boot": boot_id(), "path": str(self.home)}
            with suppress(OSError, UnicodeEncodeError):  # without it a hard link is found in its own folder only
                write_private(self._note, json.dumps(said).encode("utf-8"))

    def follow(self) -> str:
        """Whether the name still leads to the file: «here», «moved» or «removed». Where it was moved, its write-ahead
        log is linked to the new name, so that whoever opens that name reads what is there, also after a crash."""
        if file_key(self.home) == self.held.key:
            return "here"
        name = self.held.name_now()
        if name is None:
            return "moved" if self.held.links() else "removed"
        if name != self.moved_to:
            with suppress(OSError):
                self._unlink_moved()
            self.moved_to = name
            for suffix in BESIDE:
                with suppress(OSError):  # a file system without hard links: ``home_of`` says what to do
                    _link(Path(f"{self.home}{suffix}"), Path(f"{name}{suffix}"))
        return "moved"

    def _unlink_moved(self) -> None:
        for suffix in BESIDE if self.moved_to is not None else ():
            Path(f"{self.moved_to}{suffix}").unlink(missing_ok=True)

    def _settle_moved(self) -> None:
        """The connections are closed. What SQLite left beside the old name stays beside the new one only."""
        for suffix in BESIDE if self.moved_to is not None else ():
            old = Path(f"{self.home}{suffix}")
            if same_file(old, Path(f"{self.moved_to}{suffix}")):
                old.unlink(missing_ok=True)

    def release(self) -> None:
        with suppress(OSError):
            self._settle_moved()
        if self._note is not None:
            with suppress(OSError):
                self._note.unlink(missing_ok=True)
        self.held.release()
        self._name.release()


def _link(old: Path, new: Path) -> None:
    """``new`` is another name of ``old``; what had that name belonged to a file that was written over."""
    if not same_file(old, new):
        new.unlink(missing_ok=True)
        os.link(old, new)

#!/usr/bin/env python3
"""The two commands: ``run`` sets everything up and runs the workbench, ``test`` sets everything up and tests it.

Standard library only. What is missing is installed (apt as root on Debian or Ubuntu, pip into ``.venv``), or the
exact command to type is printed. ``setup`` only sets up, ``shot`` makes the README's pictures.
"""

from __future__ import annotations

import argparse
import contextlib
import hashlib
import importlib.util
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
STAMP = VENV / ".setup-of"
BIN = VENV / ("Scripts" if os.name == "nt" else "bin")
PYTHON = BIN / ("python.exe" if os.name == "nt" else "python")

# Found by starting in an empty Debian 12 and adding one at a time; libxcb-cursor0 is not always what Qt means
# when it says so.
QT_LIBRARIES = (
    "libglib2.0-0", "libegl1", "libgl1", "libxkbcommon0", "libdbus-1-3", "libfontconfig1", "libxcb-cursor0",
    "libxcb-icccm4", "libxcb-keysyms1", "libxcb-shape0", "libxkbcommon-x11-0",
)
SCREEN_TOOLS = ("xvfb", "openbox", "xdotool", "x11-utils")
KAFKA_TOOLS = ("kcat",)
ENGINE_SERVERS = ("rabbitmq-server",)  # the tests start one of their own; Debian's package may start a service as well


def say(text: str) -> None:
    print(f"dev: {text}", file=sys.stderr, flush=True)


def stop(text: str) -> None:
    raise SystemExit(f"dev: {text}")


# -- what the system must have ---------------------------------------------------------------------------------
def missing_packages(wanted: tuple[str, ...]) -> list[str]:
    """Debian packages of ``wanted`` that are not installed (a virtual name counts when something provides it)."""
    found = subprocess.run(
        ["dpkg-query", "-W", "-f", "${db:Status-Status} ${Package} ${Provides}\n"], capture_output=True, text=True
    )
    installed: set[str] = set()
    for line in found.stdout.splitlines():
        status, _, names = line.partition(" ")
        if status == "installed":
            installed |= {name.split("(")[0].strip(" ,:") for name in names.replace(",", " ").split()}
    return [name for name in wanted if name not in installed]


def install_packages(wanted: tuple[str, ...]) -> None:
    """Install what is missing by apt as root; else print the command. Other systems: say what Qt needs."""
    if sys.platform != "linux":
        return
    if not shutil.which("apt-get"):
        say("not Debian or Ubuntu: Qt needs EGL, GL, xkbcommon, fontconfig and the xcb libraries of your system")
        return
    missing = missing_packages(wanted)
    if not missing:
        return
    command = ["apt-get", "install", "-y", "--no-install-recommends", "-o", "DPkg::Lock::Timeout=120", *missing]
    if os.geteuid() != 0:
        stop("system packages are missing. Type:\n    sudo apt-get update && sudo " + " ".join(command))
    say(f"installing system packages: {' '.join(missing)}")
    quiet = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    subprocess.run(["apt-get", "update", "-qq"], env=quiet, stdout=sys.stderr, check=False)
    if subprocess.run([command[0], "-qq", *command[1:]], env=quiet, stdout=subprocess.DEVNULL).returncode:
        stop("apt-get could not install them. Try: " + " ".join(command))


# -- the environment -------------------------------------------------------------------------------------------
def fingerprint() -> str:
    parts = [ROOT / "pyproject.toml", ROOT / "packaging" / "constraints.txt"]
    text = b"".join(p.read_bytes() for p in parts) + sys.version.encode() + str(ROOT).encode()
    return hashlib.sha256(text).hexdigest()


def setup(tools: tuple[str, ...] = ()) -> None:
    """System packages, the virtual environment, the pinned dependencies. Quick when nothing changed."""
    if sys.version_info < (3, 11):  # noqa: UP036 (this file is started by any python3)
        stop(f"Python 3.11 or newer is needed, this is {sys.version.split()[0]}. Call it with another python3.")
    venv_parts = () if importlib.util.find_spec("ensurepip") else ("python3-venv",)
    install_packages((*venv_parts, *QT_LIBRARIES, *tools))
    if STAMP.exists() and STAMP.read_text() == fingerprint():
        return
    if not PYTHON.exists() or not (VENV / "pyvenv.cfg").exists():
        say("making .venv")
        if subprocess.run([sys.executable, "-m", "venv", "--clear", str(VENV)]).returncode:
            stop("the virtual environment could not be made. Try: apt-get install python3-venv")
    say("installing the pinned dependencies (half a minute)")
    pip = [str(PYTHON), "-m", "pip", "--disable-pip-version-check", "install", "-q"]
    pins = str(ROOT / "packaging" / "constraints.txt")
    done = subprocess.run([*pip, "-c", pins, "-e", f"{ROOT}[test,clients]"], capture_output=True, text=True)
    if done.returncode:
        print(done.stdout, done.stderr, file=sys.stderr)
        stop("pip could not install them; its own words are above. Is the package index reachable?")
    STAMP.write_text(fingerprint())


# -- a screen --------------------------------------------------------------------------------------------------
def has_display() -> bool:
    return sys.platform != "linux" or bool(os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY"))


@contextlib.contextmanager
def virtual_screen(size: str = "1440x900") -> Iterator[dict[str, str]]:
    """An Xvfb of that size with a window manager; yields the environment for programs on it."""
    read_end, write_end = os.pipe()
    server = subprocess.Popen(
        ["Xvfb", "-displayfd", str(write_end), "-screen", "0", f"{size}x24", "-nolisten", "tcp"],
        pass_fds=[write_end], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )
    os.close(write_end)
    with os.fdopen(read_end) as answer:
        display = answer.readline().strip()
    if not display:
        stop("Xvfb did not start. Try it by hand: Xvfb :99")
    env = {**os.environ, "DISPLAY": f":{display}", "QT_QPA_PLATFORM": "xcb"}
    manager = None
    try:
        if shutil.which("openbox"):
            manager = subprocess.Popen(["openbox"], env=env, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        yield env
    finally:
        for process in filter(None, (manager, server)):
            process.terminate()
            process.wait(10)


# -- commands --------------------------------------------------------------------------------------------------
def run(arguments: list[str], seconds: float, out: Path) -> int:
    """The window; on a machine without a display the same main job on a virtual screen, with proof saved."""
    if has_display():
        setup()
        return subprocess.run([str(PYTHON), "-m", "workbench", *arguments]).returncode
    setup(SCREEN_TOOLS)
    say("no display here: running the main job on a virtual screen instead")
    out.mkdir(parents=True, exist_ok=True)
    flow, shot, log = out / "main-job.flow", out / "main-job.png", out / "main-job.jsonl"
    for old in out.glob("main-job*"):
        old.unlink()
    bench = [str(PYTHON), "-m", "workbench"]
    subprocess.run([*bench, "new", str(flow), "--sample", "orders"], check=True, stdout=subprocess.DEVNULL)
    with virtual_screen() as env:
        window = [*bench, str(flow), "--run", "--shot", str(shot), "--shot-after", str(seconds), *arguments]
        if subprocess.run(window, env=env, timeout=seconds + 60).returncode:
            stop("the window did not run; its words are above")
    subprocess.run([*bench, "export", str(flow), str(log), "--what", "all"], check=True, stdout=subprocess.DEVNULL)
    summary = subprocess.run([*bench, "run", str(flow), "--for", str(seconds)], check=True, stdout=subprocess.PIPE)
    (out / "main-job.txt").write_bytes(summary.stdout)
    sys.stdout.buffer.write(summary.stdout)
    say(f"saved the screenshot {shot}, the exported log {log} and the summary {out / 'main-job.txt'}")
    return 0


def test(arguments: list[str], engines: bool) -> int:
    """Style, then the suite: the whole of it side by side, a file a worker at a time, or what ``arguments`` name. Ends
    with pytest's own closing line. With ``engines`` the servers are installed that attached systems are tried on;
    without one, its tests are skipped and say so."""
    setup((*SCREEN_TOOLS, *KAFKA_TOOLS, *(ENGINE_SERVERS if engines else ())))
    if subprocess.run([str(PYTHON), "-m", "ruff", "check", "-q", "."], cwd=ROOT).returncode:
        stop("style: see above, and try .venv/bin/ruff check --fix")
    env = {**os.environ, "QT_QPA_PLATFORM": os.environ.get("QT_QPA_PLATFORM", "offscreen"), "PYTHONFAULTHANDLER": "1"}
    env.pop("PYTHONDONTWRITEBYTECODE", None)  # the journeys start hundreds of processes
    workers = str((os.cpu_count() or 1) + 1)  # one more than cores: many tests wait for processes
    chosen = arguments or ["-n", workers, "--dist", "loadfile"]
    return subprocess.run([str(PYTHON), "-m", "pytest", *chosen], cwd=ROOT, env=env).returncode


def shot(out: Path) -> int:
    """The README's pictures, of the real window on a virtual screen."""
    setup(SCREEN_TOOLS)
    with virtual_screen() as env:
        script = ROOT / "packaging" / "shots.py"
        return subprocess.run([str(PYTHON), str(script), str(out)], env=env).returncode


def main() -> int:
    parser = argparse.ArgumentParser(prog="dev.py", description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    verbs = parser.add_subparsers(dest="verb", required=True)
    go = verbs.add_parser("run", help="set up and run the workbench (on a virtual screen where there is no display)")
    go.add_argument("--seconds", type=float, default=8.0, help="without a display: how long (default 8)")
    go.add_argument("--out", type=Path, default=ROOT / "out", help="without a display: folder for the proof (out/)")
    go.add_argument("rest", nargs="*", help="a workspace FILE, passed on")
    check = verbs.add_parser("test", help="set up and run the tests")
    check.add_argument("--engines", action="store_true", help="install the servers of other systems, and try them too")
    check.add_argument("rest", nargs=argparse.REMAINDER, help="passed on to pytest")
    verbs.add_parser("setup", help="only set up")
    picture = verbs.add_parser("shot", help="make the README's screenshots")
    picture.add_argument("--out", type=Path, default=ROOT / "docs" / "pictures")
    said = parser.parse_args()
    if said.verb == "run":
        return run(said.rest, said.seconds, said.out)
    if said.verb == "test":
        return test(said.rest, said.engines)
    if said.verb == "shot":
        return shot(said.out)
    setup(SCREEN_TOOLS)
    return 0


if __name__ == "__main__":
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    started = time.monotonic()
    code = main()
    if code == 0 and sys.argv[1:2] != ["test"]:  # a test run ends with pytest's own closing line
        say(f"done in {time.monotonic() - started:.0f} s")
    raise SystemExit(code)

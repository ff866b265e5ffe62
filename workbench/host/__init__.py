"""The host: the process (or thread) that owns a workspace for writing and serves it to windows and commands."""

from workbench.host.fresh import make_workspace
from workbench.host.local import LocalHost
from workbench.host.spawn import start_host
from workbench.host.virtual import VirtualRun, run_virtual

__all__ = ["LocalHost", "VirtualRun", "make_workspace", "run_virtual", "start_host"]

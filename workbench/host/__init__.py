"""The host: the process (or thread) that owns a workspace for writing and serves it to windows and commands."""

from workbench.host.fresh import make_workspace
from workbench.host.local import LocalHost
from workbench.host.spawn import start_host

__all__ = ["LocalHost", "make_workspace", "start_host"]

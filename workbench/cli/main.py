"""The command line: one verb a call, exit status 0 (done), 1 (failed, one sentence) or 2 (wrong usage).

Verbs are imported when they are called. ``main`` is the only place that turns errors into words and statuses: no
traceback reaches a terminal, what nobody foresaw goes to the log file with all details.
"""

from __future__ import annotations

import errno
import importlib
import io
import logging
import os
import sys
import tempfile
from logging.handlers import RotatingFileHandler
from pathlib import Path

import click

from workbench import __version__
from workbench.cli.verbs import VERBS
from workbench.core.errors import WorkbenchError

log = logging.getLogger(__name__)

DONE, FAILED, WRONG_USAGE = 0, 1, 2
LOG_BYTES = 2_000_000
_NO_ROOM = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)


class _Verbs(click.Group):
    """Finds a verb's module by name."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(VERBS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        module = VERBS.get(cmd_name)
        if module is None:
            return None
        return importlib.import_module(f"workbench.cli.{module}").COMMANDS[cmd_name]


@click.command(cls=_Verbs, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(__version__, prog_name="workbench", message="%(prog)s %(version)s")
def cli() -> None:
    """Event-flow workbench: a broker in one file, and a window that shows it live.

    Without a verb, «workbench [FILE]» opens the window.
    """


def main(arguments: list[str] | None = None) -> int:
    """Do what the arguments say; returns the exit status."""
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="backslashreplace")
    details = _log_to_file()
    try:
        return _do(list(sys.argv[1:] if arguments is None else arguments))
    except click.exceptions.Exit as end:
        return end.exit_code
    except click.exceptions.NoArgsIsHelpError as error:
        return _say(f"Name a FILE and what to do with it. Try «{error.ctx.command_path} --help».", WRONG_USAGE)
    except click.UsageError as error:
        where = error.ctx.command_path if error.ctx else "workbench"
        return _say(f"{error.format_message().rstrip('.')}. Try «{where} --help».", WRONG_USAGE)
    except click.ClickException as error:
        return _say(error.format_message(), FAILED)
    except WorkbenchError as error:
        return _say(error.sentence(), FAILED)
    except (KeyboardInterrupt, click.Abort):
        return _say("Stopped.", FAILED)
    except BrokenPipeError:
        return _leave_output(DONE)  # whoever read it has seen enough
    except OSError as error:
        if error.errno not in _NO_ROOM:
            return _unforeseen(error)
        where = error.filename or "The output"
        return _leave_output(_say(f"{where} can't be written: {error.strerror}. Make room, and do it again.", FAILED))
    except Exception as error:
        return _unforeseen(error)
    finally:
        logging.getLogger().removeHandler(details)
        details.close()


def _do(arguments: list[str]) -> int:
    with cli.make_context("workbench", arguments) as context:
        status = cli.invoke(context)
    sys.stdout.flush()
    return status if isinstance(status, int) else DONE


def _log_to_file() -> logging.Handler:
    """Details of what goes wrong belong in the log file; nothing but our own sentences reaches the terminal."""
    handler = RotatingFileHandler(log_file(), maxBytes=LOG_BYTES, backupCount=1, encoding="utf-8", delay=True)
    handler.setFormatter(logging.Formatter("%(asctime)s %(process)d %(levelname)s %(name)s: %(message)s"))
    logging.getLogger().addHandler(handler)
    return handler


def _say(sentence: str, status: int) -> int:
    print(" ".join(sentence.split()), file=sys.stderr)
    return status


def _unforeseen(error: Exception) -> int:
    log.error("unforeseen: %s", " ".join(sys.argv), exc_info=error)
    what = f"{type(error).__name__}: {error}"
    return _say(f"The workbench met an error it did not foresee ({what}). Details are in {log_file()}.", FAILED)


def _leave_output(status: int) -> int:
    """Nothing may be written to standard output on the way out."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
    return status


def log_file() -> Path:
    """Where details go: the user's log directory, or the temporary one when that can't be written."""
    import platformdirs

    for directory in (platformdirs.user_log_path("workbench", False), Path(tempfile.gettempdir())):
        try:
            directory.mkdir(parents=True, exist_ok=True)
            path = directory / "workbench.log"
            with path.open("a"):
                return path
        except OSError:
            continue
    return Path(os.devnull)

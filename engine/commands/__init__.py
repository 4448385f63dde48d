"""The command line: one module per subcommand, named as it.

A command module has
    HELP                                    one line for `main.py --help`
    add_arguments(parser) -> None           its arguments, on an argparse parser of its own
    execute(arguments) -> int               does it and returns the exit status
and raises CommandError for what the user can put right: one line on standard error, exit status 2. Modules import what
is slow (numpy, Qt) late, so that `--help` stays quick. Without a command the window opens.
"""

import argparse
import contextlib
import errno
import gc
import importlib
import os
import pkgutil
import sys
import traceback
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from types import ModuleType
from typing import NoReturn

ORDER = ("open", "list", "run", "record", "check", "report", "export", "compare")
INTERRUPTED = 130
FAILED = 70  # Lanescope's own fault (EX_SOFTWARE)
UNUSABLE = 2
# Words that sentences of the engine begin with, as the window shows them, and that are no names.
_SENTENCE_STARTS = frozenset(
    "A An Cannot It Nobody Not Nothing Programs Repeats Some The There This Workers".split()  # noqa: SIM905
)


class CommandError(Exception):
    """What was wrong with what, and what to do, in one line."""


class Parser(argparse.ArgumentParser):
    """Says what is wrong in one line."""

    def parse_known_args(  # type: ignore[override]
        self, args: Sequence[str] | None = None, namespace: argparse.Namespace | None = None
    ) -> tuple[argparse.Namespace, list[str]]:
        """What a command does not know it says itself: left over, `main.py` as a whole would complain."""
        known, unknown = super().parse_known_args(args, namespace)
        if unknown:
            self.error(f"unrecognized arguments: {' '.join(unknown)}")
        return known, unknown

    def error(self, message: str) -> NoReturn:
        """Ends with exit status 2."""
        self.exit(UNUSABLE, f"{self.prog}: {message}; {self.prog} --help tells more\n")


def main(arguments: list[str]) -> int:
    """Carries out a command line (without the program's name) and returns the exit status."""
    name = next((part for part in arguments if not part.startswith("-")), "")
    status = 0
    try:
        options = build_parser().parse_args(arguments)
        status = options.execute(options)
        if sys.stdout is not None:  # as when it was closed before the start
            sys.stdout.flush()
    except CommandError as error:
        return _say(name, str(error), UNUSABLE)
    except KeyboardInterrupt:
        return _say(name, "interrupted", INTERRUPTED)
    except BrokenPipeError:
        _say_no_more()  # whoever read has gone
    except Exception as error:  # noqa: BLE001 (what nobody foresaw is logged, and said in one line)
        if isinstance(error, OSError) and error.errno == errno.ENOSPC:
            _say_no_more()
            return _say(name, "the disk that is written to is full; make room on it", UNUSABLE)
        return _say(name, f"failed by a fault of its own; {_log_failure()}", FAILED)
    return int(status)


def build_parser() -> Parser:
    """The parser of everything: its result has `execute`."""
    parser = Parser(
        prog="main.py",
        description="Shows Python threads and processes as lanes on one live timeline.",
        epilog="Without a command the window opens. main.py COMMAND --help tells about a command.",
    )
    parser.add_argument("--debug", action="store_true", help="frame times over the timeline, and a fuller log")
    parser.set_defaults(execute=_open_window)
    commands = parser.add_subparsers(title="commands", metavar="COMMAND", parser_class=Parser)
    for name, module in command_modules().items():
        own = commands.add_parser(name, help=module.HELP, description=module.__doc__)
        module.add_arguments(own)
        own.set_defaults(execute=module.execute)
    return parser


def command_modules() -> dict[str, ModuleType]:
    """The command modules by name, in the order in which help lists them."""
    names = [found.name for found in pkgutil.iter_modules(__path__)]
    names.sort(key=lambda name: (ORDER.index(name) if name in ORDER else len(ORDER), name))
    return {name: importlib.import_module(f"{__name__}.{name}") for name in names}


def open_window(arguments: list[str]) -> int:
    """Opens the window; CommandError when that is impossible here."""
    gc.disable()  # imports make no garbage, and much to look through
    try:
        from gui import app

        gc.freeze()
    except ImportError as error:
        raise CommandError(f"the window cannot be opened: {error}; ./run installs what it needs") from error
    finally:
        gc.enable()
    return app.main(arguments)


def _open_window(options: argparse.Namespace) -> int:
    return open_window(["--debug"] if options.debug else [])


def _say_no_more() -> None:
    """Leaves nothing for the interpreter to flush to standard output at its end."""
    with contextlib.suppress(OSError, ValueError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def say(command: str, message: str) -> None:
    """A line on standard error, in one style: after a colon, without capital and full stop."""
    who = f"main.py {command}".rstrip()
    first = message.partition(" ")[0]
    if first in _SENTENCE_STARTS:
        message = message[0].lower() + message[1:]
    print(f"{who}: {message.removesuffix('.')}", file=sys.stderr)


def _say(command: str, message: str, status: int) -> int:
    with contextlib.suppress(OSError):
        say(command, message)
    return status


def _log_failure() -> str:
    """Writes the traceback to the log and returns where it is."""
    import platformdirs

    home = os.environ.get("LANESCOPE_HOME")
    log = (Path(home) if home else platformdirs.user_log_path("lanescope", False)) / "command-line.log"
    try:
        log.parent.mkdir(parents=True, exist_ok=True)
        with log.open("a", encoding="utf-8") as file:
            file.write(f"{datetime.now():%Y-%m-%d %H:%M:%S} {' '.join(sys.argv)}\n{traceback.format_exc()}\n")
    except OSError:
        return "the log could not be written:\n" + traceback.format_exc()
    return f"the details are in {log}"

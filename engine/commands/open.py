"""Opens the window on a recording."""

import argparse
from pathlib import Path

from engine.commands import open_window

HELP = "open the window on a recording"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The recording."""
    parser.add_argument("file", type=Path, metavar="FILE", help="a recording (.lane)")


def execute(arguments: argparse.Namespace) -> int:
    """Looks at the file first, so that what is wrong with it is said here, without a window."""
    from engine.commands.report import open_recording

    open_recording(arguments.file).close()
    debug = ["--debug"] if arguments.debug else []
    return open_window([*debug, "open", str(arguments.file)])

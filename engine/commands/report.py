"""Summarises a recording: states of its lanes, locks, findings, work done."""

import argparse
import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from engine.commands import CommandError

if TYPE_CHECKING:
    from engine.recording.reader import RecordingReader

HELP = "summarise a recording"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The recording, and how to say it."""
    parser.add_argument("file", type=Path, metavar="FILE", help="a recording (.lane)")
    parser.add_argument("--json", action="store_true", help="one JSON object instead of text")


def execute(arguments: argparse.Namespace) -> int:
    """Prints the summary."""
    from engine.analysis.reading import read_model
    from engine.analysis.report import render, summarise

    with open_recording(arguments.file) as reader:
        model = read_model(reader)
        summary = summarise(model, damage=reader.damage, growing=reader.writer_alive)
    if arguments.json:
        json.dump(summary, sys.stdout, ensure_ascii=False, indent=1)
        print()
    else:
        print(render(summary))
    return 0


def open_recording(path: Path) -> "RecordingReader":
    """A reader of the file; CommandError in one line when it is no recording or cannot be read."""
    from engine.recording.reader import NotARecording, RecordingReader

    try:
        return RecordingReader(path)
    except NotARecording as error:
        raise CommandError(str(error)) from error
    except OSError as error:
        raise CommandError(f"{path} cannot be read: {error.strerror or error}") from error

"""Records a program of yours: input, output and exit status stay its own; what is said here goes to standard error."""

import argparse
import shlex
import signal
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING

from engine.commands import CommandError, say

if TYPE_CHECKING:
    from engine.session import RunRequest, Session, SessionStatus, TestWatch

HELP = "record a program of yours"
POLL_S = 0.2


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Options, then the program with its own."""
    parser.usage = (
        "main.py record [-h] [-o FILE] [--interpreter PYTHON] [--time-limit S] [--sample-rate HZ]"
        " [--] SCRIPT|-m MODULE [ARGS...]"
    )
    parser.add_argument("-o", type=Path, dest="recording", metavar="FILE", help="where to record it")
    parser.add_argument("--interpreter", metavar="PYTHON", help="the Python to run it on")
    parser.add_argument("--time-limit", type=float, metavar="S", help="end it after so many seconds")
    parser.add_argument("--sample-rate", type=float, metavar="HZ", help="look at the threads so often a second (200)")
    add_program(parser)


def execute(arguments: argparse.Namespace) -> int:
    """The program's own exit status; 128 + N when it died by signal N."""
    from engine.session import InvalidChoice, program_request

    try:
        request = program_request(
            program_words(arguments),
            interpreter=arguments.interpreter,
            recording=arguments.recording,
            time_limit_s=arguments.time_limit,
            sample_hz=arguments.sample_rate,
            capture_output=False,
        )
    except InvalidChoice as error:
        raise CommandError(error.message) from None
    status = run_in_terminal(request)
    if status.exit_status is None and not request.recording.exists():
        raise CommandError(status.message)
    for line in _closing_words(request, status):
        say("record", line)
    if status.exit_status is None:
        return 1
    return status.exit_status if status.exit_status >= 0 else 128 - status.exit_status


def add_program(parser: argparse.ArgumentParser) -> None:
    """The program and its arguments; `program_words` gives them back."""
    parser.add_argument("-m", nargs=argparse.REMAINDER, dest="module", metavar="MODULE", help="run a module")
    parser.add_argument("program", nargs=argparse.REMAINDER, metavar="SCRIPT", help="the program and its arguments")


def program_words(arguments: argparse.Namespace) -> list[str]:
    """`SCRIPT ARGS...` or `-m MODULE ARGS...`, with or without `--` before it."""
    words = list(arguments.program) if arguments.module is None else ["-m", *arguments.module]
    return words[1:] if words[:1] == ["--"] else words


def _closing_words(request: "RunRequest", status: "SessionStatus") -> Iterator[str]:
    """What became of it, a line each; the program's own output says nothing of that."""
    from engine.analysis.reading import read_findings
    from engine.commands.report import open_recording

    if status.message:
        yield status.message
    if status.ended_by == "time limit":
        yield f"ended at the time limit of {request.time_limit_s:g} s"
    elif status.ended_by == "stop":
        yield "stopped"
    errors = []
    with suppress(CommandError), open_recording(request.recording) as reader:
        errors = [found for found in read_findings(reader) if found["severity"] == "error"]
    for found in errors:
        yield f"{found['kind']}: {found['explanation']}"
    yield f"recorded in {request.recording}"
    if errors:
        yield f"main.py report {shlex.quote(str(request.recording))} tells more"


def run_in_terminal(request: "RunRequest") -> "SessionStatus":
    """Runs it to its end, as if it had been started from this terminal. CommandError when it can't be started."""
    from engine.session import Session, SessionError

    session = Session(request)
    try:
        with signals_for(session):
            session.start()
            while not (status := session.wait(POLL_S)).over:
                pass
            return status
    except SessionError as error:
        raise CommandError(str(error)) from None
    finally:
        session.close()


@contextmanager
def signals_for(run: "Session | TestWatch") -> Iterator[None]:
    """Ctrl-C is for the program, which hears of it from the terminal; being told to end ends the program first."""
    ignored = signal.getsignal(signal.SIGINT) == signal.SIG_IGN
    former = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}
    if not ignored:
        signal.signal(signal.SIGINT, lambda *_: None)
    signal.signal(signal.SIGTERM, lambda *_: run.stop())
    try:
        yield
    finally:
        for number, handler in former.items():
            signal.signal(number, handler)

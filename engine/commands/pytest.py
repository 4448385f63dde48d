"""Runs pytest on tests of yours: one during which a deadlock happens or is predicted fails, one that hangs is ended.

Arguments are pytest's own. The exit status is pytest's.
"""

import argparse
import shlex
from collections.abc import Iterator
from dataclasses import asdict, replace
from pathlib import Path
from typing import TYPE_CHECKING

from engine.commands import CommandError, say
from engine.commands.record import signals_for

if TYPE_CHECKING:
    from engine.session import RunRequest, SessionStatus, TestWatch

HELP = "run tests with pytest; deadlocks fail them"
PLUGIN = Path(__file__).resolve().parents[1] / "pytest_plugin"
TIMEOUT_S = 60.0
OWN = {"-h": 1, "--help": 1, "--as-started": 1, "-o": 2, "--interpreter": 2, "--timeout": 2}  # how many words each is


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Options, then pytest's own."""
    parser.usage = "main.py pytest [-h] [--timeout S] [--interpreter PYTHON] [-o FILE] [--] [PYTEST ARGS...]"
    parser.add_argument(
        "--timeout",
        type=float,
        default=TIMEOUT_S,
        metavar="S",
        help=f"a test that waits so long for one thing hangs ({TIMEOUT_S:g}; 0: never)",
    )
    parser.add_argument("--interpreter", metavar="PYTHON", help="the Python that has pytest and what the tests need")
    parser.add_argument("-o", type=Path, dest="recording", metavar="FILE", help="keep the recording there")
    parser.add_argument("--as-started", action="store_true", help=argparse.SUPPRESS)  # ARGS are the interpreter's
    parser.add_argument("arguments", nargs=argparse.REMAINDER, metavar="ARGS", help="pytest's arguments")
    parse = parser.parse_known_args
    parser.parse_known_args = lambda words, *rest: parse(divided(words), *rest)  # type: ignore[method-assign, assignment]


def divided(words: list[str]) -> list[str]:
    """With `--` before the first word that is pytest's, as a rule one of its options."""
    place = 0
    while place < len(words) and words[place].partition("=")[0] in OWN:
        place += 1 if "=" in words[place] else OWN[words[place]]
    return words if words[place : place + 1] == ["--"] else [*words[:place], "--", *words[place:]]


def execute(arguments: argparse.Namespace) -> int:
    """pytest's exit status; 1 when it had to be ended, or threads were deadlocked after the last test; 128 + N when it
    died by signal N.
    """
    from engine.session import SessionError, TestWatch, why_refused

    if not 0 <= arguments.timeout < float("inf"):
        raise CommandError(f"--timeout takes a number of seconds, 0 for none, not {arguments.timeout:g}")
    request = _request(arguments)
    watch = TestWatch(request, arguments.timeout)
    with signals_for(watch):  # to the very end: who is interrupted leaves its folder behind
        try:
            watch.start()
            while not (status := watch.step()).over:
                pass
        except SessionError as error:
            raise CommandError(str(error)) from None
        finally:
            watch.close()
    if status.exit_status is None and not request.recording.exists():
        raise CommandError(status.message)
    if watch.exit_status is None and (reason := why_refused(request, status)) is not None:
        request.recording.unlink(missing_ok=True)
        raise CommandError(reason)
    for line in _closing_words(watch, status):
        say("pytest", line)
    if watch.failures or watch.last or arguments.recording is not None:
        words = f"recorded in {request.recording}; main.py open {shlex.quote(str(request.recording))} shows it"
        say("pytest", words)
    else:
        request.recording.unlink(missing_ok=True)
    return _exit_status(watch, status)


def _closing_words(watch: "TestWatch", status: "SessionStatus") -> Iterator[str]:
    """What pytest could not tell."""
    from engine.analysis.report import how_it_ended

    if status.message:
        yield status.message
    yield from watch.last
    if watch.exit_status is None and watch.test and _ended_by_itself(status):
        yield f"the process of the tests {how_it_ended(asdict(status))} in the middle of {watch.test}"


def _exit_status(watch: "TestWatch", status: "SessionStatus") -> int:
    if watch.exit_status or watch.last:
        return watch.exit_status or 1
    if status.exit_status is None or not _ended_by_itself(status):
        return 1
    if status.exit_status < 0:
        return 128 - status.exit_status
    return status.exit_status or (1 if watch.exit_status is None else 0)


def _ended_by_itself(status: "SessionStatus") -> bool:
    return status.ended_by is not None and status.ended_by.startswith(("itself", "signal"))


def _request(arguments: argparse.Namespace) -> "RunRequest":
    from engine.session import InvalidChoice, program_request

    words = arguments.arguments[1:] if arguments.arguments[:1] == ["--"] else arguments.arguments
    try:
        request = program_request(
            ["-m", "pytest"],
            interpreter=arguments.interpreter,
            recording=arguments.recording,
            capture_output=False,
        )
    except InvalidChoice as error:
        raise CommandError(error.message) from None
    if arguments.as_started:
        return replace(request, command=[request.command[0], *words])
    own = ["-p", "lanescope", f"--lanescope-timeout={arguments.timeout:g}"]
    return replace(request, command=[*request.command, *own, *words], environment=with_plugin(request.environment))


def with_plugin(environment: dict[str, str]) -> dict[str, str]:
    """The environment in which pytest finds the plugin."""
    import os

    former = os.environ.get("PYTHONPATH")
    path = f"{PLUGIN}{os.pathsep}{former}" if former else str(PLUGIN)
    return {**environment, "PYTHONPATH": path}

"""Runs pytest on tests of yours: one during which a deadlock happens or is predicted fails, one that hangs is ended.

Arguments are pytest's own. The exit status is pytest's.
"""

import argparse
import shlex
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from engine.commands import CommandError, say

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
    """pytest's exit status; 1 when it had to be ended, or threads were deadlocked after the last test."""
    request = _request(arguments)
    from engine.session import SessionError, TestWatch

    watch = TestWatch(request, arguments.timeout)
    try:
        watch.start()
        status = _watch(watch)
    except SessionError as error:
        raise CommandError(str(error)) from None
    finally:
        watch.close()
    if status.exit_status is None and not request.recording.exists():
        raise CommandError(status.message)
    if status.message:
        say("pytest", status.message)
    for text in watch.last:
        say("pytest", f"after the last test: {text}")
    if watch.failures or watch.last or arguments.recording is not None:
        words = f"recorded in {request.recording}; main.py open {shlex.quote(str(request.recording))} shows it"
        say("pytest", words)
    else:
        request.recording.unlink(missing_ok=True)
    if watch.exit_status is not None:
        return watch.exit_status or (1 if watch.last else 0)
    return status.exit_status if status.exit_status is not None and status.exit_status > 0 else 1


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


def _watch(watch: "TestWatch") -> "SessionStatus":
    """Until it is over. Ctrl-C is for pytest, which hears of it from the terminal."""
    while True:
        try:
            status = watch.step()
            if status.over:
                return status
        except KeyboardInterrupt:
            continue

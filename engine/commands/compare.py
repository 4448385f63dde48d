"""Runs one workload on several backends, with several worker counts, on several Pythons, and compares."""

import argparse
import json
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING, Any

from engine.commands import INTERRUPTED, CommandError, say

if TYPE_CHECKING:
    from engine.comparison.plan import Plan
    from engine.comparison.result import Result
    from engine.comparison.run import Progress
    from engine.interpreters import Interpreter

HELP = "compare backends, worker counts and interpreters on the same work"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """What is compared, and how often."""
    parser.add_argument("scenario", metavar="SCENARIO", help="a scenario's name, or the JSON file of a custom workload")
    parser.add_argument("--backends", type=_words, metavar="A,B", help="default: all that it runs on")
    parser.add_argument("--workers", type=_counts, metavar="1,2,4", help="worker counts; default 1, 2, 4 and the cores")
    parser.add_argument(
        "--interpreters",
        type=_words,
        metavar="P,Q",
        help="Pythons; default: this one, and a free-threaded one if found",
    )
    parser.add_argument(
        "--repeat",
        type=int,
        default=3,
        metavar="N",
        help="trials of each variant, after one warm-up; 3 (runs of less than a second are tried more often)",
    )
    parser.add_argument("--start-method", metavar="M", help="how processes are started: fork, spawn, forkserver")
    parser.add_argument(
        "--set", action="append", default=[], dest="parameters", metavar="NAME=VALUE", help="a parameter"
    )
    parser.add_argument("-o", type=Path, dest="folder", metavar="FOLDER", help="where recordings and result go")
    parser.add_argument("--json", action="store_true", help="one JSON object instead of text")
    parser.add_argument("--events", action="store_true", help="a JSON object a line as it goes on, the result last")


def _words(text: str) -> list[str]:
    words = [part.strip() for part in text.split(",")]
    if not all(words):
        raise argparse.ArgumentTypeError(f"{text!r} leaves something out: names go with commas between")
    return words


def _counts(text: str) -> list[int]:
    try:
        return [int(part) for part in text.split(",")]
    except ValueError:
        raise argparse.ArgumentTypeError(f"worker counts are numbers with commas between, not {text!r}") from None


def execute(arguments: argparse.Namespace) -> int:
    """0 when every variant was measured, 1 when one failed, 130 when interrupted (what was measured is kept)."""
    from engine.comparison import run
    from engine.session import InvalidChoice

    try:
        plan = _plan(arguments)
    except InvalidChoice as error:
        raise CommandError(error.message) from None
    try:
        folder = arguments.folder or run.new_folder(plan.title)
        folder.mkdir(parents=True, exist_ok=True)
        tell = _tell_events if arguments.events else _tell_person
        with _interruptible() as interrupted:
            result = run.carry_out(plan, folder, on_progress=tell, cancelled=lambda: bool(interrupted))
    except OSError as error:
        raise CommandError(f"the comparison cannot be kept: {error.strerror or error}") from None
    _print_result(result, folder, arguments)
    if not result.complete:
        return INTERRUPTED
    return 1 if any(variant.error for variant in result.variants) else 0


def _plan(arguments: argparse.Namespace) -> "Plan":
    from engine.commands.run import read_parameters
    from engine.comparison.plan import scenario_plan, workload_plan
    from engine.tasks import workload
    from engine.tasks.workload import InvalidWorkload

    common: dict[str, Any] = {
        "backends": arguments.backends,
        "workers": arguments.workers,
        "start_method": arguments.start_method,
        "repeats": arguments.repeat,
    }
    if arguments.scenario.endswith(".json"):
        if arguments.parameters:
            raise CommandError("--set is for scenarios; a custom workload has its parameters in its file")
        try:
            custom = workload.load(Path(arguments.scenario))
        except (OSError, UnicodeDecodeError) as error:
            reason = error.strerror if isinstance(error, OSError) else "it is no text file"
            raise CommandError(f"{arguments.scenario} cannot be read: {reason}") from None
        except InvalidWorkload as error:
            raise CommandError(f"{arguments.scenario}: {error}") from None
        return workload_plan(custom, pythons=_pythons(arguments.interpreters), **common)
    parameters = read_parameters(arguments.parameters)
    # Said before interpreters are looked for: that takes a while.
    scenario_plan(arguments.scenario, parameters=parameters, pythons=[_this_python()], **common)
    pythons = _pythons(arguments.interpreters)
    return scenario_plan(arguments.scenario, parameters=parameters, pythons=pythons, **common)


def _this_python() -> "Interpreter":
    from engine import interpreters

    return interpreters.probe(sys.executable)


def _pythons(asked: list[str] | None) -> list["Interpreter"]:
    """Those asked for; else this one and, for the ladder, a free-threaded one when there is one."""
    from engine import interpreters

    if asked:
        try:
            return [interpreters.probe(each) for each in asked]
        except interpreters.UnusableInterpreter as error:
            raise CommandError(str(error)) from None
    free = next((found for found in interpreters.find() if found.free_threaded), None)
    return [_this_python(), *([free] if free else [])]


@contextmanager
def _interruptible() -> Iterator[list[int]]:
    """A list that is no longer empty once somebody wants an end: the trial that runs is stopped in order."""
    asked: list[int] = []

    def ask(number: int, _: FrameType | None) -> None:
        asked.append(number)

    former = {number: signal.signal(number, ask) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield asked
    finally:
        for number, handler in former.items():
            signal.signal(number, handler)


def _tell_person(progress: "Progress", _: "Result") -> None:
    if sys.stderr.isatty():
        print(f"\r\x1b[K{progress.words}", end="", file=sys.stderr, flush=True)


def _tell_events(progress: "Progress", result: "Result") -> None:
    event = {"event": "progress", "share": progress.share, "words": progress.words, "result": result.to_data()}
    print(json.dumps(event, ensure_ascii=False), flush=True)


def _print_result(result: "Result", folder: Path, arguments: argparse.Namespace) -> None:
    from engine.comparison.text import render

    if sys.stderr.isatty():
        print("\r\x1b[K", end="", file=sys.stderr, flush=True)
    if arguments.events:
        print(json.dumps({"event": "result", "folder": str(folder), "result": result.to_data()}, ensure_ascii=False))
    elif arguments.json:
        json.dump({**result.to_data(), "folder": str(folder)}, sys.stdout, ensure_ascii=False, indent=1)
        print()
    else:
        print(render(result))
    say("compare", f"kept in {folder}")

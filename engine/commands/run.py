"""Runs a scenario, records it, and says what happened."""

import argparse
import json
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

from engine.commands import INTERRUPTED, UNUSABLE, CommandError, say

if TYPE_CHECKING:
    from engine.model.model import Model
    from engine.session import RunRequest, SessionStatus

HELP = "run a scenario and summarise it"
POLL_S = 0.1


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The scenario and its settings."""
    parser.add_argument("scenario", metavar="SCENARIO", help="its name; main.py list has them all")
    parser.add_argument("--backend", metavar="B", help="how the workers run; main.py list explains each")
    parser.add_argument("--workers", type=int, metavar="N", help="how many workers, 1 to 256")
    parser.add_argument("--start-method", metavar="M", help="how processes are started: fork, spawn, forkserver")
    parser.add_argument("--interpreter", metavar="PYTHON", help="the Python to run it on")
    parser.add_argument(
        "--set",
        action="append",
        default=[],
        dest="parameters",
        metavar="NAME=VALUE",
        help="a parameter of the scenario, as often as needed; main.py list --json has them all",
    )
    parser.add_argument("--time-limit", type=float, metavar="S", help="end it after so many seconds")
    parser.add_argument("--sample-rate", type=float, metavar="HZ", help="look at the threads so often a second (200)")
    parser.add_argument("-o", type=Path, dest="recording", metavar="FILE", help="where to record it")
    parser.add_argument("--json", action="store_true", help="one JSON object instead of text")


def execute(arguments: argparse.Namespace) -> int:
    """0 when it went as it should, a deadlock that the scenario is about included; 2 when not all could be recorded;
    else 1.
    """
    from engine.session import InvalidChoice, scenario_request

    try:
        request = scenario_request(
            arguments.scenario,
            backend=arguments.backend,
            workers=arguments.workers,
            interpreter=arguments.interpreter,
            parameters=read_parameters(arguments.parameters),
            recording=arguments.recording,
            start_method=arguments.start_method,
            time_limit_s=arguments.time_limit,
            sample_hz=arguments.sample_rate,
            end_on_deadlock=True,
        )
    except InvalidChoice as error:
        raise CommandError(error.message) from None
    status, interrupted = _run(request)
    if status.phase == "failed" and not request.recording.exists():
        raise CommandError(status.message)
    model = _print_summary(request, as_json=arguments.json)
    incomplete = status.phase == "finished" and bool(status.message)  # the disk was full
    if status.message:
        say("run", status.message)
    say("run", f"recorded{' as far as it could be' if incomplete else ''} in {request.recording}")
    if interrupted:
        return INTERRUPTED
    if incomplete:
        return UNUSABLE
    as_it_should = status.phase == "finished" and (
        status.exit_status == 0 or status.ended_by == "time limit" or _deadlocked_as_expected(request, status, model)
    )
    return 0 if as_it_should else 1


def read_parameters(assignments: list[str]) -> dict[str, str]:
    parameters = {}
    for assignment in assignments:
        name, equals, value = assignment.partition("=")
        if not equals or not name:
            raise CommandError(f"--set takes NAME=VALUE, not {assignment!r}")
        parameters[name] = value
    return parameters


def _run(request: "RunRequest") -> "tuple[SessionStatus, bool]":
    """Runs it to its end; whether somebody interrupted it."""
    from engine.session import Session, SessionError

    session = Session(request)
    interrupted = False
    began = time.monotonic()
    try:
        session.start()
        while True:
            try:
                status = session.wait(POLL_S)
                show_progress(f"{request.scenario}: {status.phase}, {time.monotonic() - began:.1f} s")
                if status.over:
                    break
            except KeyboardInterrupt:
                interrupted = True
                session.stop()
    except SessionError as error:
        raise CommandError(str(error)) from None
    finally:
        show_progress("")
        session.close()
    return status, interrupted


def show_progress(text: str) -> None:
    """One line on a terminal, in place of the former; nothing elsewhere."""
    if sys.stderr.isatty():
        print(f"\r\x1b[K{text}", end="", file=sys.stderr, flush=True)


def _print_summary(request: "RunRequest", *, as_json: bool) -> "Model":
    from engine.analysis.reading import read_model
    from engine.analysis.report import render, summarise
    from engine.commands.report import open_recording

    with open_recording(request.recording) as reader:
        model = read_model(reader)
        summary: dict[str, Any] = summarise(model, damage=reader.damage, growing=False)
    if as_json:
        json.dump(summary, sys.stdout, ensure_ascii=False, indent=1)
        print()
    else:
        print(render(summary))
    return model


def _deadlocked_as_expected(request: "RunRequest", status: "SessionStatus", model: "Model") -> bool:
    from engine.analysis import deadlock
    from engine.scenarios import catalogue

    expected = request.scenario is not None and catalogue.get(request.scenario).expects == "deadlock"
    return expected and status.ended_by == "deadlock" and bool(deadlock.find(model))

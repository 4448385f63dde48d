"""Checks a program, or a recording of one, for deadlocks: those that happen and those that could.

The exit status is 0 when there is none, 1 when there is one, 2 when the program could not be run, or not be recorded to
its end. A deadlock that happens is reported at once, and the program ended. What else holds the program up, as locks
that others wait for, or goes wrong in it unseen, is told beside it, and changes nothing of the exit status.
"""

import argparse
import contextlib
import json
import os
import shlex
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, TextIO

from engine.commands import UNUSABLE, CommandError, say
from engine.commands.record import add_program, program_words, run_in_terminal

if TYPE_CHECKING:
    from engine.analysis.building import Finding
    from engine.model.model import Model
    from engine.session import RunRequest, SessionStatus

HELP = "check a program or a recording for deadlocks"
FOUND = 1
RUNS = 5  # of an attempt to prove a prediction
POLL_S = 0.05
KILLED_WITH_RECORDER = "signal 9"  # by which a program ends with its recorder


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Options, then the recording or the program with its own."""
    parser.usage = (
        "main.py check [-h] [--json] [--verbose] [--prove] [--runs N] [--time-limit S] [--interpreter PYTHON] [-o FILE]"
        " [--] FILE.lane|SCRIPT|-m MODULE [ARGS...]"
    )
    parser.add_argument("--json", action="store_true", help="one JSON object instead of text")
    parser.add_argument(
        "--verbose", action="store_true", help="say too which lock orders can't become a deadlock, and why"
    )
    parser.add_argument(
        "--prove", action="store_true", help="run it again to make each predicted deadlock really happen"
    )
    parser.add_argument("--runs", type=int, default=RUNS, metavar="N", help=f"how often --prove tries ({RUNS})")
    parser.add_argument("--interpreter", metavar="PYTHON", help="the Python to run it on")
    parser.add_argument("--time-limit", type=float, metavar="S", help="end it after so many seconds")
    parser.add_argument("-o", type=Path, dest="recording", metavar="FILE", help="keep the recording there")
    add_program(parser)


def execute(arguments: argparse.Namespace) -> int:
    """The exit status as the module says."""
    from engine.analysis.verdict import render, report

    words = program_words(arguments)
    if arguments.runs < 1:
        raise CommandError(f"--runs takes a number from 1 on, not {arguments.runs}")
    findings: list[Finding] = []
    status: SessionStatus | None = None  # of what is run now
    # Whoever read may have gone, as `head` does: the status says it all the same.
    with contextlib.suppress(BrokenPipeError), _output(as_json=arguments.json) as output:
        if len(words) == 1 and words[0].endswith(".lane"):
            model, findings = _check_recording(Path(words[0]))
            if arguments.prove:
                findings = _prove_all(findings, model, None, arguments.runs)
        else:
            model, findings, status = _check_program(words, arguments)
        if arguments.json:
            told = report(model, findings, verbose=arguments.verbose, end=_end(model, status))
            json.dump(told, output, ensure_ascii=False, indent=1)
            print(file=output)
        else:
            print(render(model, findings, verbose=arguments.verbose), file=output, flush=True)
    if any(found["severity"] == "error" for found in findings):
        return FOUND
    return 0 if status is None or model.finished else UNUSABLE


@contextmanager
def _output(*, as_json: bool) -> Iterator[TextIO]:
    """Where the report goes. With `as_json` standard output is its alone: what the program prints goes to the other."""
    if not as_json:
        yield sys.stdout
        return
    sys.stdout.flush()
    own = os.dup(1)
    os.dup2(2, 1)
    try:
        with open(own, "w", encoding="utf-8", closefd=False) as output:
            yield output
    finally:
        os.dup2(own, 1)
        os.close(own)


def _check_recording(path: Path) -> "tuple[Model, list[Finding]]":
    from engine.analysis.reading import read_model
    from engine.analysis.verdict import check
    from engine.commands.report import open_recording

    with open_recording(path) as reader:
        model = read_model(reader)
        return model, check(model, damage=reader.damage)


def _end(model: "Model", status: "SessionStatus | None") -> "dict[str, Any]":
    """How the program ended: as is recorded, else as the run that made the recording knows."""
    if model.program_end is not None or status is None:
        return model.program_end or {}
    by = KILLED_WITH_RECORDER if status.ended_by == "recorder lost" else status.ended_by
    return {"exit_status": status.exit_status, "ended_by": by}


def _check_program(words: list[str], arguments: argparse.Namespace) -> "tuple[Model, list[Finding], SessionStatus]":
    request = _request(words, arguments)
    status = run_in_terminal(request)
    if not request.recording.exists():
        raise CommandError(status.message or "nothing was recorded; is there room for a recording?")
    try:
        model, findings = _check_recording(request.recording)
        _refuse(request, status, model)
    except CommandError:
        if arguments.recording is None:
            request.recording.unlink(missing_ok=True)
        raise
    if status.message:
        _say(status.message)
    if status.ended_by == "deadlock":
        _say("the program got stuck and was interrupted: a KeyboardInterrupt above says where its main thread was")
    if status.ended_by == "time limit":
        _say(f"ended at the time limit of {request.time_limit_s:g} s; what comes later was not checked")
    if not model.finished:
        _say("what came later was not recorded and not checked; check it again")
    if arguments.prove:
        findings = _prove_all(findings, model, request, arguments.runs)
    found_none = not any(found["severity"] == "error" for found in findings)
    if arguments.recording is None and found_none and model.finished:
        request.recording.unlink(missing_ok=True)
    else:
        _say(f"recorded in {request.recording}; main.py open {shlex.quote(str(request.recording))} shows it")
    return model, findings, status


def _request(words: list[str], arguments: argparse.Namespace) -> "RunRequest":
    """A scenario's file is run as the scenario that it is, everything else as a program."""
    from engine.scenarios import catalogue
    from engine.session import InvalidChoice, program_request, scenario_request

    script = Path(words[0]).resolve() if words and not words[0].startswith("-") else None
    scenario = next(
        (each.name for each in catalogue.scenarios() if script == catalogue.source_path(each.name).resolve()), None
    )
    options = {
        "interpreter": arguments.interpreter,
        "recording": arguments.recording,
        "time_limit_s": arguments.time_limit,
        "end_on_deadlock": True,
    }
    try:
        if scenario is None:
            return program_request(words, capture_output=False, **options)
        request = scenario_request(scenario, **options)
    except InvalidChoice as error:
        raise CommandError(error.message) from None
    command = [*request.command, *words[1:]]  # what comes later counts
    return replace(request, command=command, capture_output=False)


def _refuse(request: "RunRequest", status: "SessionStatus", model: "Model") -> None:
    """CommandError when Python did not run it, or nothing of it was recorded."""
    from engine.session import why_refused

    if (reason := why_refused(request, status)) is not None:
        raise CommandError(reason)
    if model.processes:
        return
    if status.phase == "failed":
        raise CommandError(f"{_without_rest(status.message)} before anything was recorded; check it again")
    if status.message:  # no room for it
        raise CommandError(status.message)
    raise CommandError(f"{request.title} is not Python, or was started with -I, -E or -S: leave these out")


def _without_rest(message: str) -> str:
    return message.partition(";")[0].removesuffix(".")


def _prove_all(findings: "list[Finding]", model: "Model", request: "RunRequest | None", runs: int) -> "list[Finding]":
    """The findings after an attempt to make the predicted ones happen; without a `request` as the recording says."""
    from engine.analysis.order.lock_order import is_provable
    from engine.session import InvalidChoice, request_of

    if not any(map(is_provable, findings)):
        return findings
    try:
        request = request or request_of(model.header)
    except InvalidChoice as error:
        raise CommandError(error.message) from None
    return [_prove(found, model, request, runs) if is_provable(found) else found for found in findings]


def _prove(found: "Finding", model: "Model", request: "RunRequest", runs: int) -> "Finding":
    from engine.commands.run import show_progress
    from engine.session import Proof, confirmed

    proof = Proof(found, model, request, runs)
    try:
        proof.start()
        while not (status := proof.poll()).over:
            show_progress(f"proving: {found['title']}: {status.words}")
            time.sleep(POLL_S)
    finally:
        show_progress("")
        proof.close()
    _say(f"{found['title']}: {status.words}")
    if status.recording is not None:
        _say(f"the deadlock is recorded in {status.recording}")
    return confirmed(found, status)


def _say(text: str) -> None:
    say("check", text)

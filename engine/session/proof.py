"""Proving a predicted deadlock: the program runs again, steered, until it happens or the attempts are used up."""

import contextlib
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from engine.analysis import lock_order
from engine.analysis.reading import read_model
from engine.model.entities import Primitive, Site
from engine.model.model import Model
from engine.recorder import steering
from engine.recorder.request import RunRequest
from engine.recording import library
from engine.recording.reader import NotARecording, RecordingReader
from engine.session.requests import InvalidChoice
from engine.session.session import Session, SessionError

RUNS = 5
PAUSE_MS = 1000  # of the first run; the next one's are longer
SLACK_S = 20.0  # a steered run may take this much longer than the first one took, and twice as long


@dataclass(frozen=True)
class ProofStatus:
    """How it stands. `run` counts from 1; `recording` is that of the deadlock; `message`: why it could not go on."""

    run: int
    runs: int
    over: bool = False
    recording: Path | None = None
    message: str = ""

    @property
    def words(self) -> str:
        """`confirmed in run 2`, `not reproduced in 5 runs`, `run 2 of 5`."""
        if self.recording is not None:
            return f"confirmed in run {self.run}"
        if self.message:
            return self.message
        if self.over:
            return f"not reproduced in {self.runs} {'run' if self.runs == 1 else 'runs'}"
        return f"run {self.run} of {self.runs}"


class Proof:
    """The attempts for one predicted deadlock. Every method returns at once, except `close`."""

    def __init__(self, found: dict[str, Any], model: Model, request: RunRequest, runs: int = RUNS) -> None:
        """`model`: of the run that it was predicted from, which `request` started."""
        self._plan = _plan(found, model)
        self._wanted = _locks(found, model)
        self._request = request
        elapsed_s = (model.end_ns - model.start_ns) / 1e9
        self._limit_s = 2 * elapsed_s + SLACK_S
        self._session: Session | None = None
        self._status = ProofStatus(0, runs)

    def start(self) -> None:
        """The first run."""
        if not self._plan:
            self._end("the recording doesn't say where the locks were taken")
        else:
            self._next_run()

    def poll(self) -> ProofStatus:
        """How it stands now; goes on to the next run when one has ended."""
        if self._session is None or self._status.over or not self._session.poll().over:
            return self._status
        recording = self._session.request.recording
        failure = self._session.poll()
        self._session.close()
        self._session = None
        if _shows(recording, self._wanted):
            self._status = replace(self._status, over=True, recording=recording)
            return self._status
        with contextlib.suppress(OSError):
            recording.unlink(missing_ok=True)
        if failure.phase == "failed":
            self._end(failure.message)
        elif self._status.run < self._status.runs:
            self._next_run()
        else:
            self._status = replace(self._status, over=True)
        return self._status

    def close(self) -> None:
        """Ends what is going on and leaves nothing behind but the recording of a deadlock."""
        if self._session is not None:
            self._session.close()
            with contextlib.suppress(OSError):
                self._session.request.recording.unlink(missing_ok=True)
            self._session = None
        if not self._status.over:
            self._end("cancelled")

    def _next_run(self) -> None:
        run = self._status.run + 1
        plan = steering.environment(PAUSE_MS * run, self._plan)
        request = replace(
            self._request,
            recording=library.new_path(f"{Path(self._request.title).stem} proof"),
            environment={**self._request.environment, **plan},
            title=f"{self._request.title}, steered into a deadlock",
            time_limit_s=self._limit_s,
            capture_output=True,
            end_on_deadlock=True,
        )
        self._status = replace(self._status, run=run)
        self._session = Session(request)
        try:
            self._session.start()
        except SessionError as error:
            self._session = None
            self._end(str(error))

    def _end(self, message: str) -> None:
        self._status = replace(self._status, over=True, message=message)


def confirmed(found: dict[str, Any], status: ProofStatus) -> dict[str, Any]:
    """The finding as it is after the proof: confirmed, or with words that say what came of it."""
    if status.recording is None:
        words = f"An attempt to make it happen ended so: {status.words}. That does not rule it out."
        return {**found, "explanation": f"{found['explanation']} {words}", "proof": status.words}
    words = f"Run again with its threads held back before the second lock, it happened ({status.words})."
    return {
        **found,
        "certainty": "confirmed",
        "title": found["title"].replace("Possible deadlock", "Confirmed deadlock"),
        "explanation": f"{found['explanation']} {words}",
        "proof": status.words,
        "recording": str(status.recording),
    }


def request_of(header: dict[str, Any]) -> RunRequest:
    """The run that a recording is of, to be made again. InvalidChoice when that is impossible here."""
    command, cwd = header.get("command") or [], Path(header.get("cwd") or "")
    if not command or not header.get("cwd"):
        raise InvalidChoice(
            "recording", "The recording doesn't say how its program was started; run the program again."
        )
    if not cwd.is_dir() or not Path(command[0]).exists():
        missing = command[0] if cwd.is_dir() else cwd
        raise InvalidChoice("recording", f"The program can't be run again here: there is no {missing}.")
    return RunRequest(
        command=list(command),
        recording=Path(),
        cwd=cwd,
        environment=dict(header.get("environment") or {}),
        title=header.get("title") or Path(command[-1]).name,
        scenario=header.get("scenario"),
        parameters=header.get("parameters") or {},
        backend=header.get("backend"),
        workers=header.get("workers"),
        start_method=header.get("start_method"),
    )


def _plan(found: dict[str, Any], model: Model) -> list[list[steering.Place]]:
    """The steps as `steering.environment` takes them; none when something about them is not known."""
    plan = []
    for step in lock_order.steps(found, model):
        places: list[Primitive | Site | None] = [step.held, step.held_site, step.wanted, step.wanted_site]
        plan.append([(place.file, place.line) for place in places if place is not None and place.file])
    return plan if all(len(step) == len(lock_order.Step._fields) for step in plan) else []


def _locks(found: dict[str, Any], model: Model) -> list[tuple[str, str, int]]:
    """The locks of a deadlock, found or predicted, in a form that runs share."""
    made = [model.primitives[edge["primitive"]] for edge in found.get("edges") or ()]
    return sorted((each.kind, each.file, each.line) for each in made)


def _shows(recording: Path, wanted: list[tuple[str, str, int]]) -> bool:
    """Whether that very deadlock is in the recording."""
    try:
        with RecordingReader(recording) as reader:
            model = read_model(reader)
    except (NotARecording, OSError):
        return False
    return any(found.get("kind") == "deadlock" and _locks(found, model) == wanted for found in model.findings.values())

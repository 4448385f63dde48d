"""Proving a predicted deadlock: the program runs again, steered, until it happens or the attempts are used up."""

import contextlib
import time
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from engine.analysis.order import lock_order
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
PIECE_S = 0.005  # of looking through a run's recording, at a time
STEP = 1 << 18  # bytes of it
SLACK_S = 20.0  # a steered run may take this much longer than the first one took, and twice as long
Origin = tuple[str, str, int]  # kind of a primitive, file and line that made it


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


class _Look:
    """Looks in a recording for a deadlock of just these locks, in pieces: only at its definitions."""

    def __init__(self, recording: Path, wanted: list[Origin]) -> None:
        self.recording = recording
        self._wanted = wanted
        self._made: dict[int, Origin] = {}
        self._deadlocks: list[dict[str, Any]] = []
        try:
            self._reader: RecordingReader | None = RecordingReader(recording)
        except (NotARecording, OSError):
            self._reader = None

    def advance(self, budget_s: float = PIECE_S) -> bool:
        """Reads on for a moment; False when all has been read."""
        deadline = time.perf_counter() + budget_s
        while self._reader is not None and (batch := self._reader.poll(STEP)):
            for text in batch.texts:
                if text.get("type") == "primitive":
                    self._made[text["id"]] = text["kind"], text.get("file") or "", text.get("line") or 0
                elif text.get("type") == "finding" and text.get("kind") == "deadlock":
                    self._deadlocks.append(text)
            if time.perf_counter() >= deadline:
                return True
        self.close()
        return False

    @property
    def found(self) -> bool:
        """Whether that very deadlock was in what has been read."""
        return any(self._locks(deadlock) == self._wanted for deadlock in self._deadlocks)

    def _locks(self, deadlock: dict[str, Any]) -> list[Origin]:
        nothing = ("", "", 0)
        return sorted(self._made.get(edge["primitive"], nothing) for edge in deadlock.get("edges") or ())

    def close(self) -> None:
        """Lets go of the file."""
        if self._reader is not None:
            self._reader.close()
            self._reader = None


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
        self._look: _Look | None = None  # in the recording of the run that has ended
        self._failure = ""  # of that run
        self._status = ProofStatus(0, runs)

    def start(self) -> None:
        """The first run."""
        if not self._plan:
            self._end("the recording doesn't say where the locks were taken")
        else:
            self._next_run()

    def poll(self) -> ProofStatus:
        """How it stands now; goes on to the next run when one has ended."""
        if self._look is not None:
            if not self._look.advance():
                self._conclude(self._look)
        elif self._session is not None and not self._status.over and (ended := self._session.poll()).over:
            self._failure = ended.message if ended.phase == "failed" else ""
            recording = self._session.request.recording
            self._session.close()
            self._session = None
            self._look = _Look(recording, self._wanted)
        return self._status

    def _conclude(self, look: _Look) -> None:
        """What has become of a run."""
        self._look = None
        if look.found:
            self._status = replace(self._status, over=True, recording=look.recording)
            return
        with contextlib.suppress(OSError):
            look.recording.unlink(missing_ok=True)
        if self._failure:
            self._end(self._failure)
        elif self._status.run < self._status.runs:
            self._next_run()
        else:
            self._status = replace(self._status, over=True)

    def close(self) -> None:
        """Ends what is going on and leaves nothing behind but the recording of a deadlock."""
        if self._session is not None:
            self._session.close()
            with contextlib.suppress(OSError):
                self._session.request.recording.unlink(missing_ok=True)
            self._session = None
        if self._look is not None:
            self._look.close()
            with contextlib.suppress(OSError):
                self._look.recording.unlink(missing_ok=True)
            self._look = None
        if not self._status.over:
            self._end("cancelled")

    def _next_run(self) -> None:
        run = self._status.run + 1
        try:
            recording = library.new_path(f"{Path(self._request.title).stem} proof")
        except OSError as error:
            self._end(f"No recording can be made in the folder for recordings: {error.strerror or error}.")
            return
        plan = steering.environment(PAUSE_MS * run, self._plan)
        request = replace(
            self._request,
            recording=recording,
            environment={**self._request.environment, **plan},
            title=f"{self._request.title}, steered into a deadlock",
            steered=True,
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
    explanation = found.get("predicted_so") or found["explanation"]  # without what a former attempt has added
    if status.recording is None:
        words = f"An attempt to make it happen ended so: {status.words}. That does not rule it out."
        return {
            **found,
            "explanation": f"{explanation} {words}",
            "proof": status.words,
            "predicted_so": explanation,
        }
    words = f"Run again with its threads held back before the second lock, it happened ({status.words})."
    return {
        **found,
        "certainty": "confirmed",
        "severity": "error",
        "title": found["title"]
        .replace("Possible deadlock", "Confirmed deadlock")
        .removesuffix(lock_order.BUT_FOR)
        .removesuffix(lock_order.AS_FAR_AS),
        "explanation": f"{explanation} {words}",
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


def _locks(found: dict[str, Any], model: Model) -> list[Origin]:
    """The locks of a deadlock in a form that runs share."""
    made = [model.primitives[edge["primitive"]] for edge in found.get("edges") or ()]
    return sorted((each.kind, each.file, each.line) for each in made)

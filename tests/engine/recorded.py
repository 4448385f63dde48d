"""Runs scenarios through a session, as window and command line do, and reads back what was recorded."""

from dataclasses import dataclass
from pathlib import Path

from engine.model.model import Model
from engine.recording.reader import RecordingReader
from engine.session import RunRequest, Session, SessionStatus, scenario_request

LIMIT_S = 60.0  # ends a run that should have ended by itself; the assertions then say so


@dataclass(frozen=True)
class Recorded:
    status: SessionStatus
    model: Model
    damage: str | None

    @property
    def output(self) -> str:
        return "".join(entry["text"] for entry in self.model.output)

    def deadlocks(self) -> list[dict[str, object]]:
        return [finding for finding in self.model.findings.values() if finding["kind"] == "deadlock"]


def record(request: RunRequest) -> Recorded:
    """Runs to the end."""
    session = Session(request)
    try:
        session.start()
        status = session.wait(LIMIT_S)
    finally:
        session.close()
    return load(request.recording, status)


def load(path: Path, status: SessionStatus) -> Recorded:
    reader = RecordingReader(path)
    try:
        model = Model(reader.header)
        while batch := reader.poll():
            model.take_in(batch)
        return Recorded(status, model, reader.damage)
    finally:
        reader.close()


def record_scenario(
    name: str,
    recording: Path,
    *,
    settings: tuple[str, ...] = (),
    workers: int | None = None,
    backend: str | None = None,
    start_method: str | None = None,
    interpreter: str | None = None,
) -> Recorded:
    """A scenario with `settings` as NAME=VALUE; a deadlock ends it once it is confirmed."""
    return record(
        scenario_request(
            name,
            backend=backend,
            workers=workers,
            start_method=start_method,
            interpreter=interpreter,
            parameters=dict(setting.split("=", 1) for setting in settings),
            recording=recording,
            end_on_deadlock=True,
            time_limit_s=LIMIT_S,
        )
    )

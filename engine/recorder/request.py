"""What a recorder is asked to do. Plain data: it travels as one line of JSON."""

import json
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any


@dataclass(frozen=True)
class RunRequest:
    """One run of one program.

    `command` is the interpreter and its arguments, without Lanescope; `environment` is added to this process's. With
    `capture_output` the program's output goes into the recording, else it inherits the recorder's standard streams.
    `end_on_deadlock` ends the program once a deadlock is confirmed. `start_method`, where given, names
    multiprocessing's for the title and header only. `sample_hz`: how often a second threads are looked at; None: as
    usual. `test_signal`: of a run of tests, the signal by which Lanescope tells it of deadlocks; what is deadlocked
    when such a run is over is ended. `steered`: `environment` has its threads held back (see engine.recorder.steering).
    """

    command: list[str]
    recording: Path
    cwd: Path
    environment: dict[str, str] = field(default_factory=dict)
    title: str = ""
    scenario: str | None = None
    parameters: dict[str, Any] = field(default_factory=dict)
    backend: str | None = None
    workers: int | None = None
    time_limit_s: float | None = None
    capture_output: bool = True
    end_on_deadlock: bool = False
    start_method: str | None = None
    sample_hz: float | None = None
    test_signal: int | None = None
    steered: bool = False

    def to_json(self) -> str:
        """One line; `from_json` reads it."""
        return json.dumps(asdict(self) | {"recording": str(self.recording), "cwd": str(self.cwd)})

    @classmethod
    def from_json(cls, text: str) -> "RunRequest":
        """Raises ValueError or TypeError for what `to_json` did not write."""
        values = json.loads(text)
        return cls(**values | {"recording": Path(values["recording"]), "cwd": Path(values["cwd"])})

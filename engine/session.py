"""Runs a program under a recorder process and says how it goes; the window and the command line both use this.

No Qt and no threads: whoever owns a `Session` calls `poll()` now and then. What happens in the program is read from the
recording (`RunRequest.recording`), which grows meanwhile.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from engine.recorder.request import RunRequest

__all__ = [
    "InvalidChoice", "RunRequest", "Session", "SessionError", "SessionStatus", "program_request", "scenario_request", "workload_request",
]  # fmt: skip

Phase = Literal["starting", "running", "stopping", "finished", "failed"]


class SessionError(Exception):
    """The run could not be started; one plain line."""


class InvalidChoice(ValueError):
    """A choice that cannot be run. `field` names it (as the keyword argument does), the message says what to do."""

    def __init__(self, field: str, message: str) -> None:
        super().__init__(message)
        self.field = field
        self.message = message


@dataclass(frozen=True)
class SessionStatus:
    """How a run stands. `exit_status` is negative for a signal; `message` says why it failed."""

    phase: Phase
    message: str = ""
    pid: int | None = None
    exit_status: int | None = None
    ended_by: str | None = None  # as in the recording's program-end

    @property
    def over(self) -> bool:
        """Nothing more will happen."""
        return self.phase in {"finished", "failed"}


class Session:
    """One run. Every method returns at once, except `wait` and `close`."""

    def __init__(self, request: RunRequest) -> None:
        self.request = request

    def start(self) -> None:
        """Starts recorder and program. SessionError: one plain line."""
        raise SessionError("Not available yet.")

    def stop(self) -> None:
        """Asks the program to end; two seconds later nothing of it is left. The recording is kept."""

    def kill(self) -> None:
        """Ends the whole tree at once. The recording is kept."""

    def poll(self) -> SessionStatus:
        """How it stands now; never blocks."""
        return SessionStatus("starting")

    def wait(self, timeout_s: float | None = None) -> SessionStatus:
        """Polls until the run is over or the time has passed."""
        return self.poll()

    def close(self) -> None:
        """Ends what still runs and leaves nothing behind: processes, run folder."""


def scenario_request(
    name: str,
    *,
    backend: str | None = None,
    workers: int | None = None,
    interpreter: str | Path | None = None,
    parameters: dict[str, Any] | None = None,
    recording: Path | None = None,
    start_method: str | None = None,
    time_limit_s: float | None = None,
    end_on_deadlock: bool = False,
) -> RunRequest:
    """A run of a ready-made scenario; None: the scenario's own default. Texts in `parameters` are parsed. InvalidChoice."""
    raise InvalidChoice("name", "Not available yet.")


def program_request(
    arguments: list[str],
    *,
    interpreter: str | Path | None = None,
    recording: Path | None = None,
    cwd: Path | None = None,
    time_limit_s: float | None = None,
    capture_output: bool = True,
    end_on_deadlock: bool = False,
) -> RunRequest:
    """A run of the user's own program: `SCRIPT [ARGS...]` or `-m MODULE [ARGS...]`. InvalidChoice."""
    raise InvalidChoice("arguments", "Not available yet.")


def workload_request(
    workload: dict[str, Any],
    *,
    interpreter: str | Path | None = None,
    recording: Path | None = None,
    start_method: str | None = None,
    time_limit_s: float | None = None,
    end_on_deadlock: bool = False,
) -> RunRequest:
    """A run of a custom workload (see engine.tasks.workload). InvalidChoice."""
    raise InvalidChoice("workload", "Not available yet.")

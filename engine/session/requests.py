"""What is to be run, checked before anything starts.

Where no `recording` is named, a new name in `folder` (None: the usual one) is taken at once, and no other run gets it.
"""

import json
import os
import sys
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

from engine import interpreters
from engine.backends import registry as backends
from engine.recorder.request import RunRequest
from engine.recorder.sampling.pace import FASTEST_HZ, SLOWEST_HZ
from engine.recording import library
from engine.scenarios import catalogue
from engine.scenarios.base import InvalidSetting
from engine.tasks.workload import InvalidWorkload, Workload, from_data, to_data

ROOT = Path(__file__).resolve().parents[2]


class InvalidChoice(ValueError):
    """A choice that cannot be run. `field` names it (as the keyword argument does), the message says what to do."""

    def __init__(self, field: str, message: str) -> None:
        super().__init__(message)
        self.field = field
        self.message = message


def scenario_request(
    name: str,
    *,
    backend: str | None = None,
    workers: int | None = None,
    interpreter: str | Path | None = None,
    parameters: Mapping[str, Any] | None = None,
    recording: Path | None = None,
    folder: Path | None = None,
    start_method: str | None = None,
    time_limit_s: float | None = None,
    end_on_deadlock: bool = False,
    sample_hz: float | None = None,
) -> RunRequest:
    """A run of a ready-made scenario; None: its own default. Texts in `parameters` are parsed. InvalidChoice."""
    try:
        scenario = catalogue.get(name)
        settings = scenario.settings(workers=workers, backend=backend, start_method=start_method, parameters=parameters)
    except catalogue.UnknownScenario as error:
        raise InvalidChoice("name", str(error)) from None
    except InvalidSetting as error:
        raise InvalidChoice(error.field, str(error)) from None
    python = _interpreter(interpreter)
    version = sys.version_info[:3] if interpreter is None else _probe(python).version_info
    if missing := backends.get(settings.backend).missing_in(version):
        raise InvalidChoice("backend", f"{settings.backend} cannot run here: {missing}; choose another interpreter")
    values = {parameter.name: getattr(settings, parameter.name) for parameter in scenario.parameters}
    arguments = ["--workers", str(settings.workers), "--backend", settings.backend]
    if settings.start_method:
        arguments += ["--start-method", settings.start_method]
    for parameter, value in values.items():
        arguments += ["--set", f"{parameter}={_as_text(value)}"]
    return RunRequest(
        command=[python, "-m", f"engine.scenarios.{scenario.name}", *arguments],
        cwd=ROOT,
        environment={"PYTHONSAFEPATH": ""},  # the scenarios are found from the working folder
        title=scenario.title,
        scenario=scenario.name,
        parameters=values,
        backend=settings.backend,
        workers=settings.workers,
        time_limit_s=_time_limit(time_limit_s),
        sample_hz=_sample_rate(sample_hz),
        end_on_deadlock=end_on_deadlock,
        start_method=settings.start_method,
        recording=_recording(recording, folder, scenario.name),
    )


def program_request(
    arguments: list[str],
    *,
    interpreter: str | Path | None = None,
    recording: Path | None = None,
    folder: Path | None = None,
    cwd: Path | None = None,
    time_limit_s: float | None = None,
    capture_output: bool = True,
    end_on_deadlock: bool = False,
    sample_hz: float | None = None,
) -> RunRequest:
    """A run of the user's own program: `SCRIPT [ARGS...]`, `-m MODULE [ARGS...]` or `-c CODE`. InvalidChoice."""
    words = arguments[1:] if arguments[:1] == ["--"] else list(arguments)
    cwd = cwd or _here()
    title = _program_title(words, cwd)
    return RunRequest(
        command=[_interpreter(interpreter), *words],
        cwd=cwd,
        title=title,
        time_limit_s=_time_limit(time_limit_s),
        sample_hz=_sample_rate(sample_hz),
        capture_output=capture_output,
        end_on_deadlock=end_on_deadlock,
        recording=_recording(recording, folder, Path(title).stem or "program"),
    )


def workload_request(
    workload: Workload | dict[str, Any],
    *,
    interpreter: str | Path | None = None,
    recording: Path | None = None,
    folder: Path | None = None,
    start_method: str | None = None,
    time_limit_s: float | None = None,
    end_on_deadlock: bool = False,
    sample_hz: float | None = None,
) -> RunRequest:
    """A run of a custom workload (see engine.tasks.workload). InvalidChoice."""
    try:
        data = to_data(workload) if isinstance(workload, Workload) else dict(workload)
        if start_method is not None:
            data["start_method"] = start_method
        checked = from_data(data)
    except InvalidWorkload as error:
        raise InvalidChoice("workload", str(error)) from None
    used = {group.backend for group in checked.groups}
    return RunRequest(
        command=[
            _interpreter(interpreter),
            "-m",
            "engine.scenarios.custom",
            "--workload",
            json.dumps(to_data(checked)),
        ],
        cwd=ROOT,
        environment={"PYTHONSAFEPATH": ""},
        title=checked.title,
        scenario="custom",
        parameters={"workload": to_data(checked)},
        backend=used.pop() if len(used) == 1 else None,
        workers=sum(group.workers for group in checked.groups),
        time_limit_s=_time_limit(time_limit_s),
        sample_hz=_sample_rate(sample_hz),
        end_on_deadlock=end_on_deadlock,
        start_method=checked.start_method,
        recording=_recording(recording, folder, "custom"),
    )


def _here() -> Path:
    try:
        return Path.cwd()
    except FileNotFoundError:
        raise InvalidChoice("cwd", "The folder you are in has been removed; go to another one.") from None


def _program_title(words: list[str], cwd: Path) -> str:
    if not words or not words[0]:
        raise InvalidChoice("arguments", "Nothing to run: name a script, or -m and a module.")
    first, *rest = words
    if first in {"-m", "-c"}:
        if not rest or (first == "-m" and not rest[0]):
            raise InvalidChoice("arguments", f"{first} needs {'a module' if first == '-m' else 'code'} after it.")
        return rest[0] if first == "-m" else "-c"
    if first.startswith("-"):
        raise InvalidChoice("arguments", f"{first} is not understood: name a script, or -m and a module.")
    if not (cwd / first).exists():
        raise InvalidChoice("arguments", f"There is no script {first}.")
    if not os.access(cwd / first, os.R_OK):
        raise InvalidChoice("arguments", f"The script {first} may not be read; give yourself the permission.")
    return Path(first).name


def _as_text(value: object) -> str:
    return ("yes" if value else "no") if isinstance(value, bool) else str(value)


def _time_limit(seconds: float | None) -> float | None:
    if seconds is not None and not 0 < seconds < float("inf"):
        raise InvalidChoice("time_limit_s", f"The time limit must be more than 0 s, not {seconds:g}.")
    return seconds


def _sample_rate(hz: float | None) -> float | None:
    if hz is not None and not SLOWEST_HZ <= hz <= FASTEST_HZ:
        message = f"The sample rate must be from {SLOWEST_HZ:g} to {FASTEST_HZ:g} a second, not {hz:g}."
        raise InvalidChoice("sample_hz", message)
    return hz


def _interpreter(given: str | Path | None) -> str:
    if given is None:
        return sys.executable
    try:
        return str(_probe(str(given)).path)
    except interpreters.UnusableInterpreter as error:
        raise InvalidChoice("interpreter", str(error)) from None


@cache
def _probe(path: str) -> interpreters.Interpreter:
    return interpreters.probe(path)


def _recording(given: Path | None, folder: Path | None, name: str) -> Path:
    """Asked for last: a name once taken would stay so when something else is refused."""
    try:
        return (library.new_path(name, folder) if given is None else given).absolute()
    except OSError as error:
        where, reason = folder or "the folder for recordings", error.strerror or error
        raise InvalidChoice("recording", f"The recording could not be made in {where}: {reason}.") from None

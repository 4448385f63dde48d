"""What a scenario is, and how its file becomes a program of its own.

python -m engine.scenarios.two_locks --workers 2 --backend processes --start-method spawn --set hold_ms=5
"""

import argparse
import multiprocessing
import sys
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from types import SimpleNamespace
from typing import Any, Literal

from engine.backends import coordinator, registry
from engine.backends.base import Outcome
from engine.backends.worker import INTERRUPTED, Work
from engine.tasks.parameters import Parameter, Value
from engine.tasks.progress import Reporter

MAX_WORKERS = 256

__all__ = ["InvalidSetting", "Parameter", "Scenario", "Settings", "main", "run_workers", "say", "toolbox"]


@dataclass(frozen=True)
class Scenario:
    """A ready-made workload. `explanation` is plain text: one line a paragraph, with an empty line between them."""

    name: str
    title: str
    group: str
    summary: str  # one line
    explanation: str
    look_for: tuple[str, ...]
    parameters: tuple[Parameter, ...] = ()
    backends: tuple[str, ...] = ("threads",)
    default_backend: str = "threads"
    default_workers: int = 4
    min_workers: int = 1
    max_workers: int = MAX_WORKERS
    expects: Literal["finish", "deadlock", "crash"] = "finish"
    repaired: str | None = None  # name of the scenario that does the same without the fault
    start_methods: tuple[str, ...] = registry.START_METHODS  # for backends with processes, where the system has them
    tags: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        paragraphs = self.explanation.strip().split("\n\n")  # in the source they are wrapped
        unwrapped = "\n\n".join(" ".join(paragraph.split()) for paragraph in paragraphs)
        object.__setattr__(self, "explanation", unwrapped)

    def settings(
        self,
        *,
        workers: int | None = None,
        backend: str | None = None,
        start_method: str | None = None,
        parameters: Mapping[str, str | Value] | None = None,
    ) -> "Settings":
        """Checked settings: defaults for what is not given, texts parsed. InvalidSetting names the first fault."""
        workers = self.default_workers if workers is None else workers
        if not self.min_workers <= workers <= self.max_workers:
            allowed = f"must be from {self.min_workers} to {self.max_workers}"
            if self.min_workers == self.max_workers:
                allowed = f"must be {self.min_workers}"
            raise InvalidSetting("workers", f"workers {allowed} for {self.name}, not {workers}")
        backend = self.default_backend if backend is None else backend
        if backend not in self.backends:
            try:
                registry.get(backend)
            except ValueError as error:
                raise InvalidSetting("backend", str(error)) from None
            raise InvalidSetting("backend", f"{self.name} runs on {' or '.join(self.backends)}, not on {backend}")
        return Settings(
            workers=workers,
            backend=backend,
            start_method=self._check_start_method(start_method),
            **self._check_parameters(parameters or {}),
        )

    def _check_start_method(self, start_method: str | None) -> str | None:
        if start_method is None:
            return None
        possible = [name for name in self.start_methods if name in multiprocessing.get_all_start_methods()]
        if start_method not in possible:
            raise InvalidSetting(
                "start_method", f"start method must be one of {', '.join(possible)}, not {start_method!r}"
            )
        return start_method

    def _check_parameters(self, given: Mapping[str, str | Value]) -> dict[str, Value]:
        known = {parameter.name: parameter for parameter in self.parameters}
        values = {name: parameter.default for name, parameter in known.items()}
        for name, value in given.items():
            if name not in known:
                near = get_close_matches(name, known, n=1)
                hint = f"did you mean {near[0]}?" if near else f"it has {', '.join(known) or 'none'}"
                raise InvalidSetting(name, f"{self.name} has no parameter {name!r}: {hint}")
            try:
                values[name] = known[name].parse(value) if isinstance(value, str) else known[name].check(value)
            except ValueError as error:
                raise InvalidSetting(name, str(error)) from None
        return values


class InvalidSetting(ValueError):
    """A setting that a scenario does not admit. `field`: workers, backend, start_method or a parameter's name."""

    def __init__(self, field: str, message: str) -> None:
        super().__init__(message)
        self.field = field


class Settings(SimpleNamespace):
    """What a run was asked for: these three, and each parameter's value under the parameter's name."""

    workers: int
    backend: str
    start_method: str | None


class WorkersFailed(Exception):
    """Workers failed in a scenario in which none should."""


def run_workers(settings: Settings, work: Work, shared: Any = None, *, may_fail: bool = False) -> Outcome:
    """Runs `work` in the workers that the settings ask for; each gets `shared` (locks, queues, settings).

    `work` must be a module-level function, so that a new process can find it. WorkersFailed when one fails that may
    not; KeyboardInterrupt when one was interrupted, for the whole program is meant then.
    """
    outcome = coordinator.run(
        registry.get(settings.backend),
        work,
        settings.workers,
        Reporter(),
        shared=shared,
        start_method=settings.start_method,
    )
    if outcome.interrupted:
        raise KeyboardInterrupt
    if outcome.errors and not may_fail:
        raise WorkersFailed("; ".join(f"{error.worker} failed: {error.message}" for error in outcome.errors))
    return outcome


def toolbox(settings: Settings) -> Any:
    """Where locks, events and barriers come from: `threading`, or `multiprocessing` with the chosen start method.

    Both have Lock, RLock, Condition, Semaphore, BoundedSemaphore, Event and Barrier, used in the same way.
    """
    if registry.get(settings.backend).uses_processes:
        return multiprocessing.get_context(settings.start_method)
    return threading


def say(text: str) -> None:
    """Prints one line at once and in one piece, whoever else is printing."""
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


def main(scenario: Scenario, run: Callable[[Settings], None]) -> None:
    """Runs a scenario as a program, with settings from the command line; exit status 2 when one is faulty."""
    parser = argparse.ArgumentParser(prog=f"python -m engine.scenarios.{scenario.name}", description=scenario.summary)
    parser.add_argument("--workers", type=int, metavar="N", help=f"default {scenario.default_workers}")
    parser.add_argument(
        "--backend", metavar="B", help=f"{', '.join(scenario.backends)}; default {scenario.default_backend}"
    )
    parser.add_argument("--start-method", metavar="M", help="how processes are started: fork, spawn, forkserver")
    parser.add_argument("--set", action="append", default=[], metavar="NAME=VALUE", dest="parameters")
    arguments = parser.parse_args()
    try:
        settings = scenario.settings(
            workers=arguments.workers,
            backend=arguments.backend,
            start_method=arguments.start_method,
            parameters=_split(arguments.parameters),
        )
    except InvalidSetting as error:
        sys.exit(_fail(scenario, str(error), 2))
    try:
        run(settings)
    except WorkersFailed as error:
        sys.exit(_fail(scenario, str(error), 1))
    except KeyboardInterrupt:
        sys.exit(INTERRUPTED)  # whoever wanted it knows


def _split(assignments: list[str]) -> dict[str, str]:
    pairs = {}
    for assignment in assignments:
        name, equals, value = assignment.partition("=")
        if not equals:
            raise InvalidSetting(name, f"--set takes NAME=VALUE, not {assignment!r}")
        pairs[name] = value
    return pairs


def _fail(scenario: Scenario, message: str, status: int) -> int:
    print(f"{scenario.name}: {message}", file=sys.stderr)
    return status

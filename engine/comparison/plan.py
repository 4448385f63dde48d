"""What a comparison runs: the variants of one workload, and the order of their trials."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import product
from pathlib import Path
from typing import Any

from engine import interpreters
from engine.backends import registry
from engine.recording.machine import usable_cores
from engine.scenarios import catalogue
from engine.scenarios.base import InvalidSetting
from engine.session import InvalidChoice, RunRequest, scenario_request, workload_request
from engine.tasks.workload import InvalidWorkload, Workload, from_data, to_data

MOST_REPEATS = 50
DEFAULT_REPEATS = 3
TRIAL_LIMIT_S = 120.0


@dataclass(frozen=True)
class Variant:
    """One way to run the workload."""

    backend: str
    workers: int
    interpreter: interpreters.Interpreter

    @property
    def name(self) -> str:
        """`threads × 4, Python 3.13.0`."""
        return f"{self.backend} × {self.workers}, {self.interpreter.title}"


@dataclass(frozen=True)
class Plan:
    """A comparison: every variant `repeats` times (short ones more often: course.py), after one warm-up each."""

    title: str
    workload: Mapping[str, Any]  # {"scenario": name, "parameters": {...}} or {"custom": the workload's data}
    variants: tuple[Variant, ...]
    repeats: int
    notes: tuple[str, ...]  # what was left out, and why
    request: Callable[[Variant, Path], RunRequest]

    def order(self, number: int) -> list[int]:
        """The variants of a round in order; round 0 is the warm-up.

        Rounds interleave the variants, and each begins with another one: what changes slowly on the machine (its
        temperature, other people's work) then meets all variants alike.
        """
        count = len(self.variants)
        return [(index + number) % count for index in range(count)]


def scenario_plan(
    name: str,
    *,
    backends: Sequence[str] | None = None,
    workers: Sequence[int] | None = None,
    pythons: Sequence[interpreters.Interpreter] = (),
    parameters: Mapping[str, Any] | None = None,
    start_method: str | None = None,
    repeats: int = DEFAULT_REPEATS,
) -> Plan:
    """A comparison of a ready-made scenario; None: every backend it admits, 1, 2 and 4 workers. InvalidChoice."""
    try:
        scenario = catalogue.get(name)
    except catalogue.UnknownScenario as error:
        raise InvalidChoice("name", str(error)) from None
    if scenario.expects != "finish":
        raise InvalidChoice("name", f"{name} is meant to {scenario.expects}: there is no speed to compare.")
    counts = _within(workers or default_workers(), scenario.min_workers, scenario.max_workers, asked=bool(workers))
    chosen = list(backends or scenario.backends)
    for backend, count in product(chosen, counts):
        try:
            scenario.settings(workers=count, backend=backend, start_method=start_method, parameters=parameters)
        except InvalidSetting as error:
            raise InvalidChoice(error.field, str(error)) from None

    def request(variant: Variant, recording: Path) -> RunRequest:
        return scenario_request(
            name,
            backend=variant.backend,
            workers=variant.workers,
            interpreter=variant.interpreter.path,
            parameters=parameters,
            recording=recording,
            start_method=start_method if registry.get(variant.backend).uses_processes else None,
            time_limit_s=TRIAL_LIMIT_S,
            end_on_deadlock=True,
        )

    workload = {"scenario": name, "parameters": dict(parameters or {})}
    return _plan(scenario.title, workload, chosen, counts, pythons, repeats, request)


def workload_plan(
    workload: Workload | dict[str, Any],
    *,
    backends: Sequence[str] | None = None,
    workers: Sequence[int] | None = None,
    pythons: Sequence[interpreters.Interpreter] = (),
    start_method: str | None = None,
    repeats: int = DEFAULT_REPEATS,
) -> Plan:
    """A comparison of a custom workload: all its groups on each backend, with so many workers in all. InvalidChoice.

    Workers are dealt out to the groups in the proportion that the workload gives them, one at least to each.
    """
    try:
        base = from_data(to_data(workload)) if isinstance(workload, Workload) else from_data(dict(workload))
    except InvalidWorkload as error:
        raise InvalidChoice("workload", str(error)) from None
    usable = admitted_by(len(base.groups), len(base.queues))
    chosen = list(backends or usable)
    for backend in chosen:
        if backend not in usable:
            reason = "its groups wait for each other" if backend in registry.BACKENDS else "there is no such backend"
            raise InvalidChoice("backend", f"This workload cannot run on {backend}: {reason}.")
    counts = _within(workers or default_workers(), len(base.groups), 256, asked=bool(workers))

    def request(variant: Variant, recording: Path) -> RunRequest:
        return workload_request(
            moved(base, variant.backend, variant.workers),
            interpreter=variant.interpreter.path,
            recording=recording,
            start_method=start_method,
            time_limit_s=TRIAL_LIMIT_S,
            end_on_deadlock=True,
        )

    return _plan(base.title, {"custom": to_data(base)}, chosen, counts, pythons, repeats, request)


def admitted_by(groups: int, queues: int) -> list[str]:
    """The backends that a custom workload of so many groups and queues can be compared on."""
    sharing = [name for name, backend in registry.BACKENDS.items() if backend.shares_locks]
    return [name for name in sharing if (groups == 1 and not queues) or name != "serial"]


def moved(workload: Workload, backend: str, workers: int) -> dict[str, Any]:
    """The workload's data with all groups on one backend and `workers` workers in all, one at least in each group."""
    data = to_data(workload)
    shares = [group.workers for group in workload.groups]
    counts = [1] * len(shares)
    for _ in range(workers - len(shares)):  # the next one goes to the group that is furthest below its share
        counts[max(range(len(shares)), key=lambda index: shares[index] / counts[index])] += 1
    for group, count in zip(data["groups"], counts, strict=True):
        group["backend"], group["workers"] = backend, count
    return data


def default_workers() -> list[int]:
    """1, 2, 4, and as many as there are cores."""
    return sorted({1, 2, 4, min(usable_cores(), 16)})


def _within(counts: Sequence[int], least: int, most: int, *, asked: bool) -> list[int]:
    """The worker counts that can be run, in order, each once."""
    fitting = sorted({count for count in counts if least <= count <= most})
    if asked and len(fitting) < len(set(counts)):
        wrong = next(count for count in counts if not least <= count <= most)
        raise InvalidChoice("workers", f"Workers must be from {least} to {most} here, not {wrong}.")
    return fitting or [least]


def _plan(
    title: str,
    workload: Mapping[str, Any],
    backends: Sequence[str],
    counts: Sequence[int],
    pythons: Sequence[interpreters.Interpreter],
    repeats: int,
    request: Callable[[Variant, Path], RunRequest],
) -> Plan:
    if not 1 <= repeats <= MOST_REPEATS:
        raise InvalidChoice("repeats", f"Repeats must be from 1 to {MOST_REPEATS}, not {repeats}.")
    variants: list[Variant] = []
    missing: dict[tuple[str, str], list[str]] = {}  # backend and reason → the Pythons where it was left out
    for python, backend in product(pythons, dict.fromkeys(backends)):
        if reason := registry.get(backend).missing_in(python.version_info):
            missing.setdefault((backend, reason), []).append(python.title)
            continue
        # One after another: more pieces of the same work change nothing.
        some = counts[:1] if backend == "serial" else counts
        variants += [Variant(backend, count, python) for count in some]
    notes = [
        f"{backend} was left out on {', '.join(titles)}: {reason}." for (backend, reason), titles in missing.items()
    ]
    if not variants:
        raise InvalidChoice("backend", notes[0] if notes else "There is nothing to compare: choose an interpreter.")
    return Plan(title, workload, tuple(variants), repeats, tuple(notes), request)

"""Every scenario, run and recorded as the window does it, keeps its effect and shows up in its recording."""

import re
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from engine.model.model import Model
from engine.recording.schema import State
from engine.scenarios import catalogue
from tests.engine.recorded import Recorded, record_scenario
from tests.engine.scenarios.effects import EFFECTS

NAMES = [scenario.name for scenario in catalogue.scenarios()]


def workers(count: int) -> set[str]:
    return {f"worker-{number}" for number in range(1, count + 1)}


# Exactly who takes part in each deadlock, by the number of workers.
PARTICIPANTS: dict[str, Callable[[int], set[str]]] = {
    "two_locks": lambda _: workers(2),
    "dining_philosophers": workers,
    "relock": lambda _: workers(1),
    "pool_waits_on_itself": lambda count: {f"worker_{number}" for number in range(count)},
    "undrained_queue": lambda _: {"MainThread", "worker-1"},
}


def check(name: str, recording: Path, **choices: str | None) -> Recorded:
    scenario, effect = catalogue.get(name), EFFECTS[name]
    count = effect.workers or scenario.default_workers
    if name == "relock":
        count = 1  # with more, chance decides who is the first to take the lock twice
    recorded = record_scenario(name, recording, settings=effect.settings, workers=count, **choices)
    assert recorded.damage is None
    assert recorded.status.phase == "finished", recorded.status
    model = recorded.model
    assert model.overhead["dropped"] == 0
    assert len({lane.id for lane in model.lanes if not lane.internal}) > 1 or choices.get("backend") == "serial"
    if scenario.expects == "deadlock":
        assert recorded.status.ended_by == "deadlock", recorded.output
        [finding] = recorded.deadlocks()
        assert {participant["thread"] for participant in finding["participants"]} == PARTICIPANTS[name](count)
    else:
        assert recorded.status.ended_by == "itself", recorded.output
        assert recorded.status.exit_status == 0, recorded.output
        assert recorded.deadlocks() == []
        for pattern in effect.lines:
            assert re.search(pattern, recorded.output), f"no {pattern!r} in {recorded.output!r}"
        for pattern, bound in effect.more_than.items():
            found = re.search(pattern, recorded.output)
            assert found, f"no {pattern!r} in {recorded.output!r}"
            assert int(found[1].replace(",", "")) > bound
    check_states(model)
    return recorded


def check_states(model: Model) -> None:
    """Slices cover each lane's whole life, and nothing else."""
    lanes = np.arange(len(model.lanes))
    totals = model.states.totals(lanes, model.start_ns, model.end_ns).sum(axis=1)
    for lane, total in zip(model.lanes, totals, strict=True):
        end = model.end_ns if lane.end_ns is None else lane.end_ns
        assert abs(float(total) - (end - lane.start_ns)) <= 1000, lane


@pytest.mark.parametrize("name", NAMES)
def test_on_the_default_backend(name: str, tmp_path: Path) -> None:
    check(name, tmp_path / "run.lane")


@pytest.mark.parametrize("start_method", ["fork", "spawn"])
def test_two_processes_deadlock(start_method: str, tmp_path: Path) -> None:
    recorded = check("two_locks", tmp_path / "run.lane", backend="processes", start_method=start_method)
    [finding] = recorded.deadlocks()
    assert (
        finding["explanation"]
        == "worker-1 holds accounts and waits for audit; worker-2 holds audit and waits for accounts"
    )
    assert len({participant["process"] for participant in finding["participants"]}) == 2


def test_lock_waits_name_the_holder(tmp_path: Path) -> None:
    model = check("lock_contention", tmp_path / "run.lane").model
    contended = [
        lane.id
        for lane in model.lanes
        if model.states.totals(np.array([lane.id]), model.start_ns, model.end_ns)[0, State.LOCK_WAIT] > 0
    ]
    assert len(contended) >= 2
    [source] = [text for file, text in model.sources.items() if file.endswith("lock_contention.py")]
    assert "SCENARIO = Scenario(" in source


def test_a_crashed_process_is_recorded_with_its_signal(tmp_path: Path) -> None:
    model = check("worker_crash", tmp_path / "run.lane").model
    assert [process.exit_status for process in model.processes if process.name == "worker-2"] == [-9]


def matrix() -> list[tuple[str, str, str | None]]:
    return [
        (scenario.name, backend, method)
        for scenario in catalogue.scenarios()
        for backend in scenario.backends
        for method in (scenario.start_methods if backend.startswith("process") else (None,))
    ]


@pytest.mark.full
@pytest.mark.parametrize(("name", "backend", "start_method"), matrix())
def test_on_every_backend_and_start_method(
    name: str, backend: str, start_method: str | None, tmp_path: Path, python_with: Callable[[str], str]
) -> None:
    python = python_with(backend)
    check(name, tmp_path / "run.lane", backend=backend, start_method=start_method, interpreter=python)


@pytest.mark.full
@pytest.mark.parametrize("name", NAMES)
def test_on_other_interpreters(name: str, other_pythons: list[str], tmp_path: Path) -> None:
    for number, python in enumerate(other_pythons):
        check(name, tmp_path / f"run{number}.lane", interpreter=python)

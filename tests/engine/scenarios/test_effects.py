"""Every scenario, run as a program of its own, shows what it is there to show."""

import sys
from collections.abc import Callable

import pytest

from engine.scenarios import catalogue
from engine.scenarios.base import Scenario
from tests.engine.scenarios import programs
from tests.engine.scenarios.effects import EFFECTS, Effect

NAMES = [scenario.name for scenario in catalogue.scenarios()]


def check(scenario: Scenario, effect: Effect, *more: str, python: str = sys.executable) -> None:
    arguments = [*effect.arguments(), *more]
    if scenario.expects == "deadlock":
        with programs.hanging(scenario.name, *arguments, python=python) as program:
            effect.check_hangs(program, effect.workers or scenario.default_workers)
    else:
        effect.check_finished(programs.run(scenario.name, *arguments, python=python))


def test_an_effect_is_stated_for_every_scenario() -> None:
    assert sorted(EFFECTS) == sorted(NAMES)


@pytest.mark.parametrize("name", NAMES)
def test_effect_on_default_backend(name: str) -> None:
    check(catalogue.get(name), EFFECTS[name])


@pytest.mark.parametrize(
    ("name", "workers", "backend", "start_method"),
    [
        ("two_locks", 5, "processes", "spawn"),
        ("dining_philosophers", 3, "processes", "fork"),
        ("relock", 1, "threads", None),
    ],
)
def test_deadlocks_are_sure_with_other_workers(name: str, workers: int, backend: str, start_method: str | None) -> None:
    effect = EFFECTS[name]
    method = ["--start-method", start_method] if start_method else []
    arguments = [*effect.arguments(), "--workers", str(workers), "--backend", backend, *method]
    with programs.hanging(name, *arguments) as program:
        effect.check_hangs(program, workers)
        holders = {line.split(":")[0] for line in program.lines if ": holds" in line}
        expected = workers if name == "dining_philosophers" else min(workers, 2 if name == "two_locks" else 1)
        assert len(holders) == expected


def test_in_two_locks_the_first_two_workers_are_the_ones_that_hold() -> None:
    with programs.hanging("two_locks", "--workers", "6", "--set", "deposits=0") as program:
        program.read_until(": holds", 2)
        assert program.threads_at_rest()
        said = {line for line in program.lines if ": " in line}
    assert said == {"worker-1: holds accounts, wants audit", "worker-2: holds audit, wants accounts"}


@pytest.mark.parametrize("how", ["exit", "segfault"])
@pytest.mark.parametrize("backend", ["process-pool", "process-executor"])
def test_a_crash_in_a_pool_is_noticed_and_reported(backend: str, how: str) -> None:
    arguments = ["--backend", backend, "--set", f"how={how}", "--set", "steps=4", "--set", "step_ms=20"]
    done = programs.run("worker_crash", *arguments)
    reason = "was killed by SIGSEGV" if how == "segfault" else "ended with exit code 3"
    assert done.returncode == 0
    assert reason in done.stdout
    assert ("3 of 4 workers finished" if backend == "process-pool" else "BrokenProcessPool") in done.stdout


def test_small_results_do_not_deadlock_the_undrained_queue() -> None:
    done = programs.run("undrained_queue", "--set", "results=2", "--set", "result_kib=1")
    assert "4,096 bytes of results" in done.stdout


def matrix() -> list[tuple[str, str, str | None]]:
    return [
        (scenario.name, backend, method)
        for scenario in catalogue.scenarios()
        for backend in scenario.backends
        for method in (scenario.start_methods if backend.startswith("process") else (None,))
    ]


@pytest.mark.full
@pytest.mark.parametrize(("name", "backend", "start_method"), matrix())
def test_effect_on_every_backend_and_start_method(
    name: str, backend: str, start_method: str | None, python_with: Callable[[str], str]
) -> None:
    method = ["--start-method", start_method] if start_method else []
    check(catalogue.get(name), EFFECTS[name], "--backend", backend, *method, python=python_with(backend))


@pytest.mark.full
@pytest.mark.parametrize("name", NAMES)
def test_effect_on_other_interpreters(name: str, other_pythons: list[str]) -> None:
    for python in other_pythons:
        check(catalogue.get(name), EFFECTS[name], python=python)

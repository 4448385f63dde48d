"""Deadlocks of every form are found while they happen, with their cause and exactly their participants."""

from pathlib import Path

import pytest

from engine.analysis.findings import find_all
from engine.model.model import Model
from tests.engine.corpus import Program, programs
from tests.engine.corpus_runs import Case, name, run

# One of each way to find them; the rest and the other start methods with --full.
COVERING = {
    "acquired_twice", "alarm_called_off", "alarm_that_only_notes", "barrier_come_late", "barrier_of_three",
    "callback_fails", "crossed_queues", "ended_while_holding", "five_diners", "full_queue_under_lock",
    "held_at_fork", "item_never_put", "joined_in_import", "joined_under_lock", "joining_the_main_thread",
    "killed_while_holding", "last_permits", "left_at_the_end", "lock_across_await", "locks_across_await",
    "loop_asked_under_lock", "loop_embrace", "loop_not_running", "manager_lock_lost", "never_notified",
    "never_said_to_be_done", "only_others_cancelled", "pipe_from_queue", "pipe_never_read", "pipe_of_errors_full",
    "pipe_of_input_full", "pipe_to_itself", "pipes_in_a_ring", "pool_joined_in_vain", "pool_task_lost",
    "process_events", "some_not_said_to_be_done", "stuck_aside", "task_waits_for_itself", "traceback_on_demand",
    "two_pools", "two_upgrades", "undrained_queue", "window_noted",
}  # fmt: skip
CASES: list[Case] = [(program, method) for program in programs("deadlock") for method in program.methods or ("",)]
COVERED = [case for case in CASES if case[0].name in COVERING and case[1] == "".join(case[0].methods[:1])]
OTHERS = [case for case in CASES if case not in COVERED]


def assert_found(program: Program, model: Model) -> None:
    observed = [found for found in model.findings.values() if found["kind"] == "deadlock"]
    printed = "".join(entry["text"] for entry in model.output)
    assert len(observed) == 1, (model.program_end, observed, printed)
    (found,) = observed
    names = {model.lane_name(lane) for lane in found["lanes"]}  # without pids, where others bear the same
    assert (found["cause"], found["certainty"]) == (program.cause, "observed")
    assert not program.participants or names == program.participants
    assert len(found["lanes"]) == program.count
    assert found["resolved_ns"] is None
    assert model.program_end is not None
    assert model.program_end["ended_by"] == "deadlock"


@pytest.fixture(scope="module")
def covered(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Model]:
    """The recordings of the covering part."""
    return dict(run(COVERED, tmp_path_factory.mktemp("corpus")))


@pytest.mark.parametrize("case", COVERED, ids=name)
def test_deadlocks_are_found(case: Case, covered: dict[str, Model]) -> None:
    assert_found(case[0], covered[name(case)])


@pytest.mark.full
@pytest.mark.parametrize("case", OTHERS, ids=name)
def test_deadlocks_of_all_forms_are_found(case: Case, tmp_path: Path) -> None:
    ((_, model),) = run([case], tmp_path)
    assert_found(case[0], model)


@pytest.mark.full
@pytest.mark.timeout(400)
def test_other_interpreters_deadlock_alike(other_pythons: list[str], tmp_path: Path) -> None:
    by_name = {name(case): case[0] for case in CASES if case[1] == "".join(case[0].methods[:1])}
    chosen = [case for case in CASES if name(case) in by_name]
    for python in other_pythons:
        for key, model in run(chosen, tmp_path, python):
            assert_found(by_name[key], model)


def test_a_lock_whose_holder_has_ended_is_a_finding_of_its_own(covered: dict[str, Model]) -> None:
    for program, title in (
        ("ended_while_holding", "first ended while it held RLock accounts"),
        ("killed_while_holding fork", "first ended while it held process RLock accounts"),
    ):
        (found,) = (found for found in find_all(covered[program]) if found["kind"] == "abandoned-lock")
        assert found["title"] == title
        assert "second waited" in found["explanation"]


# Of whom, in words, and how the advice begins.
TOLD = {
    "lock_across_await": (
        " of MainThread and worker_0",
        "MainThread holds cache_lock and rests in its event loop, where all tasks wait; worker_0 waits for cache_lock",
        "Hold no lock of threads across an `await`",
    ),
    "loop_not_running": (
        ": MainThread waits for what nobody can do any more", "MainThread waits for a result of an event loop",
        "Ask an event loop only while another thread runs it",
    ),
    "manager_lock_lost fork": (
        ": MainThread waits for what nobody can do any more",
        "MainThread waits for lock, an abandoned lock: keeper held it when it ended", "Take locks with `with`",
    ),
    "never_said_to_be_done": (
        ": MainThread waits for what nobody can do any more", "MainThread waits for all in items to be done",
        "Call `task_done()` once for every item",
    ),
    "some_not_said_to_be_done": (
        " of MainThread, worker-0 and worker-1",
        "MainThread waits for all in items to be done; worker-0 waits at items; worker-1 waits at items",
        "Call `task_done()` once for every item",
    ),
    "task_waits_for_itself": (
        ": MainThread waits for what nobody can do any more",
        "MainThread rests in its event loop, where all tasks wait",
        "Make sure that what its tasks await is set",
    ),
}  # fmt: skip


def test_what_is_said_of_a_wait_that_nobody_ends_is_about_that_wait(covered: dict[str, Model]) -> None:
    for program, (title, explanation, advice) in TOLD.items():
        (found,) = (each for each in covered[program].findings.values() if each["kind"] == "deadlock")
        assert (found["title"], found["explanation"]) == (f"Deadlock{title}", explanation)
        assert found["advice"].startswith(advice)

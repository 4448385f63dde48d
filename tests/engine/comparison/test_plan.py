"""What a comparison is going to run, and in which order."""

import sys
from pathlib import Path

import pytest

from engine import interpreters
from engine.comparison.course import Course, trials
from engine.comparison.plan import moved, scenario_plan, workload_plan
from engine.session import InvalidChoice
from engine.tasks.workload import WorkerGroup, Workload, WorkQueue, from_data

HERE = interpreters.probe(sys.executable)
OLD = interpreters.Interpreter(HERE.path, "3.11.2", (3, 11, 2), free_threaded=False, environment=None)


def test_every_admitted_backend_and_worker_count_is_a_variant_and_serial_is_one() -> None:
    plan = scenario_plan("cpu_under_gil", workers=[4, 2, 2], pythons=[OLD])
    found = [(variant.backend, variant.workers) for variant in plan.variants]
    assert found[:5] == [("serial", 2), ("threads", 2), ("threads", 4), ("thread-pool", 2), ("thread-pool", 4)]
    assert ("process-executor", 4) in found
    assert plan.notes == ("sub-interpreters was left out on Python 3.11.2: it needs Python 3.14 or newer.",)


def test_rounds_interleave_the_variants_and_begin_with_another_one() -> None:
    plan = scenario_plan("cpu_under_gil", backends=["threads"], workers=[1, 2, 4], pythons=[HERE], repeats=2)
    course = Course(plan)
    order = []
    while course.due is not None:
        order.append(course.due)
        course.finish(2_000_000_000, 2.5, failed=False)
    assert order == [(0, 0), (0, 1), (0, 2), (1, 1), (1, 2), (1, 0), (2, 2), (2, 0), (2, 1)]


def test_short_runs_are_tried_more_often_and_failed_ones_never_again() -> None:
    plan = scenario_plan("cpu_under_gil", backends=["threads"], workers=[1, 2, 4], pythons=[HERE], repeats=2)
    course = Course(plan)
    assert (course.left_s, course.share, course.planned) == (None, 0.0, 6)
    shares = []
    tried: list[int] = []
    for span_ns, failed in ((1_500_000_000, False), (400_000_000, False), (0, True)):
        course.finish(span_ns, span_ns / 1e9, failed=failed)
    assert course.planned == 2 + 5
    assert course.left_s == pytest.approx(2 * 1.5 + 5 * 0.4)
    while course.due is not None:
        tried.append(course.due[1])
        course.finish(400_000_000, 0.4, failed=False)
        shares.append(course.share)
    assert (tried.count(0), tried.count(1), tried.count(2)) == (2, 5, 0)
    assert shares == sorted(shares)
    assert shares[-1] == 1.0
    assert (trials(1, 1), trials(3, 1), trials(30, 1), trials(3, 900_000_000)) == (1, 9, 50, 4)


@pytest.mark.parametrize(
    ("name", "choices", "field", "words"),
    [
        ("no_such", {}, "name", "no_such"),
        ("two_locks", {}, "name", "meant to deadlock"),
        ("cpu_under_gil", {"backends": ["thread"]}, "backend", "did you mean threads?"),
        ("lock_contention", {"backends": ["serial"]}, "backend", "not on serial"),
        ("cpu_under_gil", {"workers": [0]}, "workers", "not 0"),
        ("cpu_under_gil", {"workers": [2, 999]}, "workers", "not 999"),
        ("cpu_under_gil", {"repeats": 0}, "repeats", "from 1 to 50, not 0"),
        ("cpu_under_gil", {"parameters": {"numbers": "many"}}, "numbers", "many"),
        ("cpu_under_gil", {"pythons": [OLD], "backends": ["sub-interpreters"]}, "backend", "needs Python 3.14"),
    ],
)
def test_what_cannot_be_compared_is_refused_in_one_line(
    name: str, choices: dict[str, object], field: str, words: str
) -> None:
    with pytest.raises(InvalidChoice) as refused:
        scenario_plan(name, **{"pythons": [HERE], **choices})  # type: ignore[arg-type]
    assert refused.value.field == field
    assert words in refused.value.message
    assert "\n" not in refused.value.message


def workload() -> Workload:
    feeders = WorkerGroup("feeders", workers=1, feeds="jobs", iterations=5)
    drainers = WorkerGroup("drainers", workers=3, drains="jobs")
    return Workload((feeders, drainers), (WorkQueue("jobs"),), title="Line")


def test_a_custom_workload_is_moved_as_a_whole_and_keeps_its_proportions() -> None:
    data = moved(workload(), "processes", 8)
    assert [(group["backend"], group["workers"]) for group in data["groups"]] == [("processes", 2), ("processes", 6)]
    assert from_data(data).errors() == []


def test_groups_that_wait_for_each_other_cannot_run_one_after_another(tmp_path: Path) -> None:
    plan = workload_plan(workload(), workers=[2, 4], pythons=[HERE])
    assert "serial" not in {variant.backend for variant in plan.variants}
    assert "sub-interpreters" not in {variant.backend for variant in plan.variants}
    request = plan.request(plan.variants[-1], tmp_path / "x.lane")
    assert (request.workers, request.backend) == (4, plan.variants[-1].backend)
    with pytest.raises(InvalidChoice, match="cannot run on serial: its groups wait for each other"):
        workload_plan(workload(), backends=["serial"], pythons=[HERE])

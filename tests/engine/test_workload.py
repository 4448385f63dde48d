"""Custom workloads: what is refused and why, the JSON, and that they run for real."""

import json
from contextlib import AbstractContextManager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from engine.backends.registry import BACKENDS, START_METHODS
from engine.scenarios.custom import run_workload
from engine.tasks import workload_rules
from engine.tasks.registry import TASKS
from engine.tasks.task_type import Step
from engine.tasks.workload import (
    InvalidWorkload,
    LockUse,
    WorkerGroup,
    Workload,
    WorkQueue,
    dumps,
    from_data,
    load,
    loads,
    save,
    to_data,
)
from tests.engine.scenarios import programs

ADMITTED = [name for name, backend in BACKENDS.items() if backend.shares_locks]
SAMPLES = Path(__file__).parents[2] / "resources" / "samples" / "workloads"


def data(**group: Any) -> dict[str, Any]:
    """A workload of one group with these fields."""
    return {"version": 1, "groups": [{"name": "a", **group}]}


def errors_of(value: object) -> dict[str, str]:
    return {error.path: error.message for error in workload_rules.find_errors(value)}


def test_names_of_backends_and_start_methods_are_those_of_the_backends() -> None:
    assert tuple(ADMITTED) == workload_rules.BACKEND_NAMES
    assert START_METHODS == workload_rules.START_METHODS


@pytest.mark.parametrize(
    ("value", "path", "message"),
    [
        ([], "", "a workload is a JSON object with version, queues and groups"),
        ({}, "version", "version must be 1, but it is missing"),
        ({"version": 2, "groups": []}, "version", "version must be 1, not 2"),
        ({"version": 1}, "groups", "groups must be a list"),
        ({"version": 1, "groups": []}, "groups", "there must be from 1 to 32 groups, not 0"),
        ({"version": 1, "groups": ["a"]}, "groups[0]", "groups[0] must be an object, not 'a'"),
        ({**data(), "grups": 1}, "grups", "there is no 'grups': did you mean groups?"),
        ({**data(), "title": 3}, "title", "title must be text, not 3"),
        ({**data(), "start_method": "sprawn"}, "start_method", "must be one of fork, spawn, forkserver, not 'sprawn'"),
        ({**data(), "start_method": ["fork"]}, "start_method", "must be one of"),
        ({**data(), "queues": {}}, "queues", "queues must be a list"),
        (data(name=""), "groups[0].name", "a name is needed"),
        (data(name=7), "groups[0].name", "a name is needed"),
        (data(name="x" * 41), "groups[0].name", "a name must be at most 40 printable characters"),
        (data(name="a\nb"), "groups[0].name", "a name must be at most 40 printable characters"),
        (data(workers=0), "groups[0].workers", "workers must be from 1 to 256, not 0"),
        (data(workers=257), "groups[0].workers", "workers must be from 1 to 256, not 257"),
        (data(workers="many"), "groups[0].workers", "workers must be a whole number, not 'many'"),
        (data(workers=2.5), "groups[0].workers", "workers must be a whole number, not 2.5"),
        (data(workers=True), "groups[0].workers", "workers must be a whole number, not True"),
        (data(workers=None), "groups[0].workers", "workers must be a whole number, not None"),
        (data(workers=float("nan")), "groups[0].workers", "workers must be a whole number, not nan"),
        (data(backend="thread"), "groups[0].backend", "backend must be one of serial, threads,"),
        (data(backend=["threads"]), "groups[0].backend", "backend must be one of"),
        (data(task="slepp"), "groups[0].task", "task must be one of python-cpu,"),
        (data(task={}), "groups[0].task", "task must be one of"),
        (data(parameters=[]), "groups[0].parameters", "parameters must be an object, not []"),
        (data(parameters={"number": 1}), "groups[0].parameters.number", "no 'number': did you mean numbers?"),
        (
            data(parameters={"numbers": 0}),
            "groups[0].parameters.numbers",
            "numbers must be from 1 to 10,000,000, not 0",
        ),
        (
            data(task="native-cpu", parameters={"kind": "sorting"}),
            "groups[0].parameters.kind",
            "kind must be one of hashing, compression, not 'sorting'",
        ),
        (data(task="file-io", parameters={"sync": 1}), "groups[0].parameters.sync", "sync must be yes or no, not 1"),
        (data(iterations=0), "groups[0].iterations", "iterations must be from 1 to 1,000,000, not 0"),
        (data(locks="accounts"), "groups[0].locks", "groups[0].locks must be a list"),
        (data(locks=["accounts"]), "groups[0].locks[0]", "groups[0].locks[0] must be an object, not 'accounts'"),
        (data(locks=[{}]), "groups[0].locks[0].name", "a name is needed"),
        (data(locks=[{"name": "l", "hold_ms": -1}]), "groups[0].locks[0].hold_ms", "from 0 to 60,000 ms, not -1"),
        (data(locks=[{"name": "l", "hold": 1}]), "groups[0].locks[0].hold", "did you mean hold_ms?"),
        (data(locks=[{"name": "l"}, {"name": "l"}]), "groups[0].locks[1].name", "there is another 'l'"),
        (data(feeds="jobs"), "groups[0].feeds", "there is no queue 'jobs': there is none yet"),
        (data(drains="jobs"), "groups[0].drains", "there is no queue 'jobs': there is none yet"),
        (data(wokers=1), "groups[0].wokers", "there is no 'wokers': did you mean workers?"),
        ({**data(feeds="q"), "queues": [{"name": "jobs"}]}, "groups[0].feeds", "no queue 'q': there is jobs"),
        ({**data(feeds="q"), "queues": [{"name": "q"}]}, "queues[0].name", "nobody drains q"),
        ({**data(drains="q"), "queues": [{"name": "q"}]}, "queues[0].name", "nobody feeds q"),
        (
            {**data(drains="q", feeds="q"), "queues": [{"name": "q"}]},
            "groups[0].feeds",
            "a group cannot feed the queue that it drains",
        ),
        ({**data(), "queues": [{"name": "q", "capacity": -1}]}, "queues[0].capacity", "from 0 to 100,000, not -1"),
        ({**data(), "queues": [{"name": "q"}, {"name": "q"}]}, "queues[1].name", "there is another 'q'"),
        ({"version": 1, "groups": [{"name": "a"}, {"name": "a"}]}, "groups[1].name", "there is another 'a'"),
    ],
)
def test_what_cannot_run_is_refused_at_its_field_with_a_reason(value: object, path: str, message: str) -> None:
    errors = errors_of(value)
    assert message in errors[path]
    with pytest.raises(InvalidWorkload) as refusal:
        from_data(value)
    assert "\n" not in str(refusal.value)


def test_all_faults_are_told_not_just_the_first() -> None:
    errors = errors_of(data(workers=0, iterations=0, backend="x", locks=[{"name": "", "hold_ms": "long"}]))
    assert list(errors) == [
        "groups[0].workers",
        "groups[0].backend",
        "groups[0].iterations",
        "groups[0].locks[0].name",
        "groups[0].locks[0].hold_ms",
    ]


def test_limits_themselves_are_allowed() -> None:
    assert errors_of(data(workers=1, iterations=1)) == {}
    assert errors_of(data(workers=256, iterations=1_000_000, name="x" * 40)) == {}
    assert errors_of({"version": 1, "groups": [{"name": str(n)} for n in range(32)]}) == {}


@pytest.mark.parametrize("backend", ADMITTED)
@pytest.mark.parametrize("task", TASKS)
def test_every_task_on_every_backend_is_allowed(backend: str, task: str) -> None:
    assert errors_of(data(backend=backend, task=task, parameters=TASKS[task].defaults())) == {}


EVERYTHING = Workload(
    title="Everything – ☕",
    start_method="spawn",
    queues=(WorkQueue("jobs", 0), WorkQueue("texts", 3)),
    groups=(
        WorkerGroup("in", 3, "processes", "file-io", {"size_kib": 4, "sync": False}, 7, feeds="jobs"),
        WorkerGroup("on", 2, "thread-pool", "sleep", {}, 1, (LockUse("a", 1.5), LockUse("b")), "texts", "jobs"),
        WorkerGroup("out", 1, "serial", drains="texts"),
    ),
)  # fmt: skip


def test_json_comes_back_as_it_went(tmp_path: Path) -> None:
    assert loads(dumps(EVERYTHING)) == EVERYTHING
    assert from_data(to_data(EVERYTHING)) == EVERYTHING
    save(EVERYTHING, tmp_path / "workload.json")
    assert load(tmp_path / "workload.json") == EVERYTHING
    assert EVERYTHING.errors() == []


def test_what_is_left_out_has_its_default() -> None:
    assert from_data(data()) == Workload(groups=(WorkerGroup("a"),))


@pytest.mark.parametrize("text", ["", "{", "[1", "NaN nonsense", "[" * 100_000])
def test_a_text_that_is_no_json_is_refused_in_one_line(text: str) -> None:
    with pytest.raises(InvalidWorkload) as refusal:
        loads(text)
    assert "JSON" in str(refusal.value)
    assert "\n" not in str(refusal.value)


def test_a_file_that_is_no_text_is_refused(tmp_path: Path) -> None:
    (tmp_path / "picture").write_bytes(b"\x89PNG\xff\xfe")
    with pytest.raises(InvalidWorkload, match="not a text file"):
        load(tmp_path / "picture")
    with pytest.raises(OSError, match="No such file"):
        load(tmp_path / "missing")


@pytest.mark.parametrize("sample", sorted(SAMPLES.glob("*.json")), ids=lambda path: path.stem)
def test_samples_can_run(sample: Path) -> None:
    assert load(sample).errors() == []


def run_custom(workload: Workload) -> str:
    done = programs.run("custom", "--workload", dumps(workload))
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.mark.parametrize("backends", [("threads", "threads"), ("processes", "processes"), ("threads", "processes")])
def test_two_rows_with_opposite_lock_order_deadlock(backends: tuple[str, str]) -> None:
    orders = (("accounts", "audit"), ("audit", "accounts"))
    groups = tuple(
        WorkerGroup(
            f"row {order[0]}", 1, backend, "sleep", {"duration_ms": 1}, 10, tuple(LockUse(n, 30) for n in order)
        )
        for backend, order in zip(backends, orders, strict=True)
    )
    with programs.hanging("custom", "--workload", dumps(Workload(groups))) as program:
        program.read_until("2 groups, 2 workers")
        programs.wait_until(program.threads_at_rest)
        assert program.process.poll() is None


def test_rows_with_the_same_lock_order_finish() -> None:
    locks = (LockUse("accounts", 1), LockUse("audit", 1))
    groups = tuple(
        WorkerGroup(f"row {backend}", 2, backend, "sleep", {"duration_ms": 0}, 4, locks)
        for backend in ("threads", "processes")
    )
    assert run_custom(Workload(groups)).count(": 8 iterations by 2 workers") == 2


def test_groups_on_all_backends_run_at_once_through_queues_of_threads_and_of_processes() -> None:
    quick = {"duration_ms": 0}
    groups = tuple(
        WorkerGroup(f"{backend} {kind}", 2, backend, "sleep", quick, 5, (LockUse("shared", 0),), **{kind: backend})
        for backend in ADMITTED
        for kind in ("feeds", "drains")
        if (backend, kind) != ("serial", "drains")
    )
    drain = WorkerGroup("drain serial", 1, "threads", "sleep", quick, drains="serial")
    queues = tuple(WorkQueue(backend, 2) for backend in ADMITTED)
    said = run_custom(Workload((*groups, drain), queues))
    assert said.count(": 10 iterations by 2 workers") == 11
    assert said.count(": 10 iterations by 1 workers") == 1


def test_a_pipeline_handles_each_item_once() -> None:
    quick = {"duration_ms": 0}
    workload = Workload(
        queues=(WorkQueue("first", 2), WorkQueue("second", 1)),
        groups=(
            WorkerGroup("in", 3, "processes", "sleep", quick, 7, feeds="first"),
            WorkerGroup("on", 2, "threads", "sleep", quick, 1, feeds="second", drains="first"),
            WorkerGroup("out", 4, "processes", "sleep", quick, 1, drains="second"),
        ),
    )
    assert run_custom(workload).count(": 21 iterations") == 3


@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
def test_a_worker_that_fails_is_told_and_the_others_go_on(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def fail(values: object) -> AbstractContextManager[Step]:
        raise OSError("the disk is full")

    monkeypatch.setitem(TASKS, "file-io", replace(TASKS["file-io"], open=fail))
    groups = (WorkerGroup("writers", 2, "threads", "file-io"), WorkerGroup("others", 2, "threads", "sleep", {}, 2))
    outcomes = run_workload(Workload(groups))
    assert [len(outcome.errors) for outcome in outcomes] == [2, 0]
    assert "writers-1 failed: OSError: the disk is full" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--workload", json.dumps(data(workers=0))), "groups[0].workers: workers must be from 1 to 256, not 0"),
        (("--workload", "{x"), "this is not JSON"),
        (("--workload", "missing.json"), "missing.json cannot be read: No such file or directory"),
    ],
)
def test_a_faulty_workload_is_one_line_and_status_2(arguments: tuple[str, ...], said: str) -> None:
    done = programs.run("custom", *arguments)
    assert done.returncode == 2
    assert said in done.stderr
    assert done.stderr.count("\n") == 1

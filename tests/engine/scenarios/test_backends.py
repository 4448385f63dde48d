"""Backends: the same work in the same way on all of them; failures and deaths are reported, never waited for."""

import multiprocessing
import os
import sys
import threading
import time
from contextlib import nullcontext
from types import SimpleNamespace
from typing import Any

import pytest

from engine.backends import coordinator, registry
from engine.backends.base import Backend, Outcome, describe_exit
from engine.backends.worker import Context, Message, execute
from engine.tasks.progress import Reporter

ALL = [name for name, backend in registry.BACKENDS.items() if not backend.missing_in(sys.version_info)]
WITH_PROCESSES = [name for name, backend in registry.BACKENDS.items() if backend.uses_processes]


def run(name: str, work: Any, count: int, shared: Any = None, reporter: Reporter | None = None) -> Outcome:
    backend: Backend = registry.get(name)
    # By fork, so that no helper process of multiprocessing outlives the test.
    return coordinator.run(backend, work, count, reporter or Reporter(), shared=shared, start_method="fork")


def square(context: Context) -> tuple[int, int]:
    context.progress(1, 2)
    context.progress(2, 2, label="squares", items=1)
    return context.index**2 + context.shared, context.count


def who(context: Context) -> tuple[str, str, int]:
    context.shared.wait()
    return context.name, threading.current_thread().name, os.getpid()


def fail_once(context: Context) -> str:
    if context.index == 1:
        raise KeyError("no such thing")
    return "done"


def exit_once(context: Context) -> str:
    if context.index == 1:
        sys.exit(4)
    return "done"


def die_once(context: Context) -> str:
    if context.index == 1:
        context.progress(7, 10, label="before the end")
        os._exit(5)
    time.sleep(0.05)
    return "done"


def return_what_cannot_be_sent(context: Context) -> Any:
    return lambda: context


def add_to(context: Context) -> None:
    for _ in range(100):
        with context.shared.lock:
            context.shared.total.value += 1


class Remembering(Reporter):
    """Keeps the last state of each worker."""

    def __init__(self) -> None:
        self.states: dict[str, dict[str, Any]] = {}

    def progress(self, worker: str, **state: Any) -> None:
        self.states[worker] = state


@pytest.mark.parametrize("name", ALL)
def test_results_come_in_the_order_of_the_pieces(name: str) -> None:
    reporter = Remembering()
    outcome = run(name, square, 3, shared=10, reporter=reporter)
    assert outcome == Outcome([(10, 3), (11, 3), (14, 3)])
    assert set(reporter.states) <= {"worker-1", "worker-2", "worker-3"}
    for state in reporter.states.values():
        assert (state["done"], state["total"], state["label"], state["items"]) == (2, 2, "squares", 1)
        assert state["result"] in {"(10, 3)", "(11, 3)", "(14, 3)"}
        assert state["error"] == ""


@pytest.mark.parametrize("name", [name for name in ALL if name not in {"serial", "sub-interpreters"}])
def test_workers_are_at_work_together_under_their_names(name: str) -> None:
    kit: Any = multiprocessing.get_context("fork") if name in WITH_PROCESSES else threading
    results = run(name, who, 4, shared=kit.Barrier(4)).results
    assert sorted(worker for worker, _, _ in results) == ["worker-1", "worker-2", "worker-3", "worker-4"]
    assert all(worker == thread for worker, thread, _ in results)
    assert len({process for _, _, process in results}) == (4 if name in WITH_PROCESSES else 1)


@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
@pytest.mark.parametrize("name", ALL)
def test_a_failure_is_brought_over_with_its_traceback(name: str) -> None:
    reporter = Remembering()
    outcome = run(name, fail_once, 3, reporter=reporter)
    assert outcome.results == ["done", None, "done"]
    (error,) = outcome.errors
    assert error.message == "KeyError: 'no such thing'"
    assert 'raise KeyError("no such thing")' in error.traceback
    assert "in execute" not in error.traceback
    assert any(state["error"] == error.message for state in reporter.states.values()) or "pool" in error.worker


@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
@pytest.mark.parametrize("name", ["threads", "processes", "process-pool", "process-executor"])
def test_sys_exit_in_a_worker_is_a_failure_of_that_worker(name: str) -> None:
    outcome = run(name, exit_once, 3)
    assert outcome.results[0] == outcome.results[2] == "done"
    assert [error.message for error in outcome.errors] == ["SystemExit: 4"]


@pytest.mark.parametrize("name", WITH_PROCESSES)
def test_a_sudden_death_is_noticed(name: str) -> None:
    reporter = Remembering()
    outcome = run(name, die_once, 3, reporter=reporter)
    reasons = [error.message for error in outcome.errors if "ended with exit code 5" in error.message]
    assert len(reasons) == 1
    if name == "processes":
        assert outcome.results == ["done", None, "done"]
        last = reporter.states["worker-2"]
        assert (last["done"], last["total"], last["label"]) == (7, 10, "before the end")
    elif name == "process-executor":
        assert all("exit code 5" in error.message or "BrokenProcessPool" in error.message for error in outcome.errors)


@pytest.mark.parametrize("name", WITH_PROCESSES)
def test_a_result_that_cannot_be_sent_is_a_failure(name: str) -> None:
    outcome = run(name, return_what_cannot_be_sent, 1)
    assert outcome.results == [None]
    assert "pickle" in outcome.errors[0].message


@pytest.mark.parametrize("name", WITH_PROCESSES)
def test_locks_and_shared_values_reach_the_processes(name: str) -> None:
    context = multiprocessing.get_context("fork")
    shared = SimpleNamespace(lock=context.Lock(), total=context.Value("i", 0, lock=False))
    run(name, add_to, 4, shared=shared)
    assert shared.total.value == 400


def test_unknown_backends_are_refused_in_one_line() -> None:
    with pytest.raises(ValueError, match=r"no backend 'proceses': did you mean processes\?"):
        registry.get("proceses")


@pytest.mark.parametrize(
    ("code", "words"),
    [
        (-11, "was killed by SIGSEGV"),
        (-200, "was killed by signal 200"),
        (3, "ended with exit code 3 before its work was done"),
        (None, "is gone"),
    ],
)
def test_exit_codes_in_words(code: int | None, words: str) -> None:
    assert describe_exit(code) == words


def test_the_reporter_speaks_to_the_tracer_and_is_silent_without_one(monkeypatch: pytest.MonkeyPatch) -> None:
    said: list[Any] = []
    Reporter().progress("worker-1", done=1)
    Reporter().mark("nobody listens")
    with Reporter().task("nothing"):
        pass
    tracer = SimpleNamespace(progress=lambda *state: said.append(state), mark=said.append, task=nullcontext, name=None)
    monkeypatch.setitem(sys.modules, "_lanescope", tracer)
    Reporter().progress("worker-1", label="l", done=1, total=2, items=3, result="r", error="e")
    Reporter().mark("here")
    Reporter().name(object(), "no hook of that name")
    with Reporter().task("t"):
        pass
    assert said == [("worker-1", "l", 1, 2, 3, "r", "e"), "here"]


def leave_once(context: Context) -> str:
    if context.index == 1:
        raise SystemExit  # what an abort raises in whoever waits
    return "done"


@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
@pytest.mark.parametrize("name", ["threads", "thread-pool", "processes", "process-executor"])
def test_an_interrupted_worker_has_not_failed(name: str, capfd: pytest.CaptureFixture[str]) -> None:
    outcome = run(name, leave_once, 3)
    assert outcome == Outcome(["done", None, "done"], interrupted=True)
    assert capfd.readouterr().err == ""


def told(calls: int, total: int) -> list[Message]:
    """What a worker's calls of `progress`, one right after the other, make of themselves."""
    messages: list[Message] = []
    context = Context(messages.append, crew=0, index=0, count=1, name="worker-1", shared=None)

    def work(context: Context) -> None:
        for step in range(1, calls + 1):
            context.progress(step, total, items=step)

    execute(work, context)
    return [message for message in messages if message.kind == "progress"]


def test_few_steps_are_all_told() -> None:
    assert [message.items for message in told(40, 41)] == list(range(1, 41))


def test_of_many_steps_some_are_withheld_but_never_the_last() -> None:
    messages = told(5000, 5001)
    assert len(messages) < 2500
    assert messages[-1].items == 5000


def conclude(context: Context) -> list[float]:
    context.conclude("3 waits, the longest 8.0 ms")
    return [0.001, 0.00799999, 0.002]


def test_people_get_the_result_in_words() -> None:
    reporter = Remembering()
    assert run("threads", conclude, 1, reporter=reporter).results == [[0.001, 0.00799999, 0.002]]
    assert reporter.states["worker-1"]["result"] == "3 waits, the longest 8.0 ms"

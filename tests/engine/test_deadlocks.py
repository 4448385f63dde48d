"""Deadlocks: found where there is one, exactly its participants, in words; and nowhere else."""

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from engine.analysis.deadlock import KnotEdge, Participant, cause_of, finding
from engine.model.entities import Primitive
from engine.model.wait_for import Node, Wait, WaitForGraph, build
from engine.recording.reader import RecordingReader
from engine.session import RunRequest, Session

A, B, C, D, E = ((0, serial) for serial in range(1, 6))


def wait(node: Node, *enablers: Node, primitive: int = 1, bystanders: tuple[Node, ...] = (), **values: bool) -> Wait:
    return Wait(node, primitive, frozenset(enablers), frozenset(bystanders), **values)


GRAPHS: dict[str, tuple[list[Wait], list[tuple[Node, ...]]]] = {
    "nobody waits": ([], []),
    "waits for a running thread": ([wait(A, B)], []),
    "two locks": ([wait(A, B), wait(B, A)], [(A, B)]),
    "three locks": ([wait(A, B), wait(B, C), wait(C, A)], [(A, B, C)]),
    "itself": ([wait(A, A)], [(A,)]),
    "a consequence is no participant": ([wait(A, B), wait(B, A), wait(C, A), wait(D, C)], [(A, B)]),
    "one of the waits is timed": ([wait(A, B), wait(B, A, timed=True)], []),
    "something else may end it": ([wait(A, B), wait(B, A, ends_otherwise=True)], []),
    "a wait that nobody is known to end": ([wait(A)], []),
    "any one of two, one of which runs": ([wait(A, B, C), wait(B, A)], []),
    "any one of two, both stuck": ([wait(A, B, C), wait(B, A), wait(C, A)], [(A, B, C)]),
    "itself, while a bystander runs": ([wait(A, A, bystanders=(B,))], []),
    "itself, with a stuck bystander": ([wait(A, A, bystanders=(B,)), wait(B, A)], [(A,)]),
    "a chain that ends in a running thread": ([wait(A, B), wait(B, C), wait(C, D)], []),
    "two circles": ([wait(A, B), wait(B, A), wait(C, D), wait(D, C)], [(A, B), (C, D)]),
    "a circle that waits for another": ([wait(A, B), wait(B, A, C), wait(C, D), wait(D, C)], [(A, B), (C, D)]),
    "a pool on itself": ([wait(A, B, C), wait(B, B, C), wait(C, B, C)], [(B, C)]),
    "five philosophers": (
        [wait(A, B), wait(B, C), wait(C, D), wait(D, E), wait(E, A), wait((0, 9), A, B, C, D, E)],
        [(A, B, C, D, E)],
    ),
    "across processes": ([wait((0, 1), (1, 1)), wait((1, 1), (0, 1))], [((0, 1), (1, 1))]),
}


@pytest.mark.parametrize("name", GRAPHS)
def test_knots_are_exactly_the_participants(name: str) -> None:
    waits, knots = GRAPHS[name]
    assert sorted(build(waits).knots) == sorted(knots)


def test_the_graph_has_all_edges_and_marks_who_is_stuck() -> None:
    graph: WaitForGraph = build([wait(A, B, primitive=1), wait(B, A, primitive=2), wait(C, A, primitive=2), wait(D, E)])
    assert {(edge.waiter, edge.holder, edge.primitive) for edge in graph.edges} == {
        (A, B, 1), (B, A, 2), (C, A, 2), (D, E, 1),
    }  # fmt: skip
    assert graph.stuck == {A, B, C}
    assert graph.nodes == (A, B, C, D, E)


def test_a_long_chain_is_no_problem() -> None:
    chain = [wait((0, serial), (0, serial + 1)) for serial in range(5000)]
    assert build([*chain, wait((0, 5000), (0, 0))]).knots == (tuple((0, serial) for serial in range(5001)),)


def primitive(number: int, kind: str, name: str) -> Primitive:
    return Primitive(number, kind, name, "bank.py", 10 + number)


ACCOUNTS, AUDIT = primitive(1, "Lock", "accounts"), primitive(2, "Lock", "audit")


def participant(lane: int, awaited: Primitive, *holds: Primitive, **values: Any) -> Participant:
    return Participant(lane, 123, f"worker-{lane}", f"worker-{lane}", 1000 * lane, awaited, 7, tuple(holds), **values)


def test_a_deadlock_in_words() -> None:
    found = finding(
        1,
        [participant(2, ACCOUNTS, AUDIT), participant(1, AUDIT, ACCOUNTS)],
        [KnotEdge(1, 2, 2, 7, 8), KnotEdge(2, 1, 1, 9)],
        5000,
        None,
    )
    assert found["explanation"] == (
        "worker-1 holds accounts and waits for audit; worker-2 holds audit and waits for accounts"
    )
    assert (found["kind"], found["severity"], found["certainty"], found["cause"]) == (
        "deadlock", "error", "observed", "lock-cycle",
    )  # fmt: skip
    assert [each["thread"] for each in found["participants"]] == ["worker-1", "worker-2"]
    assert found["participants"][0]["waits_for"] == "Lock audit (bank.py:12)"
    assert found["participants"][0]["holds"] == ["Lock accounts (bank.py:11)"]
    assert (found["lanes"], found["start_ns"], found["end_ns"]) == ([1, 2], 2000, 5000)
    assert found["edges"][0] == {"waiter": 1, "holder": 2, "primitive": 2, "wait_site": 7, "hold_site": 8}


def test_a_thread_that_waits_for_itself_in_words() -> None:
    found = finding(1, [participant(1, ACCOUNTS, ACCOUNTS)], [KnotEdge(1, 1, 1, 7)], 5000, None)
    assert found["cause"] == "self-deadlock"
    assert found["explanation"] == "worker-1 holds accounts and waits for it itself"


def test_who_holds_one_permit_and_waits_for_another_in_words() -> None:
    permits = primitive(1, "process Semaphore", "connections")
    members = [participant(lane, permits, permits) for lane in (1, 2)]
    found = finding(1, members, [KnotEdge(1, 2, 1, 7), KnotEdge(2, 1, 1, 7)], 5000, None)
    assert found["explanation"] == (
        "worker-1 holds a permit of connections and waits for another one; "
        "worker-2 holds a permit of connections and waits for another one"
    )


def test_locks_that_nobody_in_the_circle_wants_are_not_spoken_of() -> None:
    other = primitive(3, "Lock", "log")
    members = [participant(1, AUDIT, ACCOUNTS, other), participant(2, ACCOUNTS, AUDIT)]
    found = finding(1, members, [KnotEdge(1, 2, 2, 7), KnotEdge(2, 1, 1, 7)], 5000, None)
    assert "log" not in found["explanation"]
    assert found["participants"][0]["holds"] == ["Lock accounts (bank.py:11)", "Lock log (bank.py:13)"]


@pytest.mark.parametrize(
    ("kinds", "cause"),
    [
        (["Lock", "RLock"], "lock-cycle"),
        (["Lock"], "self-deadlock"),
        (["process Lock", "process Lock"], "process-lock-cycle"),
        (["Thread", "Thread"], "join-cycle"),
        (["Process", "process Queue"], "process-queue"),
        (["Thread", "Queue"], "queue"),
        (["Future", "Future"], "executor"),
        (["Event", "Condition"], "condition"),
        (["Barrier", "Barrier"], "barrier"),
        (["Semaphore", "BoundedSemaphore"], "semaphore"),
        (["Lock", "Queue"], "mixed"),
    ],
)
def test_causes(kinds: list[str], cause: str) -> None:
    assert cause_of([primitive(number, kind, "x") for number, kind in enumerate(kinds)]) == cause


TWO_LOCKS = """
import {module} as module
{setup}
def work(first, second, together):
    with first:
        together.wait()
        with second:
            pass
def main():
    accounts = module.Lock()
    audit = module.Lock()
    together = module.Barrier(2)
    workers = [
        module.{worker}(target=work, args=(accounts, audit, together), name="worker-1"),
        module.{worker}(target=work, args=(audit, accounts, together), name="worker-2"),
    ]
    for each in workers:
        each.start()
    for each in workers:
        each.join()
if __name__ == "__main__":
    main()
"""
THREADS = TWO_LOCKS.format(module="threading", worker="Thread", setup="")
PROCESSES = {
    method: TWO_LOCKS.format(
        module="multiprocessing",
        worker="Process",
        setup=f"if __name__ == '__main__': module.set_start_method({method!r})",
    )
    for method in ("fork", "spawn")
}
RELOCK = """
import threading
lock = threading.Lock()
with lock:
    lock.acquire()
"""
THREE = """
import threading
together = threading.Barrier(3)
locks = [threading.Lock() for _ in range(3)]
def eat(left, right):
    with left:
        together.wait()
        with right:
            pass
for number in range(3):
    threading.Thread(target=eat, args=(locks[number], locks[(number + 1) % 3]), name=f"diner-{number}").start()
"""
JOINS = """
import threading, time
threads = []
def work(number):
    while len(threads) < 2:
        time.sleep(0.001)
    threads[1 - number].join()
first = threading.Thread(target=work, args=(0,), name="first")
second = threading.Thread(target=work, args=(1,), name="second")
first.start(); second.start()
threads += [first, second]
"""
OWN_POOL = """
from concurrent.futures import ThreadPoolExecutor
pool = ThreadPoolExecutor(1, thread_name_prefix="pool")
def inner():
    return 1
def outer():
    return pool.submit(inner).result()
pool.submit(outer).result()
"""
TIMED = """
import threading
first, second, together = threading.Lock(), threading.Lock(), threading.Barrier(2)
def work(mine, other):
    with mine:
        together.wait()
        if other.acquire(timeout=0.3):
            other.release()
threads = [threading.Thread(target=work, args=pair) for pair in ((first, second), (second, first))]
for each in threads: each.start()
for each in threads: each.join()
"""
HAND_OFF = """
import threading, time
gate = threading.Lock()
gate.acquire()
def opener():
    time.sleep(0.3)
    gate.release()
other = threading.Thread(target=opener)
other.start()
gate.acquire()
other.join()
"""
IDLE = """
import time
from concurrent.futures import ThreadPoolExecutor
with ThreadPoolExecutor(3) as pool:
    list(pool.map(time.sleep, [0.01] * 6))
    time.sleep(0.3)
"""

STARTING = """
import multiprocessing, time
def wait(event): event.wait()
def feed(queue, event): queue.put(1); event.set()
if __name__ == "__main__":
    fork, spawn = multiprocessing.get_context("fork"), multiprocessing.get_context("spawn")
    queue, event = spawn.Queue(), spawn.Event()
    waiter = fork.Process(target=wait, args=(event,))
    waiter.start()
    time.sleep(0.1)
    feeder = spawn.Process(target=feed, args=(queue, event))
    feeder.start()
    queue.get()
    waiter.join()
    feeder.join()
"""

INTERRUPT = """
import os, queue, signal, threading
stop, tasks = threading.Event(), queue.Queue()
signal.signal(signal.SIGINT, lambda *_: stop.set())
worker = threading.Thread(target=tasks.get)
worker.start()
os.system(f"(sleep 0.4; kill -INT {os.getpid()}) &")
stop.wait()
tasks.put(None)
worker.join()
"""
# A thread of the C library's calls back into Python: no lane shows it before.
FOREIGN = """
import ctypes, queue, threading
stop, tasks, library = threading.Event(), queue.Queue(), ctypes.CDLL(None)
worker = threading.Thread(target=tasks.get)
worker.start()
@ctypes.CFUNCTYPE(ctypes.c_void_p, ctypes.c_void_p)
def call(_):
    library.usleep(400_000)
    stop.set()
thread = ctypes.c_ulong()
library.pthread_create(ctypes.byref(thread), None, call, None)
stop.wait()
tasks.put(None)
worker.join()
"""

NO_DEADLOCKS = {
    "a handler for Ctrl-C": INTERRUPT,
    "a thread that Python did not start": FOREIGN,
    "timed waits": TIMED,
    "hand-off lock": HAND_OFF,
    "idle workers": IDLE,
    "a process that is still starting": STARTING,
}


@pytest.fixture
def run(tmp_path: Path) -> Callable[..., tuple[list[dict[str, Any]], list[dict[str, Any]]]]:
    """Runs a program until it ends or deadlocks; gives the latest state of each finding, and all texts."""

    def run(source: str, *, python: str = sys.executable) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
        script = tmp_path / "program.py"
        script.write_text(source)
        recording = tmp_path / "run.lane"  # replaced by the next run
        request = RunRequest([python, str(script)], recording, tmp_path, time_limit_s=20, end_on_deadlock=True)
        session = Session(request)
        try:
            session.start()
            status = session.wait(30)
        finally:
            session.close()
        assert status.phase == "finished", status
        reader = RecordingReader(recording)
        texts: list[dict[str, Any]] = []
        while batch := reader.poll():
            texts += batch.texts
        reader.close()
        findings = {text["id"]: text for text in texts if text["type"] == "finding"}
        return list(findings.values()), texts

    return run


Run = Callable[..., tuple[list[dict[str, Any]], list[dict[str, Any]]]]


def threads_of(found: dict[str, Any]) -> list[str]:
    return sorted(each["thread"] for each in found["participants"])


def test_two_locks_with_threads(run: Run) -> None:
    findings, texts = run(THREADS)
    assert [found["explanation"] for found in findings] == [
        "worker-1 holds accounts and waits for audit; worker-2 holds audit and waits for accounts"
    ]
    (found,) = findings
    assert threads_of(found) == ["worker-1", "worker-2"]
    assert found["resolved_ns"] is None
    assert [each["stack"][-1]["function"] for each in found["participants"]] == ["work", "work"]
    assert len(found["edges"]) == 2
    assert all(edge["wait_site"] and edge["hold_site"] for edge in found["edges"])
    assert [text["ended_by"] for text in texts if text["type"] == "program-end"] == ["deadlock"]


@pytest.mark.parametrize("method", PROCESSES)
def test_two_locks_with_processes(run: Run, method: str) -> None:
    (found,), _ = run(PROCESSES[method])
    assert found["cause"] == "process-lock-cycle"
    assert found["explanation"] == (
        "worker-1 holds accounts and waits for audit; worker-2 holds audit and waits for accounts"
    )
    assert len({each["process"] for each in found["participants"]}) == 2
    assert all(edge["wait_site"] and edge["hold_site"] for edge in found["edges"])


def test_a_lock_taken_twice(run: Run) -> None:
    (found,), _ = run(RELOCK)
    assert (found["cause"], found["explanation"]) == ("self-deadlock", "MainThread holds lock and waits for it itself")


def test_three_in_a_circle(run: Run) -> None:
    (found,), _ = run(THREE)
    assert threads_of(found) == ["diner-0", "diner-1", "diner-2"]
    assert found["explanation"].startswith("diner-0 holds locks[0] and waits for locks[1]; diner-1 holds locks[1]")


def test_threads_that_join_each_other(run: Run) -> None:
    (found,), _ = run(JOINS)
    assert (found["cause"], threads_of(found)) == ("join-cycle", ["first", "second"])
    assert found["explanation"] == "first waits for second to end; second waits for first to end"


def test_a_pool_that_waits_for_itself(run: Run) -> None:
    (found,), _ = run(OWN_POOL)
    assert (found["cause"], threads_of(found)) == ("executor", ["pool_0"])


@pytest.mark.parametrize("source", NO_DEADLOCKS.values(), ids=NO_DEADLOCKS.keys())
def test_what_goes_on_is_no_deadlock(run: Run, source: str) -> None:
    findings, texts = run(source)
    assert findings == []
    assert [text["ended_by"] for text in texts if text["type"] == "program-end"] == ["itself"]


HELPER = """
import ctypes, threading
stop, mutex, thread = threading.Event(), ctypes.create_string_buffer(64), ctypes.c_ulong()
library = ctypes.CDLL(None)
library.pthread_mutex_lock(mutex)
library.pthread_create(ctypes.byref(thread), None, library.pthread_mutex_lock, mutex)
threading.Thread(target=stop.wait, name="worker").start()
"""


def test_a_native_thread_that_only_its_own_process_could_wake_hides_nothing(run: Run) -> None:
    (found,), _ = run(HELPER)
    assert (found["cause"], len(found["participants"])) == ("condition", 2)


def test_a_deadlock_counts_once_the_thread_that_might_have_helped_is_gone(run: Run) -> None:
    (found,), _ = run(FOREIGN.replace("    stop.set()\n", ""))
    assert len(found["participants"]) == 2


@pytest.mark.full
@pytest.mark.parametrize("source", [THREADS, *PROCESSES.values()], ids=["threads", *PROCESSES])
def test_two_locks_on_other_interpreters(run: Run, other_pythons: list[str], source: str) -> None:
    for python in other_pythons:
        (found,), _ = run(source, python=python)
        assert found["explanation"] == (
            "worker-1 holds accounts and waits for audit; worker-2 holds audit and waits for accounts"
        ), python

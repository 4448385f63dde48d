"""The wait-for graph of any moment of a recording, of programs that were run for real."""

import sys
from pathlib import Path

import pytest

from engine.model.graph_at import graph_at
from engine.model.model import Model
from engine.session import RunRequest
from tests.engine.recorded import record, record_scenario

# The main thread holds a lock; one waits for it, one for the other's end, one for an event; a pool's worker waits too.
PROGRAM = """
import threading
from concurrent.futures import ThreadPoolExecutor
lock, event, phases = threading.Lock(), threading.Event(), threading.Barrier(4)
def wants_lock():
    phases.wait()
    with lock: pass
def joins():
    phases.wait()
    locker.join()
def wants_event():
    phases.wait()
    event.wait()
pool = ThreadPoolExecutor(1, thread_name_prefix="pool")
def asks():
    pool.submit(wants_lock_too).result()
def wants_lock_too():
    with lock: pass
lock.acquire()
locker = threading.Thread(target=wants_lock, name="locker")
others = [threading.Thread(target=joins, name="joiner"), threading.Thread(target=wants_event, name="listener")]
for thread in (locker, *others): thread.start()
asker = threading.Thread(target=asks, name="asker")
asker.start()
phases.wait()
threading.Event().wait(0.3)
event.set()
lock.release()
for thread in (locker, asker, *others): thread.join()
"""


# One thread waits for a message while the other has something else to do.
AT_PIPE = """
import threading, time
from multiprocessing import Pipe
ours, theirs = Pipe()
def read(): ours.recv()
reader = threading.Thread(target=read, name="reader")
reader.start()
time.sleep(0.3)
theirs.send(1)
reader.join()
"""


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Model:
    folder = tmp_path_factory.mktemp("graph")
    (folder / "program.py").write_text(PROGRAM)
    command = [sys.executable, str(folder / "program.py")]
    return record(RunRequest(command, folder / "run.lane", folder, time_limit_s=30)).model


def test_who_waited_for_whom_at_a_moment_of_the_past(model: Model) -> None:
    names = {lane.name: lane.id for lane in model.lanes}
    when = model.states.slice_at(names["listener"], model.lanes[names["listener"]].end_ns - 50_000_000)
    assert when is not None
    graph = graph_at(model, (when.start_ns + when.end_ns) // 2)
    found = {
        (
            model.lanes[edge.waiter].name,
            None if edge.holder is None else model.lanes[edge.holder].name,
            model.primitives[edge.primitive].short,
            edge.holds,
        )
        for edge in graph.edges
    }
    assert {
        ("locker", "MainThread", "Lock lock", True),
        ("pool_0", "MainThread", "Lock lock", True),
        ("joiner", "locker", "Thread locker", True),
        ("asker", "pool_0", "Executor pool", True),
        ("listener", "MainThread", "Event event", False),  # who did set it in the end
    } <= found
    assert graph.knots == ()
    assert all(edge.wait_site for edge in graph.edges)


def test_who_waits_for_a_message_waits_at_its_pipe(tmp_path: Path) -> None:
    (tmp_path / "program.py").write_text(AT_PIPE)
    command = [sys.executable, str(tmp_path / "program.py")]
    model = record(RunRequest(command, tmp_path / "run.lane", tmp_path, time_limit_s=30)).model
    names = {lane.name: lane.id for lane in model.lanes}
    message = next(each for each in model.primitives.values() if each.kind == "Pipe")
    told = model.states.slices(names["reader"], model.start_ns, model.end_ns)
    at_pipe = [model.detail(int(detail))[0] is message for detail in told.details].index(True)
    edges = graph_at(model, int(told.starts[at_pipe] + told.ends[at_pipe]) // 2).edges
    assert [(edge.waiter, edge.primitive) for edge in edges if edge.waiter == names["reader"]] == [
        (names["reader"], message.id)
    ]


def test_nobody_waited_before_the_beginning(model: Model) -> None:
    assert graph_at(model, model.start_ns).edges == ()


def test_a_deadlock_is_there_from_its_beginning_on(tmp_path: Path) -> None:
    model = record_scenario("two_locks", tmp_path / "run.lane", settings=("deposits=1",)).model
    (found,) = model.findings.values()
    before, after = (graph_at(model, found["start_ns"] + shift) for shift in (-1_000_000, 1_000))
    assert before.knots == ()
    assert [set(knot) for knot in after.knots] == [set(found["lanes"])]
    inside = {(edge.waiter, edge.holder) for edge in after.edges if edge.waiter in found["lanes"]}
    assert inside == {(edge["waiter"], edge["holder"]) for edge in found["edges"]}

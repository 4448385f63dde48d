"""What a recording says of waits, read as people do: in the sentence that answers why."""

from pathlib import Path

from engine.model.explain import explain
from engine.model.hand_offs import into
from engine.model.model import Model
from engine.recording.schema import STATE_MASK, State
from tests.engine.test_recorded_programs import record_source
from tests.engine.tracer.tracing import write_program

GIVING_UP = """
import concurrent.futures, multiprocessing, queue, threading
from contextlib import suppress

lock, rlock, event = threading.Lock(), threading.RLock(), threading.Event()
full, simple, permits = queue.Queue(1), queue.SimpleQueue(), threading.Semaphore(1)
condition, meeting, limited = threading.Condition(), threading.Barrier(2), threading.Barrier(2, timeout=0.01)
shared_lock, shared_permits = multiprocessing.Lock(), multiprocessing.Semaphore(1)
shared_event, shared_queue = multiprocessing.Event(), multiprocessing.Queue(1)
here, there = multiprocessing.Pipe()
main = threading.main_thread()

def give_up():
    for wait in (lock.acquire, rlock.acquire, permits.acquire, shared_lock.acquire, shared_permits.acquire):
        wait(True, 0.01)
    for wait in (event.wait, meeting.wait, shared_event.wait, here.poll, main.join, busy.result):
        with suppress(TimeoutError, threading.BrokenBarrierError): wait(0.01)
    with suppress(threading.BrokenBarrierError): limited.wait()
    with suppress(queue.Full): full.put(1, timeout=0.01)
    with suppress(queue.Full): shared_queue.put(1, timeout=0.01)
    with suppress(queue.Empty): simple.get(timeout=0.01)
    with condition: condition.wait(0.01)

for taken in (lock, rlock, permits, shared_lock, shared_permits): taken.acquire()
for filled in (full, shared_queue): filled.put(0)
shared_queue.cancel_join_thread()
with concurrent.futures.ThreadPoolExecutor(1) as pool:
    busy = pool.submit(event.wait)
    waiter = threading.Thread(target=give_up, name="waiter")
    waiter.start()
    waiter.join()
    event.set()
"""
GIVEN_UP = (
    "Lock lock", "RLock rlock", "Semaphore permits", "process Lock shared_lock", "process Semaphore shared_permits",
    "Event event", "Barrier meeting", "process Event shared_event", "Pipe here", "Thread MainThread", "Executor pool",
    "Barrier limited", "Queue full", "process Queue shared_queue", "SimpleQueue simple", "Condition condition",
)  # fmt: skip


def waits(model: Model, name: str) -> list[tuple[str, bool]]:
    """The sentences about all waits of the lane of that name, in order, and whether somebody is known to have ended
    each.
    """
    lane = next(lane for lane in model.lanes if lane.name == name)
    found = []
    slices = model.states.slices(lane.id, lane.start_ns, model.end_ns + 1)
    for start, code in zip(slices.starts.tolist(), slices.codes.tolist(), strict=True):
        item = model.states.slice_at(lane.id, start)
        if item is not None and code & STATE_MASK in (State.WAIT, State.LOCK_WAIT, State.IO) and item.detail:
            found.append((explain(model, item), into(model, item) is not None))
    return found


def test_a_wait_that_its_timeout_ended_says_so_and_was_ended_by_nobody(tmp_path: Path) -> None:
    told = waits(record_source(tmp_path, GIVING_UP).model, "waiter")
    # On a busy machine it may have to wait for a lock inside of these as well, which it gets.
    found = [each for each in told if each[0].endswith("; its timeout ended the wait")]
    assert len(found) == len(GIVEN_UP), told
    for name, (sentence, is_handed) in zip(GIVEN_UP, found, strict=True):
        assert f" {name}" in sentence
        assert not is_handed


def test_who_aborts_a_barrier_lets_the_others_go(tmp_path: Path) -> None:
    source = """
import threading
from contextlib import suppress
meeting = threading.Barrier(3)
def arrive():
    with suppress(threading.BrokenBarrierError): meeting.wait()
waiter = threading.Thread(target=arrive, name="waiter")
waiter.start()
while not meeting.n_waiting: pass
meeting.abort()
waiter.join()
"""
    [(sentence, is_handed)] = waits(record_source(tmp_path, source).model, "waiter")
    assert "let go by MainThread" in sentence
    assert is_handed


def test_a_queue_is_joined_until_the_last_task_is_done_in_another_process(tmp_path: Path) -> None:
    source = """
import multiprocessing
context = multiprocessing.get_context("fork")
tasks, go = context.JoinableQueue(), context.Event()
def work():
    tasks.get()
    go.wait()
    tasks.task_done()
worker = context.Process(target=work, name="worker")
tasks.put(1)
worker.start()
import threading
from until import until_somebody_waits_for
def let_go():
    until_somebody_waits_for(tasks)
    go.set()
threading.Thread(target=let_go).start()
tasks.join()
worker.join()
"""
    write_program(tmp_path, "")  # the module beside it
    found = waits(record_source(tmp_path, source).model, "MainThread")
    assert any("process JoinableQueue tasks, served by worker" in sentence for sentence, _ in found), found


def test_a_managers_own_pipe_is_not_the_programs(tmp_path: Path) -> None:
    source = """
import multiprocessing
if __name__ == "__main__":
    with multiprocessing.Manager() as manager:
        items = manager.Queue()
        items.put(1)
        here, there = multiprocessing.Pipe()
"""
    model = record_source(tmp_path, source).model
    shown = {each.label for each in model.primitives.values() if not each.internal}
    at_its_start = "Pipe"  # where the main thread waits for the manager, if that takes long enough to be seen
    assert {label for label in shown if "Process" not in label and label != at_its_start} == {
        "Proxy items (program.py:5)", "Queue of a manager", "Pipe here (program.py:7)",
    }  # fmt: skip
    [sentence] = {sentence.split(" ", 3)[3] for sentence, _ in waits(model, "MainThread") if "Proxy" in sentence}
    assert sentence == "for an answer to Proxy items"


def test_a_result_of_a_pool_comes_from_the_worker_that_did_the_job(tmp_path: Path) -> None:
    source = """
import multiprocessing.pool, time
def job(): time.sleep(0.02)
with multiprocessing.pool.ThreadPool(1) as pool:
    pool.apply(job)
"""
    found = waits(record_source(tmp_path, source).model, "MainThread")
    assert any(
        "for Pool pool to finish, ended by Thread-1 (worker), which was sleeping" in sentence for sentence, _ in found
    ), found


MEANING = """
import multiprocessing, socket, threading
from multiprocessing.connection import Client, Listener
from multiprocessing.managers import BaseManager

here, there = socket.socketpair()
class WhenMade:
    def __reduce__(self): return receive, ()
class WhenSent:
    def __reduce__(self): return str, (receive(),)
class Server:
    def make(self):
        asked.acquire()
        return WhenMade()
    def take(self, thing): pass
class Manager(BaseManager): pass
Manager.register("Server", Server)

def receive():
    there.send(b".")
    there.recv(1)
    return ""

def child(messages, pipe, address, server):
    with Client(address) as client:
        for get in (messages.get, pipe.recv, client.recv, server.make):
            there.send(b".")
            get()
        for send in (pipe.send, client.send, server.take):
            send(WhenSent())

def look():
    here.recv(1)
    threading.Event().wait(0.1)

if __name__ == "__main__":
    context = multiprocessing.get_context("fork")
    messages, (ours, theirs), asked = context.SimpleQueue(), context.Pipe(), context.Semaphore(0)
    manager = Manager(ctx=context)
    manager.start()
    with Listener() as listener:
        arguments = messages, theirs, listener.address, manager.Server()
        process = context.Process(target=child, args=arguments, name="child")
        process.start()
        connection = listener.accept()
        for put in (messages.put, ours.send, connection.send, lambda _: asked.release()):
            look()
            put(WhenMade())
            look()
            here.send(b".")
        for _ in range(3):
            look()
            here.send(b".")
        process.join()
    manager.shutdown()
"""


def test_what_a_message_means_is_found_out_outside_of_the_wait_for_it(tmp_path: Path) -> None:
    """By code of the program's, which may wait for something else."""
    model = record_source(tmp_path, MEANING).model
    process = next(each.id for each in model.processes if each.name == "child")
    main, child = (next(lane for lane in model.lanes if lane.process == each) for each in (0, process))
    slices = model.states.slices(main.id, main.start_ns, model.end_ns + 1)
    found = []
    for end, detail in zip(slices.ends.tolist(), slices.details.tolist(), strict=True):
        primitive, _ = model.detail(detail)
        if primitive is not None and primitive.kind == "Event":
            item = model.states.slice_at(child.id, end - 1_000_000)
            assert item is not None
            awaited, site = model.detail(item.detail)
            place = model.site(site)
            found.append((awaited.kind if awaited else State(item.state).name, place.function if place else ""))
    inside = ("IO", "receive")
    assert found[:8:2] == [("process SimpleQueue", "child"), ("Pipe", "child"), ("IO", "child"), ("Proxy", "child")]
    assert found[1:8:2] + found[8:] == [inside] * 7

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
    assert {label for label in shown if "Process" not in label} == {
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


UNPICKLING = """
import multiprocessing, socket
incoming, outgoing = socket.socketpair()
class Stuck:
    def __reduce__(self): return receive, ()
def receive(): return incoming.recv(1)
def child(messages, pipe, said):
    for get in (messages.get, pipe.recv):
        get()
        said.send(None)
context = multiprocessing.get_context("fork")
messages, said = context.SimpleQueue(), context.Pipe()
ours, theirs = context.Pipe()
process = context.Process(target=child, args=(messages, theirs, said[1]))
process.start()
for put in (messages.put, ours.send):
    put(Stuck())
    threading.Event().wait(0.1)
    outgoing.send(b".")
    said[0].recv()
process.join()
"""


def test_who_waits_for_something_else_while_it_unpickles_does_not_wait_for_a_message(tmp_path: Path) -> None:
    model = record_source(tmp_path, "import threading" + UNPICKLING).model
    child = next(lane for lane in model.lanes if lane.process)
    slices = model.states.slices(child.id, child.start_ns, model.end_ns + 1)
    long = (slices.ends - slices.starts) > 50_000_000
    found = []
    for code, detail in zip(slices.codes[long].tolist(), slices.details[long].tolist(), strict=True):
        awaited, site = model.detail(detail)
        place = model.site(site)
        found.append((State(code & STATE_MASK), awaited, place and place.function))
    assert found == [(State.IO, None, "receive")] * 2

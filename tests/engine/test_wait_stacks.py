"""Waits that lasted are recorded with the whole way that led there."""

from pathlib import Path

import pytest

from engine.model.model import Model
from tests.engine.test_recorded_programs import record_source

PROGRAM = """
import queue, threading, time
lock, event, tasks, changed = threading.Lock(), threading.Event(), queue.Queue(), threading.Condition()
def outer(wait): inner(wait)
def inner(wait): wait()
def for_lock():
    with lock: pass
def for_event(): event.wait()
def for_task(): tasks.get()
def for_change():
    with changed: changed.wait()
waits = (for_lock, for_event, for_task, for_change)
lock.acquire()
threads = [threading.Thread(target=outer, args=(wait,), name=wait.__name__) for wait in waits]
for thread in threads: thread.start()
time.sleep(0.1)
lock.release()
event.set()
tasks.put(1)
while threads[-1].is_alive():
    with changed: changed.notify()
    time.sleep(0.01)
for thread in threads: thread.join()
"""


def longest_wait(model: Model, name: str) -> list[str]:
    """The functions on the stack of a lane's longest wait, outermost first."""
    (lane,) = (lane.id for lane in model.lanes if lane.name == name)
    found = model.states.slices(lane, model.start_ns, model.end_ns + 1, 1000)
    waited = (found.ends - found.starts) * (found.details > 0)
    _, stack = model.detail(int(found.details[waited.argmax()]))
    return [site.function for site in model.stack(stack)]


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Model:
    folder: Path = tmp_path_factory.mktemp("waits")
    return record_source(folder, PROGRAM).model


@pytest.mark.parametrize("name", ["for_lock", "for_event", "for_task", "for_change"])
def test_a_long_wait_tells_its_whole_stack(model: Model, name: str) -> None:
    assert longest_wait(model, name) == ["outer", "inner", name]

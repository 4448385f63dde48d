"""What lies in memory that processes share, and that waits there are for a lock between processes."""

import mmap
import os

import numpy as np

from engine.recorder.sampling.sampler import Where
from engine.recorder.sampling.shared_memory import REFRESH_NS, SharedMemory, shared_spans
from engine.recorder.slicer import WAIT, Slicer
from engine.recording.schema import SAMPLED, State

MS = 1_000_000


def test_what_is_mapped_as_shared_is_found() -> None:
    before = shared_spans(os.getpid())
    with mmap.mmap(-1, 1 << 16):
        sizes = sum(end - start for start, end in shared_spans(os.getpid()))
    assert sizes - sum(end - start for start, end in before) == 1 << 16
    assert shared_spans(0) == []


def test_a_process_is_asked_again_now_and_then_where_an_address_is_not_known() -> None:
    asked: list[int] = []
    now = [0]

    def read(pid: int) -> list[tuple[int, int]]:
        asked.append(pid)
        return [(100, 200)] if len(asked) > 1 else []

    memory = SharedMemory(read, lambda: now[0])
    assert not memory.holds(7, 150)
    assert not memory.holds(7, 150)
    assert asked == [7]
    now[0] += REFRESH_NS
    assert memory.holds(7, 150)
    assert memory.holds(7, 199)
    assert not memory.holds(7, 200)
    assert asked == [7, 7]
    memory.forget(7)
    assert memory.holds(7, 150)
    assert asked == [7, 7, 7]


def test_a_wait_for_a_lock_between_processes_says_so() -> None:
    slicer = Slicer()
    slicer.shared_detail = 5
    lane = np.array([0])
    slicer.add_lane(0, 0, group=0, has_gil=True)
    slicer.add_accounts(0, 0, 0)
    slicer.add_looks(lane, 1 * MS, np.array([Where.SHARED], np.uint8))
    slicer.step(np.empty(0, WAIT), lane, np.array([10 * MS]), keep_tail=np.array([True]))
    slicer.add_looks(lane, 11 * MS, np.array([Where.SHARED], np.uint8))
    rows = slicer.step(np.empty(0, WAIT), lane, np.array([20 * MS]))
    assert rows["detail"].tolist() == [5]
    assert rows["code"].tolist() == [State.WAIT | SAMPLED]
    assert rows["end"].tolist() == [20 * MS]

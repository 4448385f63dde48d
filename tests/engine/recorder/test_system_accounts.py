"""The system's own accounts become rows, of what has changed."""

import os
import threading
from typing import Any

import pytest

from engine.recorder.definitions.registry import Registry, TracedLane
from engine.recorder.sampling.portable_sampler import PortableSampler
from engine.recorder.sampling.sampler import Accounts, Method, ThreadSampler
from engine.recorder.sampling.system_accounts import INTERVAL_NS, SystemAccounts, context_switches
from engine.recording.schema import Layer


class Told(ThreadSampler):
    """A system that says what it is told to say."""

    def __init__(self) -> None:
        super().__init__()
        self.cpu_ns: int | None = 0

    def accounts(self, pid: int, native_id: int) -> Accounts | None:  # noqa: ARG002
        return None if self.cpu_ns is None else Accounts(self.cpu_ns, 7)


@pytest.fixture
def lane() -> TracedLane:
    """This thread, as if it were traced."""
    registry = Registry(lambda _: None)
    values: dict[str, Any] = {"version": "", "executable": "", "argv": [], "free_threaded": False, "forked": False}
    process = registry.add_process(os.getpid(), 0, 0, **values)
    return registry.add_thread(process, ("thread", 1, threading.get_native_id(), "main", 0, False, 0, False))


def test_accounts_are_told_when_it_is_time_and_they_have_changed(lane: TracedLane) -> None:
    sampler = Told()
    accounts = SystemAccounts(sampler)
    found = []
    for at, cpu_ns in ((0, 1), (0.5, 2), (10, 2), (20, 3), (30, None)):
        sampler.cpu_ns = cpu_ns
        for layer, rows in accounts.poll([lane], int(at * INTERVAL_NS)):
            if layer is Layer.ACCOUNTS:
                found += [(int(row["time"]) // INTERVAL_NS, int(row["cpu"]), int(row["queue"])) for row in rows]
    assert found == [(0, 1, 7), (10, 2, 7), (20, 3, 7)]


def test_context_switches_are_those_of_the_thread() -> None:
    if not os.path.exists("/proc/self/status"):
        pytest.skip("this system does not count context switches by thread")
    before = context_switches(os.getpid(), threading.get_native_id())
    threading.Event().wait(0.01)
    after = context_switches(os.getpid(), threading.get_native_id())
    assert after[0] > before[0]
    assert context_switches(os.getpid(), 1 << 22) == (0, 0)


def test_the_portable_sampler_knows_the_cpu_time_of_threads_and_nothing_else() -> None:
    sampler = PortableSampler()
    assert sampler.method is Method.CPU_TIME
    found = sampler.accounts(os.getpid(), threading.get_native_id())
    assert found is not None
    assert found.cpu_ns >= 0
    assert found.queue_ns == 0
    assert sampler.accounts(os.getpid(), 1 << 22) is None
    sampler.close()

"""The system's own accounts: of each thread (CPU time, run queue, context switches) and of each core."""

import time
from collections.abc import Iterable

import numpy as np
import psutil
from numpy.typing import NDArray

from engine.recorder.definitions.registry import TracedLane
from engine.recorder.sampling.sampler import Sampler
from engine.recording.schema import ACCOUNT_ROW, CORE_ROW, Layer

INTERVAL_NS = 250_000_000
QUIET_INTERVAL_NS = 2_000_000_000  # while no thread does anything
MAX_SHARE = 0.005  # of the time: with many threads they are looked at less often
_VOLUNTARY, _INVOLUNTARY = b"\nvoluntary_ctxt_switches:", b"\nnonvoluntary_ctxt_switches:"

Rows = list[tuple[Layer, NDArray[np.void]]]


class SystemAccounts:
    """Gives out rows now and then, of what has changed."""

    def __init__(self, sampler: Sampler) -> None:
        self._sampler = sampler
        self._told: dict[int, tuple[int, ...]] = {}
        self._cores: dict[int, int] = {}
        self._interval_ns = INTERVAL_NS
        self._due_ns = 0

    def poll(self, lanes: Iterable[TracedLane], now_ns: int) -> Rows:
        """Of the living threads and all cores, when it is time for new ones."""
        if now_ns < self._due_ns:
            return []
        began = time.perf_counter_ns()
        rows = [(lane.number, *row) for lane in lanes if (row := self._of_thread(lane)) is not None]
        changed = [(row[0], now_ns, *row[1:]) for row in rows if self._told.get(row[0]) != row[1:]]
        self._told = {row[0]: row[1:] for row in rows}
        cores = [(number, now_ns, busy) for number, busy in self._busy_cores()]
        self._interval_ns = INTERVAL_NS if changed else min(2 * self._interval_ns, QUIET_INTERVAL_NS)
        self._due_ns = now_ns + max(self._interval_ns, int((time.perf_counter_ns() - began) / MAX_SHARE))
        found = [(Layer.ACCOUNTS, np.array(changed, ACCOUNT_ROW)), (Layer.CORES, np.array(cores, CORE_ROW))]
        return [(layer, part) for layer, part in found if len(part)]

    def _of_thread(self, lane: TracedLane) -> tuple[int, ...] | None:
        accounts = self._sampler.accounts(lane.process.pid, lane.native_id)
        if accounts is None:
            return None
        return *accounts, *context_switches(lane.process.pid, lane.native_id)

    def _busy_cores(self) -> list[tuple[int, int]]:
        """Those that have done something since."""
        try:
            times = psutil.cpu_times(percpu=True)
        except (psutil.Error, OSError, NotImplementedError):
            return []
        busy = {
            number: int((sum(core[:8]) - core.idle - getattr(core, "iowait", 0)) * 1e9)
            for number, core in enumerate(times)
        }
        changed = [(number, ns) for number, ns in busy.items() if self._cores.get(number) != ns]
        self._cores = busy
        return changed


def context_switches(pid: int, native_id: int) -> tuple[int, int]:
    """Of a thread: voluntary ones, because it had to wait, and involuntary ones; (0, 0) where it cannot be told."""
    try:
        with open(f"/proc/{pid}/task/{native_id}/status", "rb") as file:
            text = file.read()
    except OSError:
        return 0, 0
    voluntary, involuntary = (text.partition(label)[2].split(None, 1)[:1] for label in (_VOLUNTARY, _INVOLUNTARY))
    return (int(voluntary[0]), int(involuntary[0])) if voluntary and involuntary else (0, 0)

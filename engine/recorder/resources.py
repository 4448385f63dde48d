"""CPU time, memory and context switches of traced processes, and the recorder's own share."""

import time

import numpy as np
import psutil
from numpy.typing import NDArray

from engine.recorder.registry import TracedProcess
from engine.recording.schema import RESOURCE_ROW

INTERVAL_NS = 250_000_000
USS_INTERVAL_NS = 2_000_000_000  # adding up the pages of a process costs it and us milliseconds
MAX_SHARE = 0.01  # of the time: with many processes they are looked at less often


class Resources:
    """Samples all living processes now and then."""

    def __init__(self) -> None:
        self._known: dict[int, psutil.Process] = {}
        self._uss: dict[int, int] = {}
        self._cpu: dict[int, int] = {}
        self._due_ns = 0
        self._uss_due_ns = 0

    def poll(self, processes: list[TracedProcess], now_ns: int) -> NDArray[np.void] | None:
        """Rows (RESOURCE_ROW) when it is time for new ones."""
        if now_ns < self._due_ns:
            return None
        began = time.perf_counter_ns()
        with_uss = now_ns >= self._uss_due_ns
        rows = [row for process in processes if (row := self._sample(process, now_ns, with_uss)) is not None]
        took = time.perf_counter_ns() - began
        self._due_ns = now_ns + max(INTERVAL_NS, int(took / MAX_SHARE))
        if with_uss:
            self._uss_due_ns = now_ns + max(USS_INTERVAL_NS, int(took / MAX_SHARE))
        return np.array(rows, RESOURCE_ROW)

    @property
    def program_cpu_ns(self) -> int:
        """CPU time of all traced processes, the ended ones as last seen."""
        return sum(self._cpu.values())

    def _sample(self, process: TracedProcess, now_ns: int, with_uss: bool) -> tuple[int, ...] | None:
        try:
            handle = self._known.get(process.number)
            if handle is None:
                handle = self._known[process.number] = psutil.Process(process.pid)
            with handle.oneshot():
                times = handle.cpu_times()
                memory = handle.memory_info()
                switches = sum(handle.num_ctx_switches())
            if with_uss or process.number not in self._uss:
                self._uss[process.number] = handle.memory_full_info().uss
        except psutil.AccessDenied:
            self._uss.setdefault(process.number, 0)
            return None
        except (psutil.Error, OSError):
            return None
        cpu = self._cpu[process.number] = int((times.user + times.system) * 1e9)
        return process.number, now_ns, cpu, memory.rss, self._uss[process.number], switches

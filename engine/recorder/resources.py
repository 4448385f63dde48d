"""CPU time, memory and context switches of traced processes, and the recorder's own share."""

import time

import numpy as np
import psutil
from numpy.typing import NDArray

from engine.recorder.registry import TracedProcess
from engine.recording.schema import MEMORY_ROW, RESOURCE_ROW, Layer

INTERVAL_NS = 250_000_000
YOUNG_INTERVAL_NS = 100_000_000  # so that short runs have figures too
USS_INTERVAL_NS = 2_000_000_000  # adding up the pages of a process costs it and us milliseconds
# Adding up waits for a process that is just changing its memory, as a fork does: long, if that has no processor.
USS_PROCESSES = 100  # of more than that, and of young ones, no pages are added up
YOUNG_NS = 1_000_000_000
MAX_SHARE = 0.01  # of the time: with many processes they are looked at less often


class Resources:
    """Samples all living processes now and then."""

    def __init__(self) -> None:
        self._known: dict[int, psutil.Process] = {}
        self._uss: dict[int, int] = {}
        self._shares: list[tuple[int, ...]] = []  # MEMORY rows that have not been given out
        self._cpu: dict[int, int] = {}
        self._due_ns = 0
        self._too_many = False
        self._uss_due_ns = 0

    def poll(self, processes: list[TracedProcess], now_ns: int) -> list[tuple[Layer, NDArray[np.void]]]:
        """Rows when it is time for new ones."""
        if now_ns < self._due_ns or not processes:
            return []
        began = time.perf_counter_ns()
        with_uss = now_ns >= self._uss_due_ns
        self._too_many = len(processes) > USS_PROCESSES
        rows = [row for process in processes if (row := self._sample(process, now_ns, with_uss)) is not None]
        took = time.perf_counter_ns() - began
        young = any(now_ns - process.start_ns < YOUNG_NS for process in processes)
        self._due_ns = now_ns + max(YOUNG_INTERVAL_NS if young else INTERVAL_NS, int(took / MAX_SHARE))
        if with_uss:
            self._uss_due_ns = now_ns + max(USS_INTERVAL_NS, int(took / MAX_SHARE))
        shares, self._shares = self._shares, []
        return [(Layer.RESOURCES, np.array(rows, RESOURCE_ROW)), (Layer.MEMORY, np.array(shares, MEMORY_ROW))]

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
            if self._too_many or now_ns - process.start_ns < YOUNG_NS:
                self._uss.setdefault(process.number, 0)
            elif with_uss or not self._uss.get(process.number):
                pages = handle.memory_full_info()
                self._uss[process.number] = pages.uss
                if hasattr(pages, "pss"):  # Linux
                    self._shares.append((process.number, now_ns, pages.pss, pages.swap))
        except psutil.AccessDenied:
            self._uss.setdefault(process.number, 0)
            return None
        except (psutil.Error, OSError):
            return None
        cpu = self._cpu[process.number] = int((times.user + times.system) * 1e9)
        return process.number, now_ns, cpu, memory.rss, self._uss[process.number], switches

"""CPU time, memory and context switches of traced processes, and the recorder's own share."""

import time

import numpy as np
import psutil
from numpy.typing import NDArray

from engine.recorder.definitions.registry import TracedProcess
from engine.recording.schema import MEMORY_ROW, RESOURCE_ROW, Layer

INTERVAL_NS = 250_000_000
YOUNG_INTERVAL_NS = 100_000_000  # so that short runs have figures too
PAGES_INTERVAL_NS = 2_000_000_000  # adding up the pages of a process costs it and us milliseconds; younger ones: twice
# their age. Adding up waits for a process that is just changing its memory, as a fork does: long, if that has no
# processor. So of many no pages are added up, and of young ones only where there are few.
MANY_PROCESSES, FEW_PROCESSES = 100, 16
YOUNG_NS, FEW_YOUNG_NS = 1_000_000_000, 150_000_000
MAX_SHARE = 0.01  # of the time: with many processes they are looked at less often


class Resources:
    """Samples all living processes now and then."""

    def __init__(self) -> None:
        self._known: dict[int, psutil.Process] = {}
        self._uss: dict[int, int] = {}
        self._shares: list[tuple[int, ...]] = []  # MEMORY rows that have not been given out
        self._cpu: dict[int, int] = {}
        self._due_ns = 0
        self._pages_due_ns: dict[int, int] = {}  # by process, once it has been asked

    def poll(self, processes: list[TracedProcess], now_ns: int) -> list[tuple[Layer, NDArray[np.void]]]:
        """Rows when it is time for new ones."""
        if now_ns < self._due_ns or not processes:
            return []
        began = time.perf_counter_ns()
        rows = [row for process in processes if (row := self._sample(process, now_ns, len(processes))) is not None]
        took = time.perf_counter_ns() - began
        young = any(now_ns - process.start_ns < YOUNG_NS for process in processes)
        self._due_ns = now_ns + max(YOUNG_INTERVAL_NS if young else INTERVAL_NS, int(took / MAX_SHARE))
        shares, self._shares = self._shares, []
        return [(Layer.RESOURCES, np.array(rows, RESOURCE_ROW)), (Layer.MEMORY, np.array(shares, MEMORY_ROW))]

    @property
    def program_cpu_ns(self) -> int:
        """CPU time of all traced processes, the ended ones as last seen."""
        return sum(self._cpu.values())

    def _sample(self, process: TracedProcess, now_ns: int, living: int) -> tuple[int, ...] | None:
        try:
            handle = self._known.get(process.number)
            if handle is None:
                handle = self._known[process.number] = psutil.Process(process.pid)
            with handle.oneshot():
                times = handle.cpu_times()
                memory = handle.memory_info()
                switches = sum(handle.num_ctx_switches())
            self._add_up_pages(process, handle, now_ns, living)
        except psutil.AccessDenied:
            return None
        except (psutil.Error, OSError):
            return None
        cpu = self._cpu[process.number] = int((times.user + times.system) * 1e9)
        return process.number, now_ns, cpu, memory.rss, self._uss.get(process.number, 0), switches

    def _add_up_pages(self, process: TracedProcess, handle: psutil.Process, now_ns: int, living: int) -> None:
        """When it is time to. AccessDenied or another psutil.Error when it may not be done."""
        grown_up_ns = process.start_ns + (FEW_YOUNG_NS if living <= FEW_PROCESSES else YOUNG_NS)
        if living > MANY_PROCESSES or now_ns < self._pages_due_ns.get(process.number, grown_up_ns):
            return
        began = time.perf_counter_ns()
        pages = handle.memory_full_info()
        self._uss[process.number] = pages.uss
        if hasattr(pages, "pss"):  # Linux
            self._shares.append((process.number, now_ns, pages.pss, pages.swap))
        cost = int((time.perf_counter_ns() - began) * living / MAX_SHARE)
        self._pages_due_ns[process.number] = now_ns + max(min(now_ns - process.start_ns, PAGES_INTERVAL_NS), cost)

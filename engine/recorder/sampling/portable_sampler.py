"""The fallback where the system has no schedstat: CPU time per thread by psutil, not what threads sleep in."""

import time

import psutil

from engine.recorder.sampling.sampler import Accounts, Method, Sampler, Spans, ThreadSampler, Where

_FRESH_NS = 2_000_000  # threads of one process are asked for together


class PortableSampler:
    """GIL wait and core wait cannot be told apart with it."""

    tick_ns = 16_000_000  # of a clock that counts in hundredths, or in 64ths of a second

    def __init__(self) -> None:
        self.method = Method.CPU_TIME if hasattr(psutil.Process, "threads") else Method.NONE
        self._asked: dict[int, tuple[int, dict[int, int]]] = {}

    def accounts(self, pid: int, native_id: int) -> Accounts | None:
        """CPU time; no time in the run queue."""
        now_ns = time.perf_counter_ns()
        asked_ns, threads = self._asked.get(pid, (0, {}))
        if now_ns - asked_ns > _FRESH_NS:
            try:
                threads = {
                    thread.id: int((thread.user_time + thread.system_time) * 1e9)
                    for thread in psutil.Process(pid).threads()
                }
            except (psutil.Error, OSError):
                threads = {}
            self._asked[pid] = now_ns, threads
        cpu_ns = threads.get(native_id)
        return None if cpu_ns is None else Accounts(cpu_ns, 0)

    def where(self, pid: int, native_id: int, gils: Spans | None) -> Where:  # noqa: ARG002
        """Not known."""
        return Where.UNKNOWN

    def forget(self, pid: int, native_id: int) -> None:
        """Processes are asked anew each time."""

    def close(self) -> None:
        """Forgets all processes."""
        self._asked.clear()


def best_sampler() -> Sampler:
    """What this system has."""
    sampler = ThreadSampler()
    return sampler if sampler.method is not Method.NONE else PortableSampler()

"""`concurrent.futures.ProcessPoolExecutor`: like the thread pool, with processes. One that dies breaks the pool."""

import multiprocessing
import signal
from collections.abc import Collection
from concurrent.futures import ProcessPoolExecutor, wait
from multiprocessing import connection

from engine.backends import pool_worker
from engine.backends.base import Backend, Crew, Job, describe_exit
from engine.backends.channel import ProcessChannel

BREAK_TIME_S = 10.0  # for the executor to notice what has been noticed here


class ProcessExecutorCrew(Crew):
    def __init__(self, job: Job) -> None:
        super().__init__(job)
        self._working: dict[int, int] = {}  # piece of work → process id
        others = set(multiprocessing.active_children())
        numbers = job.context.Value("i", 0)
        self._executor = ProcessPoolExecutor(
            job.count, mp_context=job.context, initializer=pool_worker.enter, initargs=(job, numbers)
        )
        self._futures = [self._executor.submit(pool_worker.execute_entered, index) for index in range(job.count)]
        self._processes = {child.pid: child for child in multiprocessing.active_children() if child not in others}

    def started(self, index: int, pid: int) -> None:
        self._working[index] = pid

    def sentinels(self, unfinished: Collection[int]) -> list[int]:
        return [process.sentinel for process in self._processes.values()] if unfinished else []

    def find_fallen(self, unfinished: Collection[int]) -> dict[int, str]:
        sentinels = {process.sentinel: pid for pid, process in self._processes.items()}
        dead = {sentinels[sentinel] for sentinel in connection.wait(list(sentinels), 0) if isinstance(sentinel, int)}
        if not dead:
            return {}
        wait([self._futures[index] for index in unfinished], BREAK_TIME_S)
        self._executor.shutdown()  # it is broken: its own thread ends the other processes and takes all exit codes
        # Between the first death and this look the executor may have ended others already.
        first = {pid for pid in dead if self._processes[pid].exitcode != -signal.SIGTERM} or dead
        fallen = {}
        for index in unfinished:
            pid = self._working.get(index)
            if pid in first:
                fallen[index] = f"process {pid} {describe_exit(self._processes[pid].exitcode)}"
            else:
                fallen[index] = "its pool broke when another of its processes died (BrokenProcessPool)"
        return fallen

    def close(self) -> None:
        self._executor.shutdown()


BACKEND = Backend(
    name="process-executor",
    title="ProcessPoolExecutor",
    explanation="ProcessPoolExecutor: futures, computed in processes that are kept. One that dies breaks the pool.",
    uses_processes=True,
    start=ProcessExecutorCrew,
    channel=ProcessChannel,
)

"""`multiprocessing.Pool`: processes that are kept and handed one piece of work after another."""

import multiprocessing
import time
from collections.abc import Collection
from multiprocessing.connection import wait
from multiprocessing.process import BaseProcess

from engine.backends import pool_worker
from engine.backends.base import Backend, Crew, Job, describe_exit
from engine.backends.channel import ProcessChannel

# Only one thread can ask for an exit code. The pool's own thread asks at once, so look at its answer a bit later.
REAP_TIME_S = 0.2


class ProcessPoolCrew(Crew):
    """The pool replaces a process that dies, and forgets what that process was working on: nobody else would tell."""

    patrol_s = 1.0

    def __init__(self, job: Job) -> None:
        super().__init__(job)
        self._processes: dict[int, BaseProcess] = {}
        self._working: dict[int, int] = {}  # piece of work → process id
        numbers = job.context.Value("i", 0)
        self._pool = job.context.Pool(job.count, initializer=pool_worker.enter, initargs=(job, numbers))
        self._remember()
        self._results = [self._pool.apply_async(pool_worker.execute_entered, (index,)) for index in range(job.count)]

    def _remember(self) -> None:
        self._processes.update({child.pid: child for child in multiprocessing.active_children() if child.pid})

    def started(self, index: int, pid: int) -> None:
        self._remember()
        self._working[index] = pid

    def _process_of(self, index: int) -> BaseProcess | None:
        return self._processes.get(self._working.get(index, 0))

    def sentinels(self, unfinished: Collection[int]) -> list[int]:
        return [process.sentinel for index in unfinished if (process := self._process_of(index))]

    def find_fallen(self, unfinished: Collection[int]) -> dict[int, str]:
        ended = {index: self._process_of(index) for index in unfinished if self._has_ended(index)}
        if ended:
            time.sleep(REAP_TIME_S)
        return {
            index: f"process {self._working[index]} {describe_exit(process.exitcode if process else None)}"
            for index, process in ended.items()
        }

    def _has_ended(self, index: int) -> bool:
        process = self._process_of(index)
        return index in self._working and (process is None or bool(wait([process.sentinel], 0)))

    def close(self) -> None:
        for result in self._results:
            result.wait(REAP_TIME_S)
        if all(result.ready() for result in self._results):
            self._pool.close()
        else:
            self._pool.terminate()  # close() would wait for ever for the work of a process that died
        self._pool.join()


BACKEND = Backend(
    name="process-pool",
    title="multiprocessing.Pool",
    explanation="multiprocessing.Pool: its processes are started once and take one piece of work after another.",
    uses_processes=True,
    start=ProcessPoolCrew,
    channel=ProcessChannel,
)

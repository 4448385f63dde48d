"""`concurrent.futures.ThreadPoolExecutor`: threads that are kept and handed one piece of work after another."""

import itertools
import threading
from concurrent.futures import ThreadPoolExecutor

from engine.backends.base import Backend, Crew, Job
from engine.backends.channel import ThreadChannel
from engine.backends.worker import execute, take_name


def _execute_in_pool(job: Job, index: int) -> None:
    execute(job.work, job.context_for(index, name=threading.current_thread().name))


class ThreadPoolCrew(Crew):
    def __init__(self, job: Job) -> None:
        super().__init__(job)
        numbers = itertools.count()
        self._pool = ThreadPoolExecutor(job.count, initializer=lambda: take_name(job.name(next(numbers))))
        for index in range(job.count):
            self._pool.submit(_execute_in_pool, job, index)

    def close(self) -> None:
        self._pool.shutdown()


BACKEND = Backend(
    name="thread-pool",
    title="Thread pool",
    explanation="ThreadPoolExecutor: its threads are started once and take one piece of work after another.",
    uses_processes=False,
    start=ThreadPoolCrew,
    channel=ThreadChannel,
)

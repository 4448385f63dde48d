"""One `threading.Thread` a worker."""

import threading

from engine.backends.base import Backend, Crew, Job
from engine.backends.channel import ThreadChannel
from engine.backends.worker import execute


class ThreadCrew(Crew):
    def __init__(self, job: Job) -> None:
        super().__init__(job)
        self._threads = [
            threading.Thread(target=execute, args=(job.work, job.context_for(index)), name=job.name(index))
            for index in range(job.count)
        ]
        for thread in self._threads:
            thread.start()

    def close(self) -> None:
        for thread in self._threads:
            thread.join()


BACKEND = Backend(
    name="threads",
    title="Threads",
    explanation="One thread a worker. They share all memory; with a GIL, one at a time runs Python code.",
    uses_processes=False,
    start=ThreadCrew,
    channel=ThreadChannel,
)

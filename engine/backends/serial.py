"""One after another in the main thread: the yardstick for everything that claims to be concurrent."""

from collections.abc import Callable

from engine.backends.base import Backend, Crew, Job
from engine.backends.worker import Context, Message, execute


class SerialCrew(Crew):
    def work_here(self, take: Callable[[Message], None]) -> None:
        job = self.job
        for index in range(job.count):
            context = Context(take, job.crew, index, job.count, job.name(index), job.shared)
            try:
                execute(job.work, context)
            except Exception:  # noqa: BLE001, PERF203, S112: execute has told the coordinator; the next piece is due
                continue


BACKEND = Backend(
    name="serial",
    title="Serial",
    explanation="One piece of work after another in the main thread. No concurrency: the yardstick for the others.",
    uses_processes=False,
    start=SerialCrew,
)

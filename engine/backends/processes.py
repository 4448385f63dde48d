"""One `multiprocessing.Process` a worker."""

from collections.abc import Collection

from engine.backends.base import Backend, Crew, Job, describe_exit
from engine.backends.channel import ProcessChannel
from engine.backends.worker import Context, Work, execute, take_name


def _execute_in_process(work: Work, context: Context) -> None:
    take_name(context.name)
    execute(work, context)


class ProcessCrew(Crew):
    def __init__(self, job: Job) -> None:
        super().__init__(job)
        self._processes = [
            job.context.Process(  # type: ignore[attr-defined]  # every concrete context has it
                target=_execute_in_process, args=(job.work, job.context_for(index)), name=job.name(index)
            )
            for index in range(job.count)
        ]
        for process in self._processes:
            process.start()

    def sentinels(self, unfinished: Collection[int]) -> list[int]:
        return [self._processes[index].sentinel for index in unfinished]

    def find_fallen(self, unfinished: Collection[int]) -> dict[int, str]:
        fallen = {}
        for index in unfinished:
            process = self._processes[index]
            if not process.is_alive():
                fallen[index] = f"process {process.pid} {describe_exit(process.exitcode)}"
        return fallen

    def close(self) -> None:
        for process in self._processes:
            process.join()


BACKEND = Backend(
    name="processes",
    title="Processes",
    explanation="One process a worker, with memory and a GIL of its own. What they exchange is copied.",
    uses_processes=True,
    start=ProcessCrew,
    channel=ProcessChannel,
)

"""One after another in the main thread: the yardstick for everything that claims to be concurrent."""

from collections.abc import Callable
from contextlib import suppress

from engine.backends.base import Backend, Crew
from engine.backends.channel import ThreadChannel
from engine.backends.worker import Message, execute


class SerialCrew(Crew):
    def work_here(self, take: Callable[[Message], None]) -> None:
        for index in range(self.job.count):
            with suppress(Exception):  # execute() tells the coordinator, and the next piece is due
                execute(self.job.work, self.job.context_for(index, send=take))


BACKEND = Backend(
    name="serial",
    title="Serial",
    explanation="One piece of work after another in the main thread. No concurrency: the yardstick for the others.",
    uses_processes=False,
    start=SerialCrew,
    channel=ThreadChannel,
)

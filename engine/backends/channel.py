"""The queue over which workers report to their coordinator, which only drains it, so that no worker waits for long."""

import queue
from collections.abc import Sequence
from multiprocessing.connection import wait
from multiprocessing.context import BaseContext
from typing import Protocol

from engine.backends.worker import Message
from engine.tasks.progress import Reporter

NAME = "workers' reports"  # what the queue is shown by


class Channel(Protocol):
    def send(self, message: Message) -> None:
        """Hands a message to the coordinator; for any thread, and any process the channel was given to."""

    def receive(self, sentinels: Sequence[int], timeout_s: float | None) -> Message | None:
        """The next message; None when there is none, and a process has ended (a sentinel is ready) or time is up."""

    def receive_nowait(self) -> Message | None:
        """The next message if there is one."""


class ThreadChannel:
    """Between threads: `queue.SimpleQueue`. A thread always reports its end, so there is nothing else to watch."""

    def __init__(self, context: BaseContext | None = None) -> None:  # noqa: ARG002 (as of any channel)
        self._reports: queue.SimpleQueue[Message] = queue.SimpleQueue()
        Reporter().name(self._reports, NAME)

    def send(self, message: Message) -> None:
        self._reports.put(message)

    def receive(self, sentinels: Sequence[int], timeout_s: float | None) -> Message | None:  # noqa: ARG002
        return self._reports.get()

    def receive_nowait(self) -> Message | None:
        try:
            return self._reports.get_nowait()
        except queue.Empty:
            return None


class ProcessChannel:
    """Between processes: `multiprocessing.SimpleQueue`.

    Unlike `Queue` it has no feeder thread, so what was put has been written when `put` returns: a worker that dies
    afterwards takes neither its last report nor the queue's lock with it.
    """

    def __init__(self, context: BaseContext) -> None:
        self._reports = context.SimpleQueue()
        Reporter().name(self._reports, NAME)

    def send(self, message: Message) -> None:
        self._reports.put(message)

    def receive(self, sentinels: Sequence[int], timeout_s: float | None) -> Message | None:
        if self._reports.empty():
            # A SimpleQueue has no public way to wait for it and for something else.
            wait([self._reports._reader, *sentinels], timeout_s)  # type: ignore[attr-defined]
        return self.receive_nowait()

    def receive_nowait(self) -> Message | None:
        return None if self._reports.empty() else self._reports.get()

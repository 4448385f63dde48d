"""`InterpreterPoolExecutor`: threads of one process, each with an interpreter and a GIL of its own. Python 3.14 on."""

import pickle
import threading
from collections.abc import Sequence
from importlib import import_module
from multiprocessing.context import BaseContext
from types import SimpleNamespace
from typing import Any

from engine.backends.base import Backend, Crew, Job
from engine.backends.worker import Context, Message, Work, execute, take_name

_entered = SimpleNamespace()  # in each sub-interpreter: what it was made for


class InterpreterChannel:
    """Between interpreters: a queue of `concurrent.interpreters`, which carries bytes from one to the other."""

    def __init__(self, context: BaseContext) -> None:  # noqa: ARG002 (as of any channel)
        self._reports = import_module("concurrent.interpreters").create_queue()

    def send(self, message: Message) -> None:
        self._reports.put(pickle.dumps(message))

    def receive(self, sentinels: Sequence[int], timeout_s: float | None) -> Message | None:  # noqa: ARG002
        message: Message = pickle.loads(self._reports.get())
        return message

    def receive_nowait(self) -> Message | None:
        return None if self._reports.empty() else self.receive((), None)


def _enter(work: Work, count: int, shared: Any, channel: InterpreterChannel, numbers: Any, entered: Any) -> None:
    """Initializer of a pool's interpreter: keeps what its job is, takes the next free number, and tells who has it."""
    number = numbers.get()
    vars(_entered).update(work=work, count=count, shared=shared, channel=channel, number=number)
    entered.put((threading.get_native_id(), number))


def _execute_entered(crew: int, index: int, prefix: str) -> None:
    job = _entered
    name = f"{prefix}-{job.number + 1}"
    take_name(name)  # this interpreter's own idea of the thread
    context = Context(job.channel.send, crew=crew, index=index, count=job.count, name=name, shared=job.shared)
    execute(job.work, context)


class InterpreterPoolCrew(Crew):
    def __init__(self, job: Job) -> None:
        super().__init__(job)
        interpreters, futures = import_module("concurrent.interpreters"), import_module("concurrent.futures")
        numbers = interpreters.create_queue()
        for number in range(job.count):
            numbers.put(number)
        self._entered = interpreters.create_queue()
        shared = job.work, job.count, job.shared, job.channel, numbers, self._entered
        self._pool = futures.InterpreterPoolExecutor(job.count, initializer=_enter, initargs=shared)
        for index in range(job.count):
            self._pool.submit(_execute_entered, job.crew, index, job.prefix)

    def started(self, index: int, pid: int) -> None:  # noqa: ARG002
        """Names the threads as their workers: they belong to the main interpreter, which knows them by other names."""
        while not self._entered.empty():
            native_id, number = self._entered.get()
            for thread in threading.enumerate():
                if thread.native_id == native_id:
                    thread.name = self.job.name(number)

    def close(self) -> None:
        self._pool.shutdown()


BACKEND = Backend(
    name="sub-interpreters",
    title="Sub-interpreters",
    explanation="InterpreterPoolExecutor: threads of one process, each with an interpreter and a GIL of its own.",
    uses_processes=False,
    start=InterpreterPoolCrew,
    channel=InterpreterChannel,
    oldest=(3, 14),
    shares_locks=False,
)

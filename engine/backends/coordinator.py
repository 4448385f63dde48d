"""The coordinator (the main thread): starts crews, hands what workers report to the Reporter, notices the dead."""

import multiprocessing
from collections.abc import Sequence
from typing import Any

from engine.backends.base import Backend, Crew, Job, Outcome, WorkerError
from engine.backends.channel import Channel
from engine.backends.worker import Message, Work
from engine.tasks.progress import Reporter

RESULT_LENGTH = 200  # characters of a result that the worker table shows


def run(
    backend: Backend, work: Work, count: int, reporter: Reporter, *, shared: Any = None, start_method: str | None = None
) -> Outcome:
    """Runs `work` in `count` workers and returns when all have ended, in whatever way."""
    context = multiprocessing.get_context(start_method)
    channel = backend.channel(context)
    crew = backend.start(Job(work, count, channel, context, shared))
    return coordinate([crew], channel, reporter)[0]


def coordinate(crews: Sequence[Crew], channel: Channel, reporter: Reporter) -> list[Outcome]:
    """Collects until every worker of every crew has ended; one outcome a crew. `crews[i].job.crew` must be i."""
    return _Coordinator(crews, channel, reporter).collect()


class _Coordinator:
    def __init__(self, crews: Sequence[Crew], channel: Channel, reporter: Reporter) -> None:
        self._crews = crews
        self._channel = channel
        self._reporter = reporter
        self._outcomes = [Outcome([None] * crew.job.count) for crew in crews]
        self._open = [dict.fromkeys(range(crew.job.count)) for crew in crews]
        self._workers: dict[tuple[int, int], str] = {}  # who does which piece of which crew
        self._last: dict[str, Message] = {}
        self._errors: dict[str, str] = {}  # by worker: one of a pool may go on to another piece of work

    def collect(self) -> list[Outcome]:
        for crew in self._crews:
            crew.work_here(self._take_between)
        while any(self._open):
            pairs = list(zip(self._crews, self._open, strict=True))
            sentinels = [handle for crew, unfinished in pairs for handle in crew.sentinels(unfinished)]
            patrols = [crew.patrol_s for crew, unfinished in pairs if unfinished and crew.patrol_s]
            message = self._channel.receive(sentinels, min(patrols, default=None))
            if message is not None:
                self._take(message)
            else:
                self._bury()
        for crew in self._crews:
            crew.close()
        return self._outcomes

    def _take_between(self, message: Message) -> None:
        """For work in this very thread: takes its message and whatever else has arrived meanwhile."""
        self._take(message)
        while (other := self._channel.receive_nowait()) is not None:
            self._take(other)

    def _take(self, message: Message) -> None:
        if message.piece not in self._open[message.crew]:
            return  # given up meanwhile: its pool broke
        if message.kind == "start":
            self._workers[message.crew, message.piece] = message.worker
            self._crews[message.crew].started(message.piece, message.pid)
            if message.worker not in self._last:
                self._report(message)
        elif message.kind == "progress":
            self._last[message.worker] = message
            self._report(message)
        elif message.kind == "result":
            self._outcomes[message.crew].results[message.piece] = message.value
            self._open[message.crew].pop(message.piece, None)
            result = message.text or ("" if message.value is None else str(message.value))
            self._report(message, result=result[:RESULT_LENGTH])
        elif message.kind == "abort":
            self._outcomes[message.crew].interrupted = True
            self._open[message.crew].pop(message.piece, None)
        else:
            self._fail(message.crew, message.piece, WorkerError(message.worker, message.text, message.value or ""))

    def _bury(self) -> None:
        for number, crew in enumerate(self._crews):
            for index, reason in crew.find_fallen(tuple(self._open[number])).items():
                self._fail(number, index, WorkerError(self._workers.get((number, index), crew.job.name(index)), reason))

    def _fail(self, crew: int, index: int, error: WorkerError) -> None:
        self._outcomes[crew].errors.append(error)
        self._open[crew].pop(index, None)
        self._errors[error.worker] = error.message
        self._report(Message("error", crew, index, error.worker, 0))

    def _report(self, message: Message, result: str = "") -> None:
        last = message if message.kind == "progress" else self._last.get(message.worker, message)
        self._reporter.progress(
            message.worker,
            label=last.label,
            done=last.done,
            total=last.total,
            items=last.items,
            result=result,
            error=self._errors.get(message.worker, ""),
        )

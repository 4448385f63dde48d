"""A worker's side of a backend: what it is given, and what it tells its coordinator."""

import contextlib
import os
import sys
import threading
import time
import traceback
from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any, NamedTuple

from engine.tasks.progress import Reporter

PROGRESS_PER_S = 50  # more than that, nobody can see
PROGRESS_AT_ONCE = 64  # so many may come in quick succession: a worker of few steps has every one of them told
INTERRUPTED = 130  # exit status, as a shell gives it after Ctrl-C


class Message(NamedTuple):
    """From a worker to its coordinator. `kind`: "start" | "progress" | "result" | "error" | "abort"."""

    kind: str
    crew: int  # number of the crew within the run
    piece: int  # number of the piece of work within the crew
    worker: str
    pid: int
    label: str = ""
    done: int = 0
    total: int | None = None
    items: int = 0
    value: Any = None  # "result": what the work returned; "error": the traceback's text
    text: str = ""  # "error": the exception in one line; "result": the result in words, if the worker has any


class Context:
    """What a piece of work is given: who it is, what it shares with the others, and a way to report."""

    def __init__(
        self, send: Callable[[Message], None], *, crew: int, index: int, count: int, name: str, shared: Any
    ) -> None:
        self.index = index  # from 0
        self.count = count  # pieces of work in all
        self.name = name  # worker-1 … worker-N
        self.shared = shared  # locks, queues, settings: whatever the scenario handed over
        self._send = send
        self._crew = crew
        self._allowance = float(PROGRESS_AT_ONCE)
        self._last_call = time.monotonic()
        self._last_label = ""
        self._withheld: dict[str, Any] | None = None
        self.conclusion = ""

    def progress(self, done: int, total: int | None = None, *, label: str = "", items: int = 0) -> None:
        """Reports `done` of `total` steps. Of a long quick succession of calls some are withheld.

        Never withheld are the last step and a new `label`: short words for what the worker is about. The next call
        makes up for what is withheld, or the end of the work.
        """
        now = time.monotonic()
        self._allowance = min(self._allowance + (now - self._last_call) * PROGRESS_PER_S, float(PROGRESS_AT_ONCE))
        self._last_call = now
        details = {"label": label, "done": done, "total": total, "items": items}
        if self._allowance < 1 and done != total and label == self._last_label:
            self._withheld = details
            return
        self._allowance = max(self._allowance - 1, 0.0)
        self._last_label, self._withheld = label, None
        self.send("progress", **details)

    def conclude(self, text: str) -> None:
        """Says the result in a few words, for people. Without it they are shown what the work returns."""
        self.conclusion = text

    def catch_up(self) -> None:
        """Reports what was withheld, if anything."""
        if self._withheld is not None:
            self.send("progress", **self._withheld)
            self._withheld = None

    def say(self, text: str) -> None:
        """Prints one line, with the worker's name before it."""
        sys.stdout.write(f"{self.name}: {text}\n")  # in one piece: print() writes the line's end separately
        sys.stdout.flush()

    def task(self, name: str) -> AbstractContextManager[Any]:
        """Names a piece of the work, for the `with` block, on the timeline."""
        return Reporter().task(name)

    def send(self, kind: str, **details: Any) -> None:
        self._send(Message(kind, self._crew, self.index, self.name, os.getpid(), **details))


Work = Callable[[Context], Any]


def execute(work: Work, context: Context) -> None:
    """Does one piece of work and tells the coordinator how it ended. What the work raises is told, and raised on.

    To be interrupted is no failure: whoever runs the program wanted it to end, and nothing is printed about it.
    """
    context.send("start")
    try:
        value = work(context)
        context.catch_up()
        context.send("result", value=value, text=context.conclusion)
    except BaseException as error:
        with contextlib.suppress(OSError):  # the coordinator may be gone by now
            context.catch_up()
        if isinstance(error, KeyboardInterrupt) or (isinstance(error, SystemExit) and error.code is None):
            with contextlib.suppress(OSError):
                context.send("abort")
            raise SystemExit(INTERRUPTED) from None
        line = traceback.format_exception_only(error)[-1].strip()
        inner = error.__traceback__ and error.__traceback__.tb_next  # without this function's own frame
        context.send("error", text=line, value="".join(traceback.format_exception(type(error), error, inner)))
        raise


def take_name(name: str) -> None:
    """Calls the current thread `name`: that is how its lane is labelled, also in a process of its own."""
    threading.current_thread().name = name

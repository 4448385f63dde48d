"""Ends a program step by step: it is asked, then told, then killed, and within two seconds nothing of it is left."""

import os
import signal
import time
from typing import Literal

import psutil  # type: ignore[import-untyped, unused-ignore]

from engine.recorder import tree
from engine.recorder.tracing import Tracing

EndedBy = Literal["deadlock", "time limit", "stop"]

TERMINATE_S = 0.6  # after the request
KILL_S = 1.0


class Ending:
    """Call `step` every cycle once `begin` has been called."""

    def __init__(self, tracing: Tracing, root_pid: int) -> None:
        self._tracing = tracing
        self._root_pid = root_pid
        self._began = 0.0
        self._step = 0
        self.reason: EndedBy | None = None

    def begin(self, reason: EndedBy, *, at_once: bool = False) -> None:
        """Asks: threads in contended waits give up, the program gets what Ctrl-C sends. `at_once` kills."""
        if self.reason is None:
            self.reason = reason
            self._began = time.monotonic()
            if not at_once:
                self._tracing.abort()
                tree.send([process for process in self._alive() if process.pid == self._root_pid], signal.SIGINT)
        if at_once and self._step < 2:
            self._kill()

    def step(self) -> None:
        """The next measure when it is due; new processes are asked to give up too."""
        if self.reason is None or self._step >= 2:
            return
        self._tracing.abort()
        passed = time.monotonic() - self._began
        if passed > KILL_S:
            self._kill()
        elif passed > TERMINATE_S and self._step == 0:
            self._step = 1
            alive = self._alive()
            tree.send(alive, signal.SIGTERM)
            tree.send(alive, signal.SIGCONT)  # who is stopped would not hear of it

    def _kill(self) -> None:
        self._step = 2
        self._tracing.statuses.update(tree.kill(tree.descendants))

    @staticmethod
    def _alive() -> list[psutil.Process]:
        return [process for process in tree.descendants(os.getpid()) if not tree.is_resource_tracker(process)]

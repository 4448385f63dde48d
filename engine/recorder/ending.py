"""Ends a program step by step: it is asked, then told, then killed, and within two seconds nothing of it is left."""

import signal
import time
from collections.abc import Callable
from typing import Literal

from engine.recorder import killing, tree
from engine.recorder.tracing import Tracing

EndedBy = Literal["deadlock", "time limit", "stop"]

TERMINATE_S = 0.6  # after the request
KILL_S = 1.0
CROWD = 100  # processes, of which more than GROWTH are new since the request: such a crowd is killed at once
GROWTH = 20


class Ending:
    """Call `step` every cycle once `begin` has been called. `on_empty` is called when a kill has left nobody."""

    def __init__(self, tracing: Tracing, root_pid: int, on_empty: Callable[[], None]) -> None:
        self._tracing = tracing
        self._root_pid = root_pid
        self._on_empty = on_empty
        self._began = 0.0
        self._step = 0
        self._first: set[int] = set()  # who was there when it began
        self.reason: EndedBy | None = None

    def begin(self, reason: EndedBy, *, at_once: bool = False) -> None:
        """Asks: threads in contended waits give up, the program gets what Ctrl-C sends. `at_once` kills."""
        if self.reason is None:
            self.reason = reason
            self._began = time.monotonic()
            if not at_once:
                self._tracing.abort()
                tree.send([self._root_pid], signal.SIGINT)
                self._first = set(tree.descendants())
        if at_once and self._step < 2:
            self._kill()

    def hasten(self) -> None:
        """Kills a crowd at once; for a signal handler, at any time: a cycle may take too long to be waited for."""
        if self.reason is None and len(tree.descendants()) > CROWD:
            self.begin("stop", at_once=True)

    def step(self) -> None:
        """The next measure when it is due; new processes are asked to give up too."""
        if self.reason is None:
            return
        passed = time.monotonic() - self._began
        alive = tree.descendants()
        grows = len(alive) > CROWD and len(set(alive) - self._first) > GROWTH
        if self._step == 2 or passed > KILL_S or grows:
            self._kill()
            return
        self._tracing.abort()
        if passed > TERMINATE_S and self._step == 0:
            self._step = 1
            alive = [pid for pid in alive if not tree.is_resource_tracker(pid)]
            tree.send(alive, signal.SIGTERM)
            tree.send(alive, signal.SIGCONT)  # who is stopped would not hear of it

    def _kill(self) -> None:
        self._step = 2
        self._tracing.statuses.update(killing.kill())
        if not tree.descendants():
            self._on_empty()

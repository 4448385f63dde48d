"""Ends a program step by step: it is asked, then told, then killed, and within two seconds nothing of it is left.

Of waits only those for locks can be asked: see docs/stop.md.
"""

import signal
import time
from typing import Literal

from engine.recorder.processes import killing, tree
from engine.recorder.processes.half_made import HalfMade
from engine.recorder.processes.warden import Warden
from engine.recorder.tracing import Tracing

EndedBy = Literal["deadlock", "time limit", "stop"]

TERMINATE_S = 0.6  # after the request; for the last measure, see the warden
STAND_STILL_S = 0.1  # so long at most they are held for that


class Ending:
    """Call `step` every cycle once `begin` has been called. What asking does not end is the warden's."""

    def __init__(self, tracing: Tracing, root_pid: int, warden: Warden) -> None:
        self._tracing = tracing
        self._root_pid = root_pid
        self._warden = warden
        self._began = 0.0
        self._told = False
        self.reason: EndedBy | None = None
        self.half_made: set[HalfMade] = set()  # by those who may have died of being told

    def begin(self, reason: EndedBy, *, at_once: bool = False) -> None:
        """Asks: threads in contended waits give up, the program gets what Ctrl-C sends. `at_once` kills."""
        if self.reason is None or at_once:
            self._warden.end(at_once=at_once)
        if self.reason is None:
            self._began = time.monotonic()
            self.reason = reason
            if not at_once and self._root_pid not in self._tracing.statuses:
                self._tracing.abort()
                tree.send([self._root_pid], signal.SIGINT)

    def step(self) -> None:
        """The next measure when it is due; new processes are asked to give up too."""
        if self.reason is None:
            return
        self._tracing.abort()
        if time.monotonic() - self._began > TERMINATE_S and not self._told:
            self._told = True
            self.half_made = killing.terminate(tree.own, STAND_STILL_S)

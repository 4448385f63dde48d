"""Ends a program step by step: it is asked, then told, then killed, and within two seconds nothing of it is left."""

import signal
import threading
import time
from collections.abc import Callable
from typing import Literal

from engine.recorder import killing, tree
from engine.recorder.control import Channel
from engine.recorder.tracing import Tracing

EndedBy = Literal["deadlock", "time limit", "stop"]

TERMINATE_S = 0.6  # after the request
KILL_S = 1.0
CROWD = 100  # processes, of which more than GROWTH are new since the request: such a crowd is killed at once
GROWTH = 20
_GUARD_S = 0.1


class Ending:
    """Call `step` every cycle once `begin` has been called; `on_empty` is called when a kill has left nobody."""

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
            self._began = time.monotonic()
            self._first = set(tree.descendants())
            self.reason = reason
            if not at_once:
                self._tracing.abort()
                tree.send([self._root_pid], signal.SIGINT)
        if at_once and self._step < 2:
            self._kill()

    def step(self) -> None:
        """The next measure when it is due; new processes are asked to give up too."""
        if self.reason is None or self.kill_if_due():
            return
        self._tracing.abort()
        if time.monotonic() - self._began > TERMINATE_S and self._step == 0:
            self._step = 1
            alive = [pid for pid in tree.descendants() if not tree.is_resource_tracker(pid)]
            tree.send(alive, signal.SIGTERM)
            tree.send(alive, signal.SIGCONT)  # who is stopped would not hear of it

    def kill_if_due(self) -> bool:
        """The last measure alone, from any thread."""
        alive = tree.descendants()
        grows = len(alive) > CROWD and len(set(alive) - self._first) > GROWTH
        due = self._step == 2 or grows or time.monotonic() - self._began > KILL_S
        if due:
            self._kill()
        return due

    def _kill(self) -> None:
        self._step = 2
        self._tracing.statuses.update(killing.kill())
        if not tree.descendants():
            self._on_empty()


class Guard:
    """Kills in time what has become so large that the recorder's cycles take seconds.

    A thread of its own, for the system may hold up the recorder anywhere: to read a folder or a process's memory it
    waits for whoever changes them, and in a crowd that one has no processor.
    """

    def __init__(self, control: Channel, ending: Ending) -> None:
        self._control = control
        self._ending = ending
        self._over = threading.Event()
        threading.Thread(target=self._run, name="guard", daemon=True).start()

    def close(self) -> None:
        """Nothing is left to guard against."""
        self._over.set()

    def _run(self) -> None:
        killing.put_first(0)
        while not self._over.wait(_GUARD_S):
            if self._ending.reason is not None:
                self._ending.kill_if_due()
            elif self._control.has_news() and len(tree.descendants()) > CROWD:  # the only news is: stop
                self._ending.begin("stop", at_once=True)

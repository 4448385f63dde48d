"""Kills the program in time once it is to end, whatever holds up the recorder.

A process of its own, in a session of its own: in a crowd of busy processes a recorder gets hardly any processor, and to
read a folder or a process's memory it waits for whoever changes them, who gets none either. What the session says comes
to the recorder by way of the warden, so that a stop is known here however late the recorder reads it. The warden sleeps
until then; it ends with the recorder, and a recorder whose warden is gone takes it as the end of its session.
"""

import os
import select
import signal
import socket
import sys
import time
import traceback
from pathlib import Path

from engine.recorder.control import Channel
from engine.recorder.processes import killing, run_folder, tree

KILL_S = 1.0  # after the request
GROWTH = 50  # processes that start after the request: who goes on so is killed at once,
CROWD = 100  # and so is a crowd of so many processes
RUNNABLE = 25  # when so many threads want each processor: whom we ask would not hear of it in time
_LOOK_S = 0.1
_STRAGGLE_S = 0.02  # between two kills


class Warden:
    """The recorder's end. OSError when there is room for no process more."""

    def __init__(self, control: Channel, folder: Path) -> None:
        """To be called before this process has threads; `control` reads by way of the warden afterwards.

        `folder`: of the run, where traced processes have their rings.
        """
        ours, theirs = socket.socketpair()
        recorder = os.getpid()
        pid = os.fork()
        if pid == 0:
            status = 1
            try:
                ours.close()
                os.setsid()
                tree.set_aside(os.getpid())
                _Watch(control, Channel(theirs), recorder, folder).run()
                status = 0
            finally:
                if status:
                    traceback.print_exc()
                    sys.stderr.flush()
                os._exit(status)  # beyond is the recorder's code, which is not to run twice
        theirs.close()
        tree.set_aside(pid)
        control.read_from(ours)
        self._relay = Channel(ours)

    def end(self, *, at_once: bool = False) -> None:
        """The program is to end: it is killed when its time is over."""
        self._relay.send({"command": "kill" if at_once else "stop"})


class _Watch:
    """The warden's process."""

    def __init__(self, session: Channel, relay: Channel, recorder: int, folder: Path) -> None:
        self._session = session
        self._relay = relay
        self._folder = folder
        self._recorder = recorder
        self._find = tree.below(recorder)
        self._began: float | None = None  # when the program was told to end
        self._at_once = False
        self._over = False  # nobody is left
        self._first = 0  # so many were there when it began
        self._seen: set[int] = set()

    def run(self) -> None:
        """Until the recorder is gone."""
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, signal.SIG_IGN)  # for the recorder, which ends the program then
        killing.put_first(0)
        self._hear_session()  # what came together with the request
        poller = select.poll()
        poller.register(self._session, select.POLLIN)
        poller.register(self._relay, select.POLLIN)
        while not self._relay.closed:
            ready = {descriptor for descriptor, _ in poller.poll(self._pause_ms())}
            if self._session.fileno() in ready:
                self._hear_session()
                if self._session.closed:
                    poller.unregister(self._session)
            if self._relay.fileno() in ready:
                for message in self._relay.receive():
                    self._take(message["command"])
            if self._began is not None and not self._over:
                self._kill_if_due(self._began)

    def _pause_ms(self) -> float | None:
        if self._began is None or self._over:
            return None
        due = self._began + KILL_S - time.monotonic()
        return 1000 * (min(due, _LOOK_S) if due > 0 else _STRAGGLE_S)

    def _hear_session(self) -> None:
        """Passes on what it says; its end means stop."""
        for message in self._session.receive():
            self._relay.send(message)  # before anything is done: the recorder is to know who has ended the program
            self._take(message.get("command"))
        if self._session.closed:
            self._relay.send({"command": "stop"})
            self._take("stop")

    def _take(self, command: str | None) -> None:
        if command not in {"stop", "kill"}:
            return
        self._at_once |= command == "kill"
        self._over = False  # the recorder says it too, once the program is started
        if self._began is None:
            self._began = time.monotonic()
            self._judge(first=True)

    def _kill_if_due(self, began: float) -> None:
        if self._at_once or time.monotonic() - began > KILL_S:
            self._kill(None)
        else:
            self._judge(first=False)

    def _judge(self, *, first: bool) -> None:
        """Whether to wait for those who are asked."""
        starving = tree.runnable() > RUNNABLE * (os.cpu_count() or 1)
        held = self._hold_crowd() if starving else set()
        table = tree.read_table()
        found = set(self._find(table))
        self._seen |= found
        if first:
            self._first = len(found)
        self._at_once |= len(self._seen) - self._first > GROWTH or (starving and len(found) > CROWD)
        tree.send(held - found if self._at_once else held, signal.SIGCONT)
        if self._at_once:
            self._kill(table)
        elif not found:
            self._tell()

    def _hold_crowd(self) -> set[int]:
        """Stops a crowd of traced processes, as far as their files tell: in a hundredth of the time of a look."""
        pids = run_folder.traced_pids(self._folder)
        if len(pids) <= CROWD:
            return set()
        tree.send(pids, signal.SIGSTOP)
        return pids

    def _kill(self, table: tree.Table | None) -> None:
        killing.kill_below(self._recorder, table=table)
        if not self._find(tree.read_table()):
            self._tell()

    def _tell(self) -> None:
        self._over = True
        self._session.send({"gone": True})

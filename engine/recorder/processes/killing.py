"""Kills a whole tree of processes, however fast they start new ones.

Killing them one by one would be a race: who is not yet killed starts others meanwhile. So all of them are made to stand
still first. A signal to a process group is sure to reach everybody in it: Linux lets no fork of a member go on that the
signal did not reach too (`copy_process` in kernel/fork.c), so a group is stopped by one call, whatever its size.
Members that left their group are stopped one by one, look by look: each look leaves fewer who could start others, until
two looks in a row find the same processes and all of them stand still. Only then is anybody killed. Who starts another
and ends before a look reaches it is caught as what it is: the newest process of the system, an orphan.
"""

import contextlib
import os
import signal
import time
from collections.abc import Collection, Iterator
from pathlib import Path

from engine.recorder.processes import half_made, tree
from engine.recorder.processes.half_made import HalfMade
from engine.recorder.processes.tree import Find, Table

WITHIN_S = 0.9
_LOOK_S = 0.005  # between looks while the killed go
_GLANCES = 50  # at the newest processes, while each finds more; a glance costs a tenth of a look


def kill_below(pid: int, within_s: float = WITHIN_S, table: Table | None = None) -> None:
    """Kills everything below that process, which gets the orphans there and waits for its children itself.

    `table`: of just now, where there is one; in a crowd that leaves us no processor each look takes long.
    """
    _Killing(tree.below(pid), pid).run(within_s, table)


def kill(find: Find, within_s: float = WITHIN_S) -> None:
    """Kills all that `find` finds."""
    _Killing(find, None).run(within_s, None)


def terminate(find: Find, within_s: float) -> set[HalfMade]:
    """Tells all that `find` finds to end, while they stand still, who may have been stopped by others too.

    Returns what those leave half made who die of it.
    """
    return _Killing(find, None).terminate(within_s)


def kill_started_under(folder: Path, leader: int | None = None) -> None:
    """Ends all of a run whose recorder is dead."""
    kill(tree.started_under(folder, leader), within_s=3.0)


class _Killing:
    """Of all that `find` finds. `subreaper`: who gets their orphans."""

    def __init__(self, find: Find, subreaper: int | None) -> None:
        self._find = find
        self._subreaper = subreaper
        self._stopped: set[int] = set()
        self._asked: set[int] = set()  # whether they are trackers
        self._trackers: set[int] = set()  # resource trackers: they clean up after the others and end by themselves
        self._half_made: set[HalfMade] = set()

    def run(self, within_s: float, table: Table | None) -> None:
        """Gives up after that time."""
        try:
            self._run(within_s, table)
        finally:
            half_made.remove(self._half_made)

    def terminate(self, within_s: float) -> set[HalfMade]:
        """Sends SIGTERM to those who stand still by then, and lets them hear of it."""
        found = self._stand_still(time.monotonic() + within_s, None)
        made = half_made.find(found)
        tree.send(found - self._trackers, signal.SIGTERM)
        tree.send(found | self._stopped, signal.SIGCONT)
        return made

    def _run(self, within_s: float, table: Table | None) -> None:
        deadline = time.monotonic() + within_s
        patience = deadline - within_s / 2
        with _first_in_line():
            while True:
                found = self._stand_still(patience, table)
                self._half_made |= half_made.find(found)
                tree.send(found - self._trackers, signal.SIGKILL)
                if found <= self._trackers and time.monotonic() > patience:
                    tree.send(found, signal.SIGKILL)
                if time.monotonic() > deadline or not (found or self._stop_orphans()):
                    return
                table = None
                time.sleep(_LOOK_S)

    def _stand_still(self, deadline: float, table: Table | None) -> set[int]:
        """Stops all but the trackers, by the deadline at the latest; returns who is still there."""
        while True:
            table = table or tree.read_table()
            found = set(self._find(table))
            new = found - self._stopped
            if new:
                _stop_groups(table, found, new)
                tree.send(new, signal.SIGSTOP)
                self._stopped |= new
            moving = self._stop_orphans() or bool(new)
            late = time.monotonic() > deadline
            if late or (not moving and all(table[pid].stands_still for pid in found - self._trackers)):
                break
            if not moving:
                time.sleep(_LOOK_S / 5)  # who was told to stop needs a processor to do so
            table = None
        # Asked only now: to read a process's arguments is to wait for its fork, if it is just forking.
        trackers = {pid for pid in found - self._asked if tree.is_resource_tracker(pid)}
        self._asked |= found
        tree.send(trackers, signal.SIGCONT)
        self._trackers |= trackers
        return found

    def _stop_orphans(self) -> bool:
        """Stops those among the newest processes that no look has found; whether there were any."""
        if self._subreaper is None:
            return False
        before = len(self._stopped)
        for _ in range(_GLANCES):
            new = {
                pid
                for pid, entry in tree.read_newest().items()
                if entry.parent == self._subreaper or entry.parent in self._stopped
            }
            new -= self._stopped
            if not new:
                break
            tree.send(new, signal.SIGSTOP)
            self._stopped |= new
        return len(self._stopped) > before


def _stop_groups(table: Table, found: Collection[int], new: Collection[int]) -> None:
    """Stops the groups of the new ones, unless anybody else is in them: this process, or who shares a terminal."""
    groups = {table[pid].group for pid in new}
    strangers = {entry.group for pid, entry in table.items() if pid not in found}
    for group in groups - strangers - {0, 1, os.getpgrp()}:
        with contextlib.suppress(OSError):
            os.killpg(group, signal.SIGSTOP)


def put_first(pid: int) -> None:
    """Puts that process before all others, where the system lets us: a crowd may leave it no processor."""
    with contextlib.suppress(OSError, AttributeError):
        os.sched_setscheduler(pid, os.SCHED_RR, os.sched_param(1))


@contextlib.contextmanager
def _first_in_line() -> Iterator[None]:
    """Puts this process before all others meanwhile."""
    former = None
    with contextlib.suppress(OSError, AttributeError):
        former = os.sched_getscheduler(0), os.sched_getparam(0)
    put_first(0)
    try:
        yield
    finally:
        if former is not None:
            with contextlib.suppress(OSError):
                os.sched_setscheduler(0, *former)

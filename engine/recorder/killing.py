"""Kills a whole tree of processes, however fast they start new ones.

Killing them one by one would be a race: who is not yet killed starts others meanwhile. So all of them are made to stand
still first. A signal to a process group is sure to reach everybody in it: Linux lets no fork of a member go on that the
signal did not reach too (`copy_process` in kernel/fork.c), so a group is stopped by one call, whatever its size.
Members that left their group are stopped one by one, look by look: each look leaves fewer who could start others, until
two looks in a row find the same processes and all of them stand still. Only then is anybody killed.
"""

import contextlib
import os
import signal
import time
from collections.abc import Collection, Iterator
from pathlib import Path

from engine.recorder import tree
from engine.recorder.tree import Find, Table

WITHIN_S = 0.9
_LOOK_S = 0.005  # between looks while the killed go


def kill(find: Find = tree.own, within_s: float = WITHIN_S, *, reap_children: bool = True) -> dict[int, int]:
    """Kills all that `find` finds; resource trackers last, who clean up after the others. Returns as `tree.reap`."""
    ended: dict[int, int] = {}
    stopped: set[int] = set()
    trackers: set[int] = set()
    deadline = time.monotonic() + within_s
    patience = deadline - within_s / 2
    with _first_in_line():
        while found := _stand_still(find, stopped, trackers, patience):
            tree.send(found - trackers, signal.SIGKILL)
            if found <= trackers and time.monotonic() > patience:
                tree.send(found, signal.SIGKILL)
            if reap_children:
                ended.update(tree.reap())
            if time.monotonic() > deadline:
                break
            time.sleep(_LOOK_S)
    if reap_children:
        ended.update(tree.reap())
    return ended


def kill_started_under(folder: Path, leader: int | None = None) -> None:
    """Ends all of a run whose recorder is dead."""
    kill(tree.started_under(folder, leader), within_s=3.0, reap_children=False)


def _stand_still(find: Find, stopped: set[int], trackers: set[int], deadline: float) -> set[int]:
    """Stops all but the trackers, by the deadline at the latest; adds to both sets and returns who is still there."""
    while True:
        table = tree.read_table()
        found = set(find(table))
        new = found - stopped
        if new:
            _stop_groups(table, found, new)
            tree.send(new, signal.SIGSTOP)
            stopped |= new
            started = {pid for pid in new if tree.is_resource_tracker(pid)}
            tree.send(started, signal.SIGCONT)
            trackers |= started
        late = time.monotonic() > deadline
        if late or (not new and all(table[pid].stands_still for pid in found - trackers)):
            return found
        if not new:
            time.sleep(_LOOK_S / 5)  # who was told to stop needs a processor to do so


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

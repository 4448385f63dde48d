"""Threads that sleep until another thread of their process wakes them, for what no cell tells of (Linux).

So do the idle workers of a pool that the standard library has made for itself, as asyncio does for `to_thread`. One
counts once it has slept from one look to the next without having run in between. Only a process all of whose threads
wait or sleep so is looked through: in any other there is somebody who goes on.
"""

from typing import NamedTuple

import numpy as np

from engine.model.wait_for import Node
from engine.recorder.deadlocks.full_pipes import MANY, SOON_NS
from engine.recorder.deadlocks.outsiders import sleeps_for_good
from engine.recorder.deadlocks.snapshot import SETTLED_NS, Snapshot
from engine.recorder.definitions.registry import TracedProcess, has_ended, main_thread
from engine.recorder.sampling.system_accounts import context_switches
from engine.tracer import layout


class _Sleep(NamedTuple):
    """A thread's, since it was in the wait with this serial last; `lasts`: it did so at two looks."""

    serial: int
    switches: tuple[int, int]
    lasts: bool = False


class Sleepers:
    """Call `mark` with every snapshot, after the waits that no cell tells of have been marked."""

    def __init__(self) -> None:
        self._sleeps: dict[Node, _Sleep] = {}
        self._due_ns = 0

    def ask_anew(self) -> None:
        """With the next snapshot."""
        self._due_ns = 0

    def mark(self, snapshot: Snapshot, now_ns: int) -> None:
        """Looks, if it is time, and tells the snapshot who sleeps."""
        silent = [(process, _silent(process, words)) for process, words in snapshot.cells]
        serials = {(process.number, thread): serial for process, of_it in silent for thread, serial in of_it.items()}
        if now_ns >= self._due_ns:
            self._sleeps = {node: sleep for process, of_it in silent for node, sleep in self._look(process, of_it)}
            is_settled = any(sleep.lasts for sleep in self._sleeps.values())
            asked = max(len(self._sleeps), sum(map(bool, (of_it for _, of_it in silent))))
            self._due_ns = now_ns + (SOON_NS if is_settled else SETTLED_NS) + SOON_NS * (asked // MANY)
        snapshot.sleepers = frozenset(
            node for node, sleep in self._sleeps.items() if sleep.lasts and serials.get(node) == sleep.serial
        )

    def _look(self, process: TracedProcess, silent: dict[int, int]) -> list[tuple[Node, _Sleep]]:
        found = []
        for thread, serial in silent.items():
            node, native_id = (process.number, thread), process.lanes[thread].native_id
            if thread == main_thread(process) or not sleeps_for_good(process.pid, str(native_id)):
                return []
            now, then = _Sleep(serial, context_switches(process.pid, native_id)), self._sleeps.get(node)
            lasts = then is not None and (then.serial, then.switches) == (now.serial, now.switches)
            found.append((node, now._replace(lasts=lasts)))
        return found


def _silent(process: TracedProcess, words: np.ndarray) -> dict[int, int]:
    """Its threads whose cells tell of no wait, with the serial of their last one."""
    chosen = words[words[:, layout.CELL_WAIT_SERIAL] & np.uint64(1) == 0]
    cells = chosen[:, [layout.CELL_THREAD, layout.CELL_WAIT_SERIAL]].tolist()
    return {thread: serial for thread, serial in cells if thread in process.lanes and not has_ended(process, thread)}

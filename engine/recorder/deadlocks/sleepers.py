"""Threads that sleep until another thread of their process wakes them, for what no cell tells of (Linux).

So do the idle workers of a pool that the standard library has made for itself, as asyncio does for `to_thread`. One
counts once it has slept from one look to the next without having run in between. Only a process all of whose threads
wait or sleep so is looked through: in any other there is somebody who goes on.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

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
        if now_ns >= self._due_ns:
            self._sleeps = {
                node: sleep for process, words in snapshot.cells for node, sleep in self._look(process, words)
            }
            is_settled = any(sleep.lasts for sleep in self._sleeps.values())
            asked = max(len(self._sleeps), len(snapshot.cells))
            self._due_ns = now_ns + (SOON_NS if is_settled else SETTLED_NS) + SOON_NS * (asked // MANY)
        lasting = {node: sleep.serial for node, sleep in self._sleeps.items() if sleep.lasts}
        serials = snapshot.wait_serials() if lasting else {}
        snapshot.sleepers = frozenset(node for node, serial in lasting.items() if serials.get(node) == serial)

    def _look(self, process: TracedProcess, words: NDArray[np.uint64]) -> list[tuple[Node, _Sleep]]:
        silent = words[words[:, layout.CELL_WAIT_SERIAL] & np.uint64(1) == 0]
        if (silent[:, layout.CELL_THREAD] == np.uint64(main_thread(process))).any():
            return []  # it may be running, and signals may wake it
        found = []
        for thread, serial in silent[:, [layout.CELL_THREAD, layout.CELL_WAIT_SERIAL]].tolist():
            if has_ended(process, thread):
                continue
            if thread not in process.lanes:
                return []
            node, native_id = (process.number, thread), process.lanes[thread].native_id
            if not sleeps_for_good(process.pid, str(native_id)):
                return []
            now, then = _Sleep(serial, context_switches(process.pid, native_id)), self._sleeps.get(node)
            lasts = then is not None and (then.serial, then.switches) == (now.serial, now.switches)
            found.append((node, now._replace(lasts=lasts)))
        return found

"""Main threads that wait at a pipe where no cell tells it, as `Popen.stdout.read()` does: the system tells it (Linux).

They are written into the snapshot as if their cells told it. Such a thread counts once it has slept there from one look
to the next, and all are looked at together: so of those that count, none has let another go on in between.
"""

import contextlib
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from engine.recorder.deadlocks.full_pipes import MANY, SOON_NS, StreamCall, pipe_call, pipe_of
from engine.recorder.deadlocks.snapshot import CellWait, Snapshot
from engine.recorder.definitions.registry import TracedProcess, main_thread
from engine.recorder.sampling.system_accounts import context_switches
from engine.tracer import layout

AT_PIPE = layout.OBJECT_SHARED | 1 << 62  # in a pipe's number, with its inode: no process's counter gets there
_OF_SYSTEM = 1 << 62 | 1  # in the serial of a wait that no cell tells of
_STREAMS = ("stdin", "stdout", "stderr")


@dataclass
class _Stay:
    """A thread sleeps at a pipe since then; `counts`: it did so at two looks without having run in between."""

    call: StreamCall
    serial: int
    switches: tuple[int, int]
    since_ns: int
    counts: bool = False


class _Silent(NamedTuple):
    """A main thread whose cell tells of no wait for anything, and where that is in the snapshot."""

    process: TracedProcess
    place: int
    row: int
    serial: int


class PipeWaits:
    """Call `mark` with every snapshot before anybody reads it."""

    def __init__(self) -> None:
        self._stays: dict[int, _Stay] = {}  # by process
        self._due_ns = 0
        self._is_anybody_silent = False

    def is_due(self, now_ns: int) -> bool:
        """Whether it is time to look again, although nothing moves."""
        return self._is_anybody_silent and now_ns >= self._due_ns

    def mark(self, snapshot: Snapshot, now_ns: int) -> None:
        """Looks, if it is time, and writes what is known into the snapshot."""
        silent = [
            _Silent(process, place, row, int(words[row, layout.CELL_WAIT_SERIAL]))
            for place, (process, words) in enumerate(snapshot.cells)
            if (row := _silent_row(process, words)) is not None
        ]
        self._is_anybody_silent = bool(silent)
        if self.is_due(now_ns):
            self._due_ns = now_ns + SOON_NS * (1 + len(silent) // MANY)
            self._look(silent, now_ns)
        for thread in silent:
            stay = self._stays.get(thread.process.number)
            if stay is not None and stay.counts and stay.serial == thread.serial:
                self._write(snapshot, thread, stay)

    def _look(self, silent: list[_Silent], now_ns: int) -> None:
        stays = {}
        for process, _, _, serial in silent:
            call = pipe_call(process.pid)
            if call is None or (process.parent is None and call.descriptor < len(_STREAMS)):
                continue  # those the program has from outside, where not everybody may be looked at
            now = _Stay(call, serial, context_switches(process.pid, process.pid), now_ns)
            then = self._stays.get(process.number)
            if then is not None and (then.call, then.serial, then.switches) == (call, serial, now.switches):
                then.counts = True
                now = then
            stays[process.number] = now
        self._stays = stays

    def _write(self, snapshot: Snapshot, thread: _Silent, stay: _Stay) -> None:
        process, row = thread.process, thread.row
        words = snapshot.cells[thread.place][1].copy()
        number = AT_PIPE | stay.call.inode
        snapshot.registry.add_of_system(number, "Pipe", self._name(process, stay.call))
        if not stay.serial & 1:
            words[row, layout.CELL_WAIT_SERIAL] = stay.serial | _OF_SYSTEM
            words[row, layout.CELL_WAIT_SITE] = 0
            words[row, layout.CELL_WAIT_SINCE] = stay.since_ns
            words[row, layout.CELL_OWNER_THREAD] = 0
        words[row, layout.CELL_WAIT_OBJECT] = number
        words[row, layout.CELL_WAIT_DETAIL] = layout.WAIT_IO
        snapshot.cells[thread.place] = process, words

    def _name(self, process: TracedProcess, call: StreamCall) -> str:
        """What people call the pipe: the stream that it is of a program."""
        if call.descriptor < len(_STREAMS):
            return f"{_STREAMS[call.descriptor]} of {process.name}"
        return name_of_pipe(call.inode, process.pid)


def is_at_pipe(wait: CellWait) -> bool:
    """Whether it is one of these."""
    return wait.number & AT_PIPE == AT_PIPE


def serial_in_cell(serial: int) -> int:
    """Of a wait, as the thread's own cell has it."""
    return serial & ~_OF_SYSTEM if serial & _OF_SYSTEM == _OF_SYSTEM else serial


def name_of_pipe(inode: int, pid: int) -> str:
    """By a child that has it for a standard stream."""
    with contextlib.suppress(OSError, ValueError):
        for child in map(int, Path(f"/proc/{pid}/task/{pid}/children").read_text("utf-8").split()):
            for number, stream in enumerate(_STREAMS):
                if pipe_of(child, number) == inode:
                    return f"{stream} of {Path(f'/proc/{child}/comm').read_text('utf-8').strip()}"
    return ""


def _silent_row(process: TracedProcess, words: NDArray[np.uint64]) -> int | None:
    """Where its main thread's cell is, if that tells of no wait for anything in particular."""
    if process.main is not None:
        return None
    for row in np.flatnonzero(words[:, layout.CELL_THREAD] == np.uint64(main_thread(process))).tolist():
        is_waiting = int(words[row, layout.CELL_WAIT_SERIAL]) & 1
        state = int(words[row, layout.CELL_WAIT_DETAIL]) & layout.WAIT_STATE_MASK
        if not is_waiting or (state == layout.WAIT_IO and not words[row, layout.CELL_WAIT_OBJECT]):
            return int(row)
    return None

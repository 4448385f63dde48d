"""Reads a ring file (see engine.tracer.layout): cells, and the records of all its threads at once."""

import contextlib
import mmap
import os
import struct
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from engine.tracer import layout

RECORD = np.dtype(layout.RECORD_DTYPE)
CELL_WORDS = layout.CELL_SIZE // 8
U64 = np.dtype("u8")

_SLOTS = layout.CHUNK_SIZE // layout.RECORD_SIZE  # per chunk; the chunk's header is slot 0
_END = 3  # word of a slot that is stored last
_WINDOW = 16  # slots looked at first in every chunk
_HOLE_POLLS = 3
_HOLE_NS = 60_000_000  # a signal handler may run between a reservation and its store


@dataclass(frozen=True)
class Drained:
    """Records of one process and the serial of the thread that wrote each (both shape (n,))."""

    records: NDArray[np.void]
    threads: NDArray[np.uint64]


class RingFile:
    """The recorder's end of one process's ring file. Raises OSError or ValueError when it cannot be mapped (yet)."""

    def __init__(self, path: Path) -> None:
        self.path = path
        descriptor = os.open(path, os.O_RDWR)
        try:
            if os.fstat(descriptor).st_size < layout.FILE_SIZE:
                raise ValueError("not yet at its full size")
            self._map = mmap.mmap(descriptor, layout.FILE_SIZE)
        finally:
            os.close(descriptor)
        if self._word(layout.HEADER_MAGIC) != layout.MAGIC:
            self._map.close()
            raise ValueError("not yet ready")
        self.pid = self._word(layout.HEADER_PID)
        self.sequence = self._word(layout.HEADER_SEQUENCE)
        self.parent_pid = self._word(layout.HEADER_PARENT_PID)
        self.python = self._word(layout.HEADER_PYTHON)
        self.flags = self._word(layout.HEADER_FLAGS)
        (self.start_ns,) = struct.unpack_from("=Q", self._map, layout.HEADER_START)
        buffer = memoryview(self._map)
        self._cells = np.frombuffer(buffer, U64, layout.MAX_CELLS * CELL_WORDS, layout.CELLS_AT).reshape(-1, CELL_WORDS)
        self._slots = np.frombuffer(buffer, U64, layout.MAX_CHUNKS * _SLOTS * 4, layout.CHUNKS_AT).reshape(-1, 4)
        self._states = self._slots.reshape(-1).view("u4")[:: _SLOTS * 8]
        self._position = np.ones(layout.MAX_CHUNKS, np.int64)  # next slot to read
        self._hole_since = np.zeros(layout.MAX_CHUNKS, np.int64)
        self._hole_polls = np.zeros(layout.MAX_CHUNKS, np.int64)
        self.holes = 0  # records that were reserved and never written

    def _word(self, offset: int) -> int:
        (value,) = struct.unpack_from("=I", self._map, offset)
        return int(value)

    @property
    def tracer_ns(self) -> int:
        """CPU time that setting up the tracer took."""
        (value,) = struct.unpack_from("=Q", self._map, layout.HEADER_TRACER_NS)
        return int(value)

    def timers(self) -> tuple[int, ...]:
        """When the signals of its timers come, as in the header."""
        return struct.unpack_from("=3Q", self._map, layout.HEADER_TIMERS)

    @property
    def lost_texts(self) -> int:
        """Frames of the text file that the process could not write, but for what it printed."""
        return self._word(layout.HEADER_LOST_TEXTS)

    def abort(self) -> None:
        """Tells threads in contended waits to give up."""
        struct.pack_into("=I", self._map, layout.HEADER_COMMAND, layout.COMMAND_ABORT)

    def read_cells(self) -> NDArray[np.uint64]:
        """A copy of the cells in use, shape (n, CELL_WORDS); a wait that changed while it was read counts as none."""
        count = min(self._word(layout.HEADER_ALLOCATED_CELLS), layout.MAX_CELLS)
        cells = self._cells[:count]
        used = np.flatnonzero(cells[:, layout.CELL_THREAD])
        if used.size == 0:
            return np.empty((0, CELL_WORDS), U64)
        cells = cells[: int(used[-1]) + 1]
        before = cells[:, layout.CELL_WAIT_SERIAL].copy()
        copy = cells.copy()
        moved = before != cells[:, layout.CELL_WAIT_SERIAL]
        copy[:, layout.CELL_WAIT_SERIAL] = np.where(moved, (before | 1) + 1, before)
        in_use: NDArray[np.uint64] = copy[copy[:, layout.CELL_THREAD] != 0]
        return in_use

    def drain(self, now_ns: int, *, final: bool = False) -> Drained | None:
        """Takes what is committed, frees what is full; None when there is nothing new.

        `final`: the process is dead, so nothing that is missing will come.
        """
        count = min(self._word(layout.HEADER_ALLOCATED_CHUNKS), layout.MAX_CHUNKS)
        if count <= 1:
            return None
        states = self._states[:count].copy()
        states[0] = layout.CHUNK_FREE  # the sink
        active = np.flatnonzero(states != layout.CHUNK_FREE)
        if active.size == 0:
            return None
        ready = self._pass_holes(active, states, now_ns, final)
        counts = self._committed(active, ready)
        taken = self._take(active, counts)
        self._position[active] += counts
        self._free(active[(states[active] == layout.CHUNK_FULL)], final)
        return taken

    def _next_ends(self, chunks: NDArray[np.int64]) -> NDArray[np.uint64]:
        position = np.minimum(self._position[chunks], _SLOTS - 1)
        ends: NDArray[np.uint64] = self._slots[chunks * _SLOTS + position, _END]
        ends[self._position[chunks] >= _SLOTS] = 0
        return ends

    def _pass_holes(
        self, active: NDArray[np.int64], states: NDArray[np.uint32], now_ns: int, final: bool
    ) -> NDArray[np.bool_]:
        """Steps over slots that stay empty although later ones are written; says which chunks have news."""
        ready: NDArray[np.bool_] = self._next_ends(active) != 0
        waiting = active[~ready & (self._position[active] < _SLOTS)]
        if waiting.size == 0:
            return ready
        # Looking one slot ahead is enough to suspect a hole in an owned chunk; full ones are looked through.
        ahead = self._slots[
            np.minimum(waiting * _SLOTS + self._position[waiting] + 1, waiting * _SLOTS + _SLOTS - 1), _END
        ]
        suspects = waiting[(ahead != 0) | (states[waiting] == layout.CHUNK_FULL) | final]
        for chunk in suspects.tolist():
            first, last = chunk * _SLOTS + int(self._position[chunk]), (chunk + 1) * _SLOTS
            written = np.flatnonzero(self._slots[first:last, _END])
            if written.size == 0:
                continue
            if self._hole_polls[chunk] == 0:
                self._hole_since[chunk] = now_ns
            self._hole_polls[chunk] += 1
            patient = self._hole_polls[chunk] < _HOLE_POLLS or now_ns - self._hole_since[chunk] < _HOLE_NS
            if patient and not final:
                continue
            self._position[chunk] += written[0]
            self.holes += int(written[0])
            self._hole_polls[chunk] = 0
            ready |= active == chunk
        return ready

    def _committed(self, active: NDArray[np.int64], ready: NDArray[np.bool_]) -> NDArray[np.int64]:
        """How many records follow one another without a hole, per active chunk."""
        counts = np.zeros(active.size, np.int64)
        asked, window = np.flatnonzero(ready), _WINDOW
        while asked.size:
            start = active[asked] * _SLOTS + self._position[active[asked]] + counts[asked]
            stop = (active[asked] + 1) * _SLOTS
            index = start[:, None] + np.arange(window)
            inside = index < stop[:, None]
            written = (self._slots[np.where(inside, index, 0), _END] != 0) & inside
            prefix = np.where(written.all(axis=1), window, written.argmin(axis=1))
            counts[asked] += prefix
            asked, window = asked[prefix == window], min(window * 4, _SLOTS)
        return counts

    def _take(self, active: NDArray[np.int64], counts: NDArray[np.int64]) -> Drained | None:
        total = int(counts.sum())
        if total == 0:
            return None
        starts = active * _SLOTS + self._position[active]
        index = np.repeat(starts - np.concatenate(([0], counts.cumsum()[:-1])), counts) + np.arange(total)
        records = self._slots[index].view(RECORD).reshape(-1)
        threads = np.repeat(self._slots[active * _SLOTS, 0] >> np.uint64(32), counts)
        self._hole_polls[active[counts > 0]] = 0
        return Drained(records, threads)

    def _free(self, full: NDArray[np.int64], final: bool) -> None:
        for chunk in full.tolist():
            first, position, last = chunk * _SLOTS, int(self._position[chunk]), (chunk + 1) * _SLOTS
            if not final and position < _SLOTS and self._slots[first + position : last, _END].any():
                continue  # a hole that may still be filled
            self._slots[first + 1 : last] = 0
            self._slots[first, 1] = 0
            self._position[chunk] = 1
            self._hole_polls[chunk] = 0
            self._states[chunk] = layout.CHUNK_FREE

    def close(self, *, unlink: bool) -> None:
        """Lets go of the mapping; `unlink` removes the file too."""
        del self._cells, self._slots, self._states
        with contextlib.suppress(BufferError):  # where a view is still alive, the mapping goes with it
            self._map.close()
        if unlink:
            self.path.unlink(missing_ok=True)

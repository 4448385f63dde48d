"""A process's ring file: its mapping, and the blocks, cells and chunks in it. See layout for bytes and invariants."""

from __future__ import annotations

import os
import sys
from _struct import Struct
from _thread import RLock
from itertools import count
from mmap import mmap

from . import layout
from .originals import clock, getpid
from .texts import TextFile

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from .state import ThreadState

DEFERS_SIGNALS = True
WORDS_PER_CELL = layout.CELL_SIZE // 8
CHUNKS_LOOKED_FOR = 8
SINK_RECORDS = 64  # records given up at a time while the rings are full
SEARCH_PAUSE_NS = 5_000_000  # until a search for free chunks that found none is repeated: it looks at all of them

pack_record = Struct(layout.RECORD_FORMAT).pack_into
pack_u32 = Struct("=I").pack_into
pack_u64 = Struct("=Q").pack_into
unpack_u32 = Struct("=I").unpack_from


class Ring:
    """The mapping of one process. Without a file (`path` empty) all goes to the sink: the program runs unrecorded.

    `words` views header and cells as u64. Cell 0 is given to threads for which no cell is left; readers see it as free.
    """

    __slots__ = (
        "allocated_cells",
        "allocated_chunks",
        "buffer",
        "free_cells",
        "free_chunks",
        "given_chunks",
        "is_crowded",
        "lock",
        "path",
        "search_again",
        "sequence",
        "serials",
        "states",
        "texts",
        "words",
    )

    def __init__(self, path: str, sequence: int, buffer: mmap, texts: TextFile) -> None:
        self.path = path
        self.sequence = sequence
        self.buffer = buffer
        self.texts = texts
        self.words = memoryview(buffer)[: layout.CHUNKS_AT].cast("Q")
        self.lock = RLock()
        self.serials = count(1)
        self.states: dict[int, ThreadState] = {}  # of living threads, by serial
        self.is_crowded = False  # there may not be a chunk for every thread
        self.free_cells: list[int] = []
        self.free_chunks: list[int] = []
        self.given_chunks = bytearray(layout.MAX_CHUNKS)
        self.given_chunks[0] = 1  # the sink
        self.search_again = 0  # ns
        self.allocated_cells = 0
        self.allocated_chunks = 0

    def claim_cell(self) -> int:
        """Number of a cell that is this thread's from now on; 0 when there is none."""
        while True:
            try:
                return self.free_cells.pop()
            except IndexError:
                pass
            # A destructor may run in the middle of what follows, and take a traced lock there.
            if self.lock._is_owned():  # type: ignore[attr-defined]
                return 0
            with self.lock:
                if not self.free_cells and not self._grow_cells():
                    return 0

    def claim_chunk(self) -> int:
        """Number of a chunk that is this thread's from now on; 0 (the sink) when there is none."""
        while True:
            try:
                return self.free_chunks.pop()
            except IndexError:
                pass
            if clock() < self.search_again or self.lock._is_owned():  # type: ignore[attr-defined]
                return 0
            with self.lock:
                if (
                    not self.free_chunks
                    and not self._find_chunks()
                    and not (self._grow_chunks() and self._find_chunks())
                ):
                    self.search_again = clock() + SEARCH_PAUSE_NS
                    return 0

    def give_back_chunk(self, number: int) -> None:
        """The chunk is complete; the recorder frees it."""
        pack_u32(self.buffer, chunk_offset(number) + layout.CHUNK_STATE, layout.CHUNK_FULL)
        self.given_chunks[number] = 0

    def close(self) -> None:
        """Unmap (after a fork: the mapping is the parent's)."""
        try:
            self.words.release()
            self.buffer.close()
        except BufferError:  # another thread of the parent was writing just then: it stays mapped, and is not used
            return

    def _find_chunks(self) -> bool:
        found: list[int] = []
        number = 0
        while len(found) < CHUNKS_LOOKED_FOR:
            number = self.given_chunks.find(0, number + 1, self.allocated_chunks)
            if number < 0:
                break
            (state,) = unpack_u32(self.buffer, chunk_offset(number) + layout.CHUNK_STATE)
            if state == layout.CHUNK_FREE:
                self.given_chunks[number] = 1
                found.append(number)
        found.reverse()
        self.free_chunks.extend(found)
        return bool(found)

    def _grow_cells(self) -> bool:
        first = self.allocated_cells
        if first + layout.CELL_BLOCK > layout.MAX_CELLS:
            return False
        if not self._allocate(layout.CELLS_AT + first * layout.CELL_SIZE, layout.CELL_BLOCK * layout.CELL_SIZE):
            return False
        self.allocated_cells = first + layout.CELL_BLOCK
        pack_u32(self.buffer, layout.HEADER_ALLOCATED_CELLS, self.allocated_cells)
        self.free_cells.extend(range(self.allocated_cells - 1, max(first, 1) - 1, -1))
        return True

    def _grow_chunks(self) -> bool:
        first = self.allocated_chunks
        if first + layout.CHUNK_BLOCK > layout.MAX_CHUNKS:
            return False
        if not self._allocate(chunk_offset(first), layout.CHUNK_BLOCK * layout.CHUNK_SIZE):
            return False
        self.allocated_chunks = first + layout.CHUNK_BLOCK
        pack_u32(self.buffer, layout.HEADER_ALLOCATED_CHUNKS, self.allocated_chunks)
        return True

    def _allocate(self, offset: int, length: int) -> bool:
        """Give the file real blocks there: touching a hole of a full file system would kill the process by SIGBUS."""
        if not self.path:
            return False
        try:
            descriptor = OPEN(self.path, os.O_RDWR | CLOEXEC)
            try:
                os.posix_fallocate(descriptor, offset, length)
            finally:
                CLOSE(descriptor)
        except OSError:
            return False
        return True


OPEN, CLOSE, WRITE = os.open, os.close, os.write
CLOEXEC = getattr(os, "O_CLOEXEC", 0)


def chunk_offset(number: int) -> int:
    """Where a chunk starts in the file, in bytes."""
    return layout.CHUNKS_AT + number * layout.CHUNK_SIZE


def chunk_records(number: int) -> range:
    """Byte offsets of a chunk's records."""
    start = chunk_offset(number) + layout.CHUNK_HEADER
    records = layout.RECORDS_PER_CHUNK if number else SINK_RECORDS
    return range(start, start + records * layout.RECORD_SIZE, layout.RECORD_SIZE)


def next_sequence(folder: str) -> int:
    """A number that no other process of the run has. OSError when the folder cannot be written."""
    descriptor = OPEN(folder + "/sequence", os.O_WRONLY | os.O_CREAT | os.O_APPEND | CLOEXEC, 0o600)
    try:
        WRITE(descriptor, b".")
        return os.lseek(descriptor, 0, os.SEEK_CUR)  # an append is atomic and leaves the offset behind its byte
    finally:
        CLOSE(descriptor)


def open_ring(folder: str, *, forked: bool) -> Ring:
    """A new ring for this process in the run's folder; one that leads to the sink when that cannot be had."""
    try:
        return _make_ring(folder, forked=forked)
    except OSError:
        return sink_ring()


def _counter(buffer: mmap) -> Callable[[int], None]:
    """Tells the recorder how many frames of the text file were lost."""

    def tell(lost: int) -> None:
        if not buffer.closed:  # as the parent's is after a fork
            pack_u32(buffer, layout.HEADER_LOST_TEXTS, min(lost, 0xFFFF_FFFF))

    return tell


def sink_ring() -> Ring:
    """A ring that nobody reads."""
    ring = Ring("", 0, mmap(-1, layout.CHUNKS_AT + layout.CHUNK_SIZE), TextFile(""))
    ring.given_chunks[0] = 1
    return ring


def _make_ring(folder: str, *, forked: bool) -> Ring:
    pid = getpid()
    sequence = next_sequence(folder)
    stem = f"{folder}/{sequence}-{pid}"
    CLOSE(OPEN(stem + ".texts", os.O_WRONLY | os.O_CREAT | os.O_EXCL | CLOEXEC, 0o600))
    descriptor = OPEN(stem + ".ring", os.O_RDWR | os.O_CREAT | os.O_EXCL | CLOEXEC, 0o600)
    try:
        os.posix_fallocate(descriptor, 0, layout.HEADER_SIZE)
        os.ftruncate(descriptor, layout.FILE_SIZE)
        os.posix_fallocate(descriptor, chunk_offset(0), layout.CHUNK_SIZE)
        if sys.version_info >= (3, 13):
            buffer = mmap(descriptor, layout.FILE_SIZE, trackfd=False)
        else:
            buffer = mmap(descriptor, layout.FILE_SIZE)
    finally:
        CLOSE(descriptor)
    ring = Ring(stem + ".ring", sequence, buffer, TextFile(stem + ".texts", _counter(buffer)))
    if not ring._grow_cells():
        raise OSError("no space for cells")
    ring._grow_chunks()
    flags = (layout.FLAG_FORKED if forked else 0) | (0 if is_gil_enabled() else layout.FLAG_FREE_THREADED)
    for offset, value in (
        (layout.HEADER_PID, pid),
        (layout.HEADER_SEQUENCE, sequence),
        (layout.HEADER_PYTHON, sys.hexversion),
        (layout.HEADER_FLAGS, flags),
        (layout.HEADER_PARENT_PID, os.getppid()),
    ):
        pack_u32(buffer, offset, value)
    pack_u64(buffer, layout.HEADER_START, clock())
    pack_u32(buffer, layout.HEADER_MAGIC, layout.MAGIC)
    return ring


def is_gil_enabled() -> bool:
    """False on a free-threaded build that runs without its GIL."""
    return bool(getattr(sys, "_is_gil_enabled", lambda: True)())

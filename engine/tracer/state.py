"""What the tracer knows of a thread: its cell, its chunk, its wait. Found by `current()`, made at its first event."""

from __future__ import annotations

import os
import sys
from _operator import length_hint

from . import layout
from .originals import IS_SUB_INTERPRETER, ThreadLocal, clock, count, get_ident, get_native_id, getpid
from .ring import (
    WORDS_PER_CELL,
    Ring,
    chunk_offset,
    chunk_records,
    is_gil_enabled,
    open_ring,
    pack_record,
    pack_u32,
    pack_u64,
    sink_ring,
)

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from weakref import ReferenceType

    from .holds import Hold, TracedBase
    from .job_order import Job

DEFERS_SIGNALS = True
CELLS_WORD = layout.CELLS_AT // 8
CROWD = layout.MAX_CHUNKS // 2  # threads: from then on who waits hands its chunk back
SPARE_SLOT = layout.CELL_HELD - 2  # read by nobody: for a thread that holds more locks than its cell has room for

# Pid and serial of who forks, which of that process's forks it is, since when (ns), and the stack (see forks).
NO_FORK = (0, 0, 0, 0, 0)

Wait = tuple[int, int, int, int]  # object, detail, site, since


class ThreadState:
    """One thread of this process, as the recorder sees it. Only its own thread changes it."""

    __slots__ = (
        "buffer",
        "cell",
        "cell_number",
        "chunk",
        "chunks",
        "dropped",
        "era",
        "executor",
        "expects",
        "free_slots",
        "gifts",
        "held",
        "ident",
        "internal",
        "is_silent",
        "job",
        "lines",
        "name",
        "native_id",
        "offsets",
        "reserved",
        "ring",
        "serial",
        "spare_slot",
        "tasks",
        "told",
        "told_in",
        "wait",
        "wait_serial",
        "words",
    )

    def __init__(self, ring: Ring, name: str, *, internal: bool, parent: int, daemon: bool) -> None:
        self.ring = ring
        self.buffer = ring.buffer
        self.words = ring.words
        self.serial = next(ring.serials)
        self.ident = get_ident()
        self.native_id = get_native_id()
        self.name = name
        self.internal = internal
        self.cell_number = ring.claim_cell()
        self.cell = CELLS_WORD + self.cell_number * WORDS_PER_CELL  # number of the cell's first word
        first = self.cell + layout.CELL_HELD
        self.free_slots = list(range(first + 2 * (layout.HELD_SLOTS - 1), first - 1, -2))
        self.reserved: dict[int, ReferenceType[Hold]] = {}  # by slot: a lock that will want it again
        self.spare_slot = self.cell + SPARE_SLOT
        self.held: ReferenceType[TracedBase] | list[ReferenceType[TracedBase]] | None = None  # see nesting
        self.chunk = 0
        self.chunks = 0
        self.dropped = 0
        self.offsets: Iterator[int] = iter(())
        ring.states[self.serial] = self
        ring.is_crowded = len(ring.states) > CROWD
        self.wait: Wait | None = None
        self.wait_serial = 0
        self.expects = False  # the wait is over once bytes have come (see waits)
        self.tasks: list[tuple[int, int]] = []  # (number of the name, since), innermost last
        self.executor = 0
        self.told: dict[int, int] = {}  # by primitive: bits of signal_order
        self.era = 0  # how many starts, joins, barriers and gifts the thread has behind it (see lock_order)
        self.gifts = 0
        self.is_silent = False  # not all is told that orders what it does (see lock_order)
        self.told_in = -1  # the era in which a lock was told to be taken inside others, the last one
        self.job: Job | None = None  # of an executor or pool, that it is at
        self.lines: dict[int, tuple[str, int]] = {}  # by stream: text without a line end yet, and since when
        started = clock()
        words, cell = self.words, self.cell
        if self.cell_number:
            words[cell + layout.CELL_NATIVE_ID] = self.native_id
            words[cell + layout.CELL_STARTED] = started
            words[cell + layout.CELL_THREAD] = self.serial
        ring.texts.write("thread", self.serial, self.native_id, name, started, internal, parent, daemon)

    def record(self, kind: int, detail: int, site: int, number: int, start: int, end: int) -> None:
        """Write one record to this thread's chunk."""
        try:
            offset = next(self.offsets)
        except StopIteration:
            offset = self.refill()
        pack_record(self.buffer, offset, kind, detail, site, number, start, end)

    def next_offset(self) -> int:
        """Where this thread's next record goes."""
        try:
            return next(self.offsets)
        except StopIteration:
            return self.refill()

    def reserve_slot(self, lock: Hold) -> int:
        """The word of this thread's cell that names a lock while it is held; reserved until slots are scarce."""
        try:
            slot = self.free_slots.pop()
        except IndexError:
            slot = self._take_back_slot()
        if slot != self.spare_slot:
            lock.slots[self] = slot
        self.reserved[slot] = lock.reference
        return slot

    def site_word(self, slot: int) -> int:
        """The word of this thread's cell that tells where the lock was acquired which that slot names."""
        return self.cell + layout.CELL_HELD_SITE + (slot - self.cell - layout.CELL_HELD) // 2

    def _take_back_slot(self) -> int:
        for slot, reference in list(self.reserved.items()):  # a destructor may acquire another lock meanwhile
            lock = reference()
            if slot != self.spare_slot and (lock is None or lock.owner is not self):
                self._disown(lock)
                self.words[slot] = 0
                return slot
        return self.spare_slot

    def _disown(self, lock: Hold | None) -> None:
        """Only what makes the lock ask anew is changed: another thread may be acquiring it right now."""
        if lock is not None:
            lock.slots.pop(self, None)
            if lock.home is self:
                lock.ident = 0

    def name_holds(self) -> None:
        """Have this thread's cell name all that it holds: it is about to wait or to end."""
        words, reserved = self.words, self.reserved
        for slot in list(reserved):  # a destructor may acquire another lock meanwhile
            lock = reserved[slot]()
            if lock is not None and lock.owner is self:
                lock.exact = True
                words[self.site_word(slot)] = lock.site
                words[slot + 1] = lock.since
                words[slot] = lock.number
                if lock.owner is not self:  # another thread has just released it
                    words[slot] = 0

    def forget(self) -> None:
        """This thread's process is another one, before a fork: locks that it holds have no known owner."""
        held = run.held_by_forker if self.ident == get_ident() else run.held_by_others
        for reference in self.reserved.values():
            lock = reference()
            if lock is not None:
                if lock.owner is self and not lock.number & layout.OBJECT_SHARED:
                    held.add(lock.number)
                lock.slots.clear()
                lock.ident = 0
                lock.owner = None
        self._lead_nowhere()

    def _lead_nowhere(self) -> None:
        """What this thread of before a fork still writes is lost."""
        self.reserved.clear()
        self.tasks.clear()
        self.wait = self.held = None
        self.ident = self.serial = 0
        self.offsets = iter(())
        self.ring = run.nowhere()
        self.buffer, self.words = self.ring.buffer, self.ring.words

    def refill(self) -> int:
        """Go on to a new chunk, or to the sink while there is none. Returns the offset of a record.

        Take `buffer` and `words` anew after it: a thread of before a fork leads nowhere from here on.
        """
        if self.ring is not run.ring:
            self._lead_nowhere()
            return chunk_records(0)[0]
        if getattr(local, "state", None) is not self:  # a `with` block that ends in another thread than it began in
            return current().next_offset()
        if self.chunk:
            self.ring.give_back_chunk(self.chunk)
        self.chunk = number = self.ring.claim_chunk()
        if number:
            self.chunks += 1
            offset = chunk_offset(number)
            pack_u32(self.buffer, offset + layout.CHUNK_THREAD, self.serial)
            pack_u64(self.buffer, offset + layout.CHUNK_ORDER, self.chunks)
            pack_u32(self.buffer, offset + layout.CHUNK_STATE, layout.CHUNK_OWNED)
            self.offsets = iter(chunk_records(number))
        else:
            records = chunk_records(0)
            self.dropped += len(records)
            self.words[self.cell + layout.CELL_DROPPED] = self.dropped
            self.offsets = iter(records)
        first: int = next(self.offsets)
        return first

    def hand_back_chunk(self) -> None:
        """The thread rests while there are more threads than chunks: another may write meanwhile."""
        self.count_dropped()
        if self.chunk:
            self.ring.give_back_chunk(self.chunk)
            self.chunk = 0
        self.offsets = iter(())

    def count_dropped(self) -> None:
        """What was given up beforehand and not used has not been lost."""
        if self.dropped and not self.chunk:
            self.dropped -= length_hint(self.offsets)
            self.words[self.cell + layout.CELL_DROPPED] = self.dropped

    def rename(self, name: str) -> None:
        """The thread is called something else from now on."""
        if name != self.name:
            self.name = name
            self.ring.texts.write("thread-name", self.serial, name, clock())

    def end(self, error: str = "") -> None:
        """The thread ends: give back chunk and cell. A cell that still tells something stays."""
        self.name_holds()
        self.hand_back_chunk()
        self.ident = 0  # another thread may have the same from now on
        self.ring.texts.write("thread-end", self.serial, clock(), error)
        for reference in list(self.reserved.values()):  # a destructor may acquire another lock meanwhile
            self._disown(reference())
        self.ring.states.pop(self.serial, None)
        words, cell = self.words, self.cell
        if self.cell_number and not self.dropped and not any(words[slot] for slot in self.reserved):
            words[cell + layout.CELL_THREAD] = 0
            for word in range(cell + 1, cell + WORDS_PER_CELL):
                words[word] = 0
            self.ring.free_cells.append(self.cell_number)


class Run:
    """This process's part of the run. `ring` is None until its first event (after a fork)."""

    def __init__(self) -> None:
        self.folder = ""
        self.ring: Ring | None = None
        self.forked = False
        self.forked_by = NO_FORK[:3]
        self.forks = count(1)
        self.main_name = "MainThread"
        self.main_ident = 0
        self.starts = 0  # of threads and processes, and ends of them that somebody waited for
        self.held_by_forker: set[int] = set()  # locks that were held when this process was forked
        self.held_by_others: set[int] = set()
        self._nowhere: Ring | None = None

    def nowhere(self) -> Ring:
        """What threads of before a fork write to: nobody reads it, and no thread lives there."""
        if self._nowhere is None:
            self._nowhere = sink_ring()
        return self._nowhere


run = Run()
local = ThreadLocal()


def current() -> ThreadState:
    """The state of the calling thread."""
    try:
        return local.state  # type: ignore[no-any-return]
    except AttributeError:
        return enter()


def current_ring() -> Ring:
    """The ring of this process."""
    ring = run.ring
    if ring is None:
        run.ring = ring = open_ring(run.folder, forked=run.forked) if run.folder else sink_ring()
        _describe_process(ring)
    return ring


def enter(name: str = "", *, internal: bool = False, parent: int = 0, daemon: bool = False) -> ThreadState:
    """Make the state of the calling thread, which has none."""
    ring = current_ring()
    state = _seen_before(ring) if IS_SUB_INTERPRETER else None
    if state is None:
        name = name or _name_of_thread()
        state = ThreadState(ring, name, internal=internal, parent=parent, daemon=daemon)
    local.state = state
    return state


def _seen_before(ring: Ring) -> ThreadState | None:
    """Of a thread that comes into this interpreter again: what was local to it there is gone."""
    ident = get_ident()
    return next((state for state in list(ring.states.values()) if state.ident == ident), None)


def leave(error: str = "") -> None:
    """The calling thread ends."""
    try:
        state = local.state
        del local.state
    except AttributeError:
        return
    state.end(error)


def after_fork_in_child() -> None:
    """Forget the parent's mapping; the first event opens a ring of its own. Nothing inherited is released."""
    try:
        run.main_name = local.state.name
        del local.state
    except AttributeError:
        pass
    run.forked, run.forked_by = True, getattr(local, "fork", NO_FORK)[:3]
    if run.main_ident != get_ident():  # whoever this process was forked by before does not live on in this one
        run.held_by_others |= run.held_by_forker
        run.held_by_forker.clear()
    run.main_ident = get_ident()
    ring, run.ring = run.ring, None
    if ring is not None:
        for state in ring.states.values():
            state.forget()
        ring.close()


def _name_of_thread() -> str:
    ident = get_ident()
    threading = sys.modules.get("threading")
    thread = getattr(threading, "_active", {}).get(ident)
    if thread is not None:
        return str(thread._name)
    if ident == main_thread_ident():
        return run.main_name
    return f"thread {get_native_id()}"


def main_thread_ident() -> int:
    """Ident of the main thread (of a forked child: the thread that forked)."""
    if run.main_ident == 0:
        run.main_ident = get_ident()
    return run.main_ident


def _describe_process(ring: Ring) -> None:
    version = ".".join(str(part) for part in sys.version_info[:3])
    how = "fork" if run.forked else "exec"
    arguments = tuple(str(word) for word in sys.orig_argv)
    forker, *fork = run.forked_by
    ring.texts.write(
        "process", getpid(), forker or os.getppid(), clock(), version, sys.executable or "", arguments,
        not is_gil_enabled(), how,
    )  # fmt: skip
    if forker:
        ring.texts.write("forked-by", *fork)

"""Who holds the GIL of a traced interpreter, and at which line: read from outside, out of the interpreter's memory.

Nothing in the interpreter runs for it and nothing is stopped, so what is read may be torn: every value is checked
before it is followed, and what does not fit is "not known". Needs the right to trace the process (/proc/PID/mem).
"""

import contextlib
import os
import re
import struct
from typing import NamedTuple

import numpy as np

from engine.recorder.sampling.elf import symbol
from engine.recorder.sampling.interpreter_layout import GIL, TABLE_SIZE, Layout, layout_of

_RUNTIME = "_PyRuntime"
_UNREADABLE = (OSError, struct.error, OverflowError)  # memory that is freed or rewritten while it is read
_STANDARD_LIBRARY = re.compile(r"^<|/lib(64)?/python3\.\d+t?/(?!site-packages/|dist-packages/)")
_TRACER = "/engine/tracer/"
_MOST_FRAMES = 24
_MOST_INTERPRETERS = 64
_MOST_TEXT = 4096
_MOST_TABLE = 1 << 16
_FRAME_SIZE = 96
_CODE_SIZE = 144  # its head, up to and with the line table
USUAL_INTERVAL_US = 5000
_INTERVALS_US = (1, 10_000_000)


class Place(NamedTuple):
    """A line of the program."""

    file: str
    line: int
    function: str


class Gil(NamedTuple):
    """The GIL of one interpreter: where it lies. Its waiters sleep in [address, address + GIL_SIZE)."""

    interpreter: int
    address: int


class Held(NamedTuple):
    """A GIL at one moment: the native id of the thread that has it (0: nobody), where it runs, switches ever made."""

    native_id: int
    place: Place | None
    switches: int


class InterpreterMemory:
    """Of one process. `runtime` is the span of addresses of the interpreter's static state; None: not found."""

    def __init__(self, pid: int, version: int, runtime: tuple[int, int] | None = None) -> None:
        """`version` is its `sys.hexversion`; `runtime` need not be looked for where it is known, as after a fork."""
        self.runtime = runtime or find_runtime(pid)
        self._pid = pid
        self._file = -1
        self._layout: Layout | None = None
        self._places: dict[tuple[int, ...], Place | None] = {}
        self.gils: list[Gil] = []
        if self.runtime is None:
            return
        with contextlib.suppress(OSError):
            self._file = os.open(f"/proc/{pid}/mem", os.O_RDONLY)
            self._layout = layout_of(version, os.pread(self._file, TABLE_SIZE, self.runtime[0]))
            self.refresh()

    @property
    def readable(self) -> bool:
        """Whether it can be told who holds the GIL."""
        return bool(self.gils)

    def close(self) -> None:
        if self._file >= 0:
            os.close(self._file)
            self._file = -1

    def refresh(self) -> None:
        """Looks for interpreters that have come or gone."""
        if self._layout is None or self._file < 0:
            return
        with contextlib.suppress(*_UNREADABLE):
            if self._layout.gil:
                self.gils = self._listed(self._layout)
            elif not self.gils:
                self.gils = self._searched(self._layout)

    def native_ids(self) -> dict[int, int]:
        """Native id of every Python thread → the interpreter that it is in; empty where that is not told (before 3.13).

        While a thread is in a sub-interpreter it is known to the main one too.
        """
        layout = self._layout
        found: dict[int, int] = {}
        if layout is not None and layout.gil:
            with contextlib.suppress(*_UNREADABLE):
                for address, number in self._interpreters(layout):
                    thread = self._word(address + layout.threads)
                    for _ in range(_MOST_TEXT):
                        if not thread:
                            break
                        native_id = self._word(thread + layout.native_id)
                        found[native_id] = max(number, found.get(native_id, 0))
                        thread = self._word(thread + layout.next_thread)
        return found

    def look(self, gil: Gil) -> Held | None:
        """Who has it now; None: cannot be read."""
        layout = self._layout
        if layout is None or self._file < 0:
            return None
        try:
            _, thread, locked, switches = GIL.unpack(os.pread(self._file, GIL.size, gil.address))
            if locked != 1 or not thread:
                return Held(0, None, switches)
            size = max(layout.native_id, layout.frame_of_thread) + 8
            state = os.pread(self._file, size, thread)
            (native_id,) = struct.unpack_from("<Q", state, layout.native_id)
            (frame,) = struct.unpack_from("<Q", state, layout.frame_of_thread)
        except _UNREADABLE:
            return None
        if layout.frame_is_indirect:
            frame = self._word_or_none(frame + layout.frame_in_record)
        return Held(native_id, self._place(layout, frame), switches)

    def _listed(self, layout: Layout) -> list[Gil]:
        """By the interpreter's own table. Interpreters that share a GIL are one."""
        gils: dict[int, Gil] = {}
        for address, number in self._interpreters(layout):
            gil = self._word(address + layout.gil)
            if gil and (gil not in gils or number < gils[gil].interpreter):
                gils[gil] = Gil(number, gil)
        return sorted(gil for gil in gils.values() if self._is_sound(gil))

    def _interpreters(self, layout: Layout) -> list[tuple[int, int]]:
        assert self.runtime is not None
        found: list[tuple[int, int]] = []
        address = self._word(self.runtime[0] + layout.interpreters)
        while address and len(found) < _MOST_INTERPRETERS:
            found.append((address, self._word(address + layout.interpreter_id)))
            address = self._word(address + layout.next_interpreter)
        return found

    def _is_sound(self, gil: Gil) -> bool:
        interval, _, locked, _ = GIL.unpack(os.pread(self._file, GIL.size, gil.address))
        return _INTERVALS_US[0] <= interval <= _INTERVALS_US[1] and locked in (-1, 0, 1)

    def _searched(self, layout: Layout) -> list[Gil]:
        """Before 3.13 nothing says where the GIL is: it is the one thing in `_PyRuntime` that looks like one.

        The usual interval, else some microseconds; a pointer to the state of a thread of this process; whether it is
        taken.
        """
        assert self.runtime is not None
        start, end = self.runtime
        words = np.frombuffer(os.pread(self._file, (end - start) // 8 * 8, start), "<u8")
        if len(words) < 4:
            return []
        low, high = _INTERVALS_US
        fits = (words[:-3] >= low) & (words[:-3] <= high) & (words[1:-2] > 1 << 12) & (words[1:-2] < 1 << 47)
        fits &= (words[2:-1] & 0xFFFFFFFF) <= 1
        threads = {int(name) for name in os.listdir(f"/proc/{self._pid}/task")}
        places = np.flatnonzero(fits)
        for place in places[np.argsort(words[places] != USUAL_INTERVAL_US, kind="stable")].tolist():
            if self._word_or_none(int(words[place + 1]) + layout.native_id) in threads:
                return [Gil(0, start + 8 * place)]
        return []

    def _place(self, layout: Layout, frame: int) -> Place | None:
        """The innermost line outside the standard library, else the innermost."""
        first = None
        with contextlib.suppress(*_UNREADABLE):
            for _ in range(_MOST_FRAMES):
                if not frame:
                    break
                data = os.pread(self._file, _FRAME_SIZE, frame)
                (code,) = struct.unpack_from("<Q", data, layout.code_of_frame)
                (instruction,) = struct.unpack_from("<Q", data, layout.instruction)
                (frame,) = struct.unpack_from("<Q", data, layout.previous_frame)
                place = self._line(layout, code & ~7, instruction)
                if place is None or _TRACER in place.file:
                    continue
                if not _STANDARD_LIBRARY.search(place.file):
                    return place
                first = first or place
        return first

    def _line(self, layout: Layout, code: int, instruction: int) -> Place | None:
        head = os.pread(self._file, _CODE_SIZE, code)
        (first_line,) = struct.unpack_from("<i", head, layout.first_line)
        pointers = [struct.unpack_from("<Q", head, at)[0] for at in (layout.filename, layout.line_table)]
        key = (code, instruction, first_line, *pointers)
        if key not in self._places:
            (name,) = struct.unpack_from("<Q", head, layout.qualified_name)
            self._places[key] = self._decode(layout, key, name)
        return self._places[key]

    def _decode(self, layout: Layout, key: tuple[int, ...], name: int) -> Place | None:
        code, instruction, first_line, filename, table = key
        file, function = self._text(layout, filename), self._text(layout, name)
        if not file or function is None or not 0 <= instruction - code - layout.bytecode < 1 << 24:
            return None
        (size,) = struct.unpack("<q", os.pread(self._file, 8, table + 16))
        if not 0 < size < _MOST_TABLE:
            return None
        lines = os.pread(self._file, size, table + 32)  # of a bytes object
        line = line_at(lines, first_line, instruction - code - layout.bytecode)
        return Place(file, line, function) if line else None

    def _text(self, layout: Layout, address: int) -> str | None:
        """A string of ASCII; None for others."""
        (size,) = struct.unpack("<q", os.pread(self._file, 8, address + 16))
        if not 0 <= size <= _MOST_TEXT:
            return None
        data = os.pread(self._file, size, address + layout.text_of_string)
        text = data.decode("ascii", "replace")
        return text if text.isprintable() and text.isascii() else None

    def _word(self, address: int) -> int:
        return int(struct.unpack("<Q", os.pread(self._file, 8, address))[0])

    def _word_or_none(self, address: int) -> int:
        """0 where nothing can be read."""
        try:
            return self._word(address)
        except _UNREADABLE:
            return 0


def find_runtime(pid: int) -> tuple[int, int] | None:
    """Where the interpreter's static state lies in the memory of a process; None: not found, or not allowed to look."""
    bases: dict[str, int] = {}
    try:
        with open(f"/proc/{pid}/maps", encoding="utf-8", errors="surrogateescape") as maps:
            for line in maps:
                span, _, offset, _, _, *path = line.rstrip("\n").split(maxsplit=5)
                if path and path[0].startswith("/") and path[0] not in bases:
                    bases[path[0]] = int(span.partition("-")[0], 16) - int(offset, 16)
        executable = os.readlink(f"/proc/{pid}/exe")
    except (OSError, ValueError):
        return None
    likely = [file for file in bases if file == executable or "libpython" in os.path.basename(file)]
    for file in sorted(likely, key=lambda file: "libpython" not in os.path.basename(file)):
        found = symbol(file, _RUNTIME)
        if found is not None and found.size:
            start = found.address + (bases[file] if found.relative else 0)
            return start, start + found.size
    return None


def line_at(table: bytes, first_line: int, offset: int) -> int:
    """The line of the instruction at a byte offset into the code; 0: none. The table is described in CPython's
    Objects/locations.md.
    """
    line, at, start = first_line, 0, 0
    while at < len(table):
        entry = table[at]
        at += 1
        if not entry & 0x80:
            return 0
        kind, units = entry >> 3 & 15, (entry & 7) + 1
        has_line = kind != 15
        if kind == 15:
            pass
        elif kind in (13, 14):
            delta, at = _signed(table, at)
            line += delta
            if kind == 14:
                for _ in range(3):  # the end line and the two columns
                    _, at = _unsigned(table, at)
        elif kind >= 10:
            line += kind - 10
            at += 2
        else:
            at += 1
        start += 2 * units
        if offset < start:
            return line if has_line else 0
    return 0


def _unsigned(table: bytes, at: int) -> tuple[int, int]:
    value, shift = 0, 0
    while at < len(table):
        byte = table[at]
        at += 1
        value |= (byte & 63) << shift
        shift += 6
        if not byte & 64:
            break
    return value, at


def _signed(table: bytes, at: int) -> tuple[int, int]:
    value, at = _unsigned(table, at)
    return (-(value >> 1) if value & 1 else value >> 1), at

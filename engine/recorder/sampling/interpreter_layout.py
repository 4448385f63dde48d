"""Where CPython keeps what we want to know: who holds the GIL, and at which line.

From 3.13 on an interpreter describes itself: `_PyRuntime` begins with a table of offsets made for debuggers
(`_Py_DebugOffsets` in CPython's pycore_debug_offsets.h). For 3.11 and 3.12 the offsets of their releases stand here.
A version that is not known here is left alone.
"""

import struct
from dataclasses import dataclass

COOKIE = b"xdebugpy"
TABLE_SIZE = 8 * 60

# struct _gil_runtime_state: the interval in µs, the last holder's thread state, whether it is taken, how often it was
# handed over; behind them what its waiters sleep in. A free-threaded build has one field more, in front.
GIL = struct.Struct("<QQi4xQ")
GIL_SIZE = 320

# Numbers of the words (u64, after the cookie) of the table that say where things are.
_WORDS = {
    13: {
        "interpreters": 4, "interpreter_id": 6, "next_interpreter": 7, "threads": 8, "gil": 13,
        "next_thread": 20, "frame_of_thread": 22, "native_id": 24,
        "previous_frame": 28, "code_of_frame": 29, "instruction": 30, "owner": 32,
        "filename": 34, "qualified_name": 36, "line_table": 37, "first_line": 38, "bytecode": 42,
    },
    14: {
        "interpreters": 4, "interpreter_id": 6, "next_interpreter": 7, "threads": 8, "gil": 14,
        "next_thread": 23, "frame_of_thread": 25, "native_id": 27,
        "previous_frame": 31, "code_of_frame": 32, "instruction": 33, "owner": 35,
        "filename": 39, "qualified_name": 41, "line_table": 42, "first_line": 43, "bytecode": 47,
    },
    15: {
        "interpreters": 4, "interpreter_id": 6, "next_interpreter": 7, "threads": 8, "gil": 14,
        "next_thread": 23, "frame_of_thread": 25, "native_id": 30,
        "previous_frame": 39, "code_of_frame": 40, "instruction": 41, "owner": 43,
        "filename": 47, "qualified_name": 49, "line_table": 50, "first_line": 51, "bytecode": 55,
    },
}  # fmt: skip
_MOST = 1 << 20  # an offset beyond is none: the table is of another shape


@dataclass(frozen=True)
class Layout:
    """Offsets in bytes: of `_PyRuntime`, interpreters, thread states, frames and code objects."""

    next_thread: int
    frame_of_thread: int
    native_id: int
    previous_frame: int
    code_of_frame: int
    instruction: int
    owner: int
    filename: int
    qualified_name: int
    line_table: int
    first_line: int
    bytecode: int
    text_of_string: int = 40
    frame_is_indirect: bool = False  # what a thread state names is a record that names the frame
    frame_in_record: int = 0
    # Only where an interpreter describes itself:
    interpreters: int = 0
    interpreter_id: int = 0
    next_interpreter: int = 0
    threads: int = 0
    gil: int = 0  # of an interpreter: pointer to its GIL


_OLD = {
    11: Layout(
        next_thread=8, frame_of_thread=56, native_id=160, previous_frame=48, code_of_frame=32, instruction=56, owner=69,
        filename=112, qualified_name=128, line_table=136, first_line=72, bytecode=184, text_of_string=48,
        frame_is_indirect=True, frame_in_record=8,
    ),
    12: Layout(
        next_thread=8, frame_of_thread=56, native_id=144, previous_frame=8, code_of_frame=0, instruction=56, owner=70,
        filename=112, qualified_name=128, line_table=136, first_line=68, bytecode=192,
        frame_is_indirect=True,
    ),
}  # fmt: skip


def layout_of(version: int, table: bytes) -> Layout | None:
    """Of an interpreter by its `sys.hexversion` and the first TABLE_SIZE bytes of its `_PyRuntime`."""
    minor = version >> 16 & 0xFF
    if version >> 24 != 3:
        return None
    if minor in _OLD:
        return _OLD[minor]
    if minor not in _WORDS or not table.startswith(COOKIE) or len(table) < TABLE_SIZE:
        return None
    words = struct.unpack_from(f"<{TABLE_SIZE // 8 - 1}Q", table, 8)
    if words[0] >> 16 != version >> 16:
        return None
    offsets = {name: words[number] for name, number in _WORDS[minor].items()}
    return Layout(**offsets) if max(offsets.values()) < _MOST else None

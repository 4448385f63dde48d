"""What can be read of a running interpreter: where its GIL is, who has it, and at which line."""

import ctypes
import os
import struct
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from engine.recorder.sampling.elf import symbol
from engine.recorder.sampling.interpreter_layout import COOKIE, TABLE_SIZE, layout_of
from engine.recorder.sampling.interpreter_memory import Held, InterpreterMemory, find_runtime, line_at
from engine.recorder.sampling.sampler import Method, ThreadSampler, Where

PROGRAM = """import sys, threading
print(sys.hexversion, threading.get_native_id(), flush=True)
def spin():
    number = 0
    while True:
        number += 1
threading.Thread(target=spin, daemon=True, name="other").start()
spin()
"""
SPIN_LINES = {4, 5, 6}
PATIENCE_S = 30.0

linux = pytest.mark.skipif(
    not Path("/proc/self/mem").exists() or ThreadSampler().method is not Method.SYSTEM_CALLS,
    reason="needs Linux's /proc, and the right to trace one's own children",
)


@contextmanager
def running(python: str, folder: Path) -> Iterator[tuple[subprocess.Popen[str], int, int]]:
    """A program whose threads all want the GIL; its version and the native id of its main thread."""
    script = folder / "spin.py"
    script.write_text(PROGRAM)
    child = subprocess.Popen([python, str(script)], stdout=subprocess.PIPE, text=True)
    try:
        assert child.stdout is not None
        version, native_id = map(int, child.stdout.readline().split())
        yield child, version, native_id
    finally:
        child.kill()
        child.communicate()


def check_interpreter(python: str, folder: Path) -> None:
    with running(python, folder) as (child, version, native_id):
        memory, sampler = InterpreterMemory(child.pid, version), ThreadSampler()
        try:
            deadline = time.monotonic() + PATIENCE_S
            seen: list[Held] = []
            waited = False
            while not (waited and {held.native_id for held in seen} >= {native_id} and _has_line(seen)):
                assert time.monotonic() < deadline, (memory.gils, seen[-3:], waited)
                memory.refresh()
                seen += [held for gil in memory.gils if (held := memory.look(gil)) is not None]
                spans = [memory.runtime] if memory.runtime else None
                waited = waited or sampler.where(child.pid, native_id, spans) is Where.GIL
                time.sleep(0.002)
            assert memory.gils[0].interpreter == 0
            assert seen[-1].switches >= seen[0].switches
        finally:
            memory.close()
            sampler.close()


def _has_line(seen: list[Held]) -> bool:
    return any(held.place and held.place.line in SPIN_LINES and held.place.function == "spin" for held in seen)


@linux
def test_who_has_the_gil_of_this_interpreter_and_where_is_read_from_outside(tmp_path: Path) -> None:
    if not getattr(sys, "_is_gil_enabled", lambda: True)():
        pytest.skip("this interpreter has no GIL")
    check_interpreter(sys.executable, tmp_path)


@linux
@pytest.mark.full
def test_who_has_the_gil_of_other_interpreters_and_where(other_pythons: list[str], tmp_path: Path) -> None:
    for python in other_pythons:
        question = "import sys; print(getattr(sys, '_is_gil_enabled', lambda: True)())"
        if (
            subprocess.run([python, "-c", question], capture_output=True, text=True, check=True).stdout.strip()
            == "True"
        ):
            check_interpreter(python, tmp_path)


@linux
def test_a_process_that_is_no_python_or_gone_tells_nothing() -> None:
    child = subprocess.Popen(["sleep", "60"])
    try:
        assert find_runtime(child.pid) is None
        memory = InterpreterMemory(child.pid, sys.hexversion)
        assert (memory.gils, memory.readable, memory.native_ids()) == ([], False, {})
        memory.close()
    finally:
        child.kill()
        child.wait()
    assert find_runtime(child.pid) is None


def test_lines_are_those_that_the_interpreter_itself_tells() -> None:
    for function in (check_interpreter, running, line_at, InterpreterMemory.look):
        code = getattr(function, "__wrapped__", function).__code__
        for start, end, line in code.co_lines():
            if line is not None and end > start:
                assert line_at(code.co_linetable, code.co_firstlineno, start) == line
    assert line_at(b"", 1, 0) == 0
    assert line_at(b"\x00\x01", 1, 0) == 0


def test_symbols_are_found_by_their_whole_name(tmp_path: Path) -> None:
    assert symbol(str(tmp_path / "missing"), "_PyRuntime") is None
    (tmp_path / "text").write_text("no program")
    assert symbol(str(tmp_path / "text"), "_PyRuntime") is None
    (tmp_path / "short").write_bytes(b"\x7fELF\x02\x01" + bytes(30))
    assert symbol(str(tmp_path / "short"), "_PyRuntime") is None
    runtime = find_runtime(os.getpid())
    if runtime is not None:
        assert runtime[1] - runtime[0] > 10_000


def test_versions_that_are_not_known_are_left_alone() -> None:
    assert layout_of(0x030A0000, b"") is None
    assert layout_of(0x031F0000, COOKIE + bytes(TABLE_SIZE)) is None
    assert layout_of(0x030D0000, bytes(TABLE_SIZE)) is None
    table = COOKIE + (0x030E0000).to_bytes(8, "little") + bytes(TABLE_SIZE)
    assert layout_of(0x030D0000, table) is None  # it says it is another version


@linux
def test_a_pointer_to_nowhere_is_not_known() -> None:
    """Memory that the interpreter has freed holds anything."""
    memory = ctypes.create_string_buffer(2 * TABLE_SIZE)
    version = 0x030D00F0
    words = {0: version, 4: TABLE_SIZE, 13: 8}  # where interpreters are, and in them their GIL
    struct.pack_into("<8s59Q", memory, 0, COOKIE, *(words.get(number, 0) for number in range(59)))
    struct.pack_into("<Q", memory, TABLE_SIZE, 0xDDDDDDDDDDDDDDDD)
    start = ctypes.addressof(memory)
    reader = InterpreterMemory(os.getpid(), version, (start, start + len(memory)))
    try:
        assert reader.gils == []
        assert reader.native_ids() == {}
        assert not reader.readable
    finally:
        reader.close()

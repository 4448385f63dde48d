"""Runs small programs for real, with the tracer in them, and reads what they left in ring and text files."""

import contextlib
import marshal
import os
import signal
import struct
import subprocess
import sys
import textwrap
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

from engine.tracer import layout

INJECT = Path(layout.__file__).parent / "inject"
DEADLINE_S = 60.0
PATIENCE_S = 180.0  # for a program to end
# A module beside every program: schedules by what the tracer knows of its threads, and records nothing itself.
UNTIL = """
import sys

def until_somebody_waits_for(primitive):
    # Returns 30 ms after a thread of this process has begun to wait for it (None: for what is no primitive).
    number = sys.modules["_lanescope.primitives"].number_of(primitive)
    states = sys.modules["_lanescope.state"].run.ring.states
    sleep = sys.modules["_lanescope.originals"].sleep
    while not any(state.wait and state.wait[0] == number for state in list(states.values())):
        sleep(0.001)
    sleep(0.03)
"""


class Record(NamedTuple):
    """One record, with the serial of the thread that wrote it."""

    kind: int
    detail: int
    site: int
    object: int
    start: int
    end: int
    thread: int


@dataclass
class TracedProcess:
    """What one process wrote."""

    pid: int
    frames: list[tuple[Any, ...]] = field(default_factory=list)
    records: list[Record] = field(default_factory=list)
    ring: bytes = b""

    def texts(self, kind: str) -> list[tuple[Any, ...]]:
        """The frames of that type, without the type."""
        return [frame[1:] for frame in self.frames if frame[0] == kind]

    def primitives(self) -> list[tuple[Any, ...]]:
        """Number, kind, name, file, line, internal, capacity: those with a definition, and what templates have made.

        Of the latter the first, which may not have been used, and those that records and cells speak of.
        """
        used = {record.object for record in self.records}
        used |= {number for cell in self.cells().values() for number in cell[layout.CELL_HELD :: 2]}
        found = [frame[:-1] for frame in self.texts("primitive")]
        for number, kind, file, line, _column, internal, capacity in self.texts("template"):
            first = (number << layout.TEMPLATE_SHIFT) + 1
            made = {each for each in used if each >> layout.TEMPLATE_SHIFT == number} | {first}
            found += [(each, kind, "", file, line, internal, capacity) for each in sorted(made)]
        return found

    def primitive(self, kind: str, name: str = "") -> int:
        """Number of the first primitive of that kind (and name) that is not internal; else of any."""
        fitting = (p for p in self.primitives() if p[1] == kind and name in {"", p[2]})
        return int(min(fitting, key=lambda primitive: bool(primitive[5]))[0])

    def thread(self, name: str) -> int:
        """Serial of the first thread of that name."""
        return next(t[0] for t in self.texts("thread") if t[2] == name)

    def of(self, kind: int, number: int | None = None, thread: int | None = None) -> list[Record]:
        """Records of that kind, in order of their ends."""
        found = [
            r for r in self.records if r.kind == kind and number in {None, r.object} and thread in {None, r.thread}
        ]
        return sorted(found, key=lambda r: r.end)

    def line(self, site: int) -> int:
        """Line of a site, or of the innermost frame of a stack."""
        stacks = {s[0]: s[1] for s in self.texts("stack")}
        sites = {s[0]: s[2] for s in self.texts("site")}
        return sites[stacks[site][-1] if site in stacks else site]

    def cells(self) -> dict[int, tuple[int, ...]]:
        """Words of the cells in use, by thread serial."""
        (count,) = struct.unpack_from("=I", self.ring, layout.HEADER_ALLOCATED_CELLS)
        words = layout.CELL_SIZE // 8
        cells = (
            struct.unpack_from(f"={words}Q", self.ring, layout.CELLS_AT + n * layout.CELL_SIZE) for n in range(count)
        )
        return {cell[layout.CELL_THREAD]: cell for cell in cells if cell[layout.CELL_THREAD]}


def environment(run: Path, **more: str) -> dict[str, str]:
    """Environment of a traced process."""
    path = os.pathsep.join(part for part in (str(INJECT), os.environ.get("PYTHONPATH", "")) if part)
    return os.environ | {layout.RUN_FOLDER_VARIABLE: str(run), "PYTHONPATH": path} | more


def write_program(folder: Path, source: str, name: str = "program.py") -> Path:
    """The program as a file."""
    path = folder / name
    path.write_text(textwrap.dedent(source).lstrip("\n"))
    (folder / "until.py").write_text(UNTIL)
    return path


def run_program(
    folder: Path, source: str, *args: str, python: str = sys.executable, traced: bool = True, **options: Any
) -> subprocess.CompletedProcess[str]:
    """Run a program to its end; traced, into `folder/run`."""
    run = folder / "run"
    run.mkdir(exist_ok=True)
    program = write_program(folder, source)
    env = environment(run) if traced else dict(os.environ)
    return subprocess.run(
        [python, str(program), *args],
        env=env,
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=PATIENCE_S,
        check=False,
    )


def trace(folder: Path, source: str, *args: str, python: str = sys.executable) -> list[TracedProcess]:
    """Run a traced program that must end well, and read what it left: first the program itself."""
    done = run_program(folder, source, *args, python=python)
    assert done.returncode == 0, done.stderr
    return read_run(folder / "run")


def read_run(run: Path) -> list[TracedProcess]:
    """All processes of a run, in the order in which they appeared. Notes of failures are failures."""
    found = []
    for path in sorted(run.glob("*.texts"), key=lambda path: int(path.stem.partition("-")[0])):
        process = read_process(path)
        assert not process.texts("note"), process.texts("note")
        found.append(process)
    return found


def read_process(texts: Path) -> TracedProcess:
    """What one process has written so far."""
    process = TracedProcess(int(texts.stem.partition("-")[2]))
    data = texts.read_bytes()
    at = 0
    while at + 4 <= len(data):
        (length,) = struct.unpack_from("<I", data, at)
        if at + 4 + length > len(data):
            break
        process.frames.append(marshal.loads(data[at + 4 : at + 4 + length]))
        at += 4 + length
    ring = texts.with_suffix(".ring")
    process.ring = ring.read_bytes() if ring.exists() else b""
    if process.ring:
        process.records = list(records_of(process.ring))
    return process


def records_of(ring: bytes) -> list[Record]:
    """The records in all chunks, by chunk."""
    found = []
    (count,) = struct.unpack_from("=I", ring, layout.HEADER_ALLOCATED_CHUNKS)
    for number in range(1, count):
        start = layout.CHUNKS_AT + number * layout.CHUNK_SIZE
        state, thread = struct.unpack_from("=II", ring, start)
        if state == layout.CHUNK_FREE:
            continue
        for record in struct.iter_unpack(
            layout.RECORD_FORMAT, ring[start + layout.CHUNK_HEADER : start + layout.CHUNK_SIZE]
        ):
            if record[5]:
                found.append(Record(*record, thread))
    return found


def wait_until(condition: Callable[[], Any], what: str) -> Any:
    """Look until the condition gives something, and return it."""
    deadline = time.monotonic() + DEADLINE_S
    while time.monotonic() < deadline:
        result = condition()
        if result:
            return result
        time.sleep(0.01)
    raise AssertionError(f"never happened: {what}")


class RunningProgram:
    """A traced program that is looked at while it runs; killed at the end of the `with` block."""

    def __init__(self, folder: Path, source: str, *args: str) -> None:
        self.run = folder / "run"
        self.run.mkdir(exist_ok=True)
        program = write_program(folder, source)
        self.process = subprocess.Popen(
            [sys.executable, str(program), *args],
            env=environment(self.run),
            cwd=folder,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )

    def __enter__(self) -> "RunningProgram":
        return self

    def __exit__(self, *exception: object) -> None:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()

    def look(self) -> TracedProcess | None:
        """The program's own process as it is now; None while there is none."""
        found = list(self.run.glob(f"*-{self.process.pid}.texts"))
        if not found:
            return None
        process = read_process(found[0])
        return process if process.ring else None

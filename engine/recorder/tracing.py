"""The traced processes of a run: finds their files as they appear, takes in what they tell, notices their deaths."""

import contextlib
import os
import re
import select
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from engine.recorder.definitions.late_frames import LATE, LateFrames
from engine.recorder.definitions.registry import Launch, Registry, Service, TracedLane, TracedProcess
from engine.recorder.definitions.texts import Frame, TextFile
from engine.recorder.processes import descriptors
from engine.recorder.rings import Drained, RingFile
from engine.recording.liveness import is_alive, process_start
from engine.tracer import layout

_RING_NAME = re.compile(r"(\d+)-(\d+)\.ring")
_PATIENCE_NS = 500_000_000  # for a new process's first frame, and for a dead one's exit status


@dataclass
class Traced:
    """A process with its files."""

    process: TracedProcess
    ring: RingFile
    texts: TextFile
    descriptor: int  # pidfd, -1: none
    started: float | None
    ending: list[TracedLane] = field(default_factory=list)  # threads whose end was told in this cycle
    frames: list[Frame] = field(default_factory=list)  # read, but not yet taken in

    def poll(self) -> list[Frame]:
        """All frames that have come since."""
        frames, self.frames = [*self.frames, *self.texts.poll()], []
        return frames


@dataclass
class _Candidate:
    """A ring that has appeared, but whose process has not introduced itself yet."""

    path: Path
    since_ns: int
    ring: RingFile | None = None
    texts: TextFile | None = None
    frames: list[Frame] = field(default_factory=list)


class Tracing:
    """`living` are the processes traced now. Frames that define nothing go to `on_frame`."""

    def __init__(self, folder: Path, registry: Registry, on_frame: Callable[[TracedProcess, Frame], None]) -> None:
        self._folder = folder
        self._registry = registry
        self._on_frame = on_frame
        self._late = LateFrames(registry)
        self._poller = select.poll()
        self._candidates: dict[str, _Candidate] = {}
        self._known: set[str] = set()
        self._unreported: list[tuple[TracedProcess, int]] = []  # dead, exit status unknown, since when
        self.statuses: dict[int, int] = {}  # exit statuses by pid, as they become known
        self._signalled: dict[int, set[int]] = {}  # by pid: signals that the program itself has sent there
        self.living: list[Traced] = []
        self.holes = 0
        self._told_of_limit = False
        self._set_up_ns = 0  # of the dead
        self._lost_texts: list[tuple[TracedProcess, int]] = []  # of the dead

    @property
    def set_up_ns(self) -> int:
        """CPU time that the tracer took to set itself up in all processes."""
        return self._set_up_ns + sum(traced.ring.tracer_ns for traced in self.living)

    def lost_texts(self) -> list[tuple[TracedProcess, int]]:
        """The processes that could not tell what their threads, locks and signals are and did, and how often."""
        living = ((traced.process, traced.ring.lost_texts) for traced in self.living)
        return [*self._lost_texts, *(each for each in living if each[1])]

    def discover(self, now_ns: int) -> None:
        """Takes up new ring files."""
        with contextlib.suppress(OSError), os.scandir(self._folder) as entries:  # no descriptor left: in the next cycle
            for entry in entries:
                if entry.name not in self._known and _RING_NAME.fullmatch(entry.name):
                    self._known.add(entry.name)
                    self._candidates[entry.name] = _Candidate(Path(entry.path), now_ns)
        for name in sorted(self._candidates, key=_sequence):
            if not descriptors.has_room():
                self._tell_of_limit(now_ns)
                break
            if self._adopt(self._candidates[name], now_ns):
                del self._candidates[name]

    def _tell_of_limit(self, now_ns: int) -> None:
        if not self._told_of_limit:
            self._told_of_limit = True
            limit = descriptors.share(1)
            text = f"Some processes are not recorded: only {limit} files may be open at once here (see ulimit -n)."
            self._registry.emit({"type": "note", "time_ns": now_ns, "text": text, "level": "warning"})

    def read_cells(self) -> list[tuple[TracedProcess, NDArray[np.uint64]]]:
        """All living processes' cells."""
        return [(traced.process, traced.ring.read_cells()) for traced in self.living]

    def drain(self, now_ns: int) -> list[tuple[TracedProcess, Drained]]:
        """What all living processes have recorded since."""
        drained = []
        for traced in self.living:
            if (part := traced.ring.drain(now_ns)) is not None:
                drained.append((traced.process, part))
        return drained

    def read_texts(self) -> list[TracedLane]:
        """Takes in all frames; returns the lanes whose end had been told *before*, so that their records are all in."""
        ended = []
        for traced in self.living:
            ended += traced.ending
            traced.ending = []
            for frame in traced.poll():
                self._take(traced, frame)
        self._late.settle()
        return ended

    def listen(self, descriptor: int, *, to_it: bool = True) -> None:
        """Whether `wait` ends when there is something to be read."""
        if to_it:
            self._poller.register(descriptor, select.POLLIN)
        else:
            self._poller.unregister(descriptor)

    def wait(self, timeout_s: float) -> None:
        """Sleeps until the time has passed, a process has died, or somebody has said something."""
        self._poller.poll(max(0.0, timeout_s * 1000))

    def dead(self) -> list[Traced]:
        """Processes that have died since, or have become another program; `bury` each."""
        ended = {descriptor for descriptor, _ in self._poller.poll(0)}
        latest = {traced.process.pid: traced.process for traced in self.living if traced.process.main is None}
        return [
            traced
            for traced in self.living
            if traced.descriptor in ended
            or latest.get(traced.process.pid) is not (traced.process.main or traced.process)
            or (traced.descriptor < 0 and not is_alive(traced.process.pid, traced.started))
        ]

    def bury(self, traced: Traced, now_ns: int) -> tuple[NDArray[np.uint64], list[tuple[TracedProcess, Drained]]]:
        """Takes everything a dead process left, and removes its files: its last cells and records."""
        drained = []
        words = traced.ring.read_cells()
        while (part := traced.ring.drain(now_ns, final=True)) is not None:
            drained.append((traced.process, part))
        while frames := traced.poll():
            for frame in frames:
                self._take(traced, frame)
        traced.process.end_ns = now_ns
        traced.process.timers = tuple
        self._note_left_held(traced.process, words)
        self.holes += traced.ring.holes
        self._set_up_ns += traced.ring.tracer_ns
        if traced.ring.lost_texts:
            self._lost_texts.append((traced.process, traced.ring.lost_texts))
        traced.ring.close(unlink=True)
        traced.texts.close()
        traced.texts.path.unlink(missing_ok=True)
        if traced.descriptor >= 0:
            self._poller.unregister(traced.descriptor)
            os.close(traced.descriptor)
        self.living.remove(traced)
        self._unreported.append((traced.process, now_ns))
        return words, drained

    def _note_left_held(self, process: TracedProcess, words: NDArray[np.uint64]) -> None:
        """What it held and shares with others stays as it is."""
        held = words[:, layout.CELL_HELD :: 2]
        rows, slots = np.nonzero(held & np.uint64(layout.OBJECT_SHARED))
        for thread, number in zip(words[rows, layout.CELL_THREAD].tolist(), held[rows, slots].tolist(), strict=True):
            self._registry.left_held[number] = process.number, thread

    def report_ends(self, now_ns: int, *, final: bool = False) -> None:
        """Says how dead processes ended, once their exit status is known or will not be."""
        if final:
            self._late.settle(final=True)
        for process, since_ns in list(self._unreported):
            status = self.statuses.get(process.pid)
            if status is not None or final or now_ns - since_ns > _PATIENCE_NS:
                process.exit_status = status
                process.terminated = -(status or 0) in self._signalled.get(process.pid, ())
                self._registry.end_process(process, process.end_ns or since_ns)
                self._unreported.remove((process, since_ns))

    def abort(self) -> None:
        """Threads in contended waits are to give up."""
        for traced in self.living:
            traced.ring.abort()

    def _adopt(self, candidate: _Candidate, now_ns: int) -> bool:
        try:
            candidate.ring = candidate.ring or RingFile(candidate.path)
            candidate.texts = candidate.texts or TextFile(candidate.path.with_suffix(".texts"))
        except FileNotFoundError:
            return not candidate.path.exists()
        except (OSError, ValueError):
            return False
        candidate.frames += candidate.texts.poll()
        introduced = any(frame[0] == "process" for frame in candidate.frames)
        if not introduced and now_ns - candidate.since_ns < _PATIENCE_NS:
            return False
        self._add(candidate, candidate.ring, candidate.texts)
        return True

    def _add(self, candidate: _Candidate, ring: RingFile, texts: TextFile) -> None:
        introduction = next((frame for frame in candidate.frames if frame[0] == "process"), None)
        values: dict[str, Any] = {"version": "", "executable": "", "argv": []}
        free_threaded, forked = bool(ring.flags & layout.FLAG_FREE_THREADED), bool(ring.flags & layout.FLAG_FORKED)
        if introduction is not None:
            _, _, _, _, version, executable, argv, free_threaded, how = introduction
            values = {"version": version, "executable": executable, "argv": list(argv)}
            forked = how == "fork"
        main = self._main_interpreter(ring.pid)
        if main is None and self._registry.process_of_pid(ring.pid) is not None:
            for of_earlier in (self.statuses, self._signalled):  # of the process that had this pid before
                of_earlier.pop(ring.pid, None)
        process = self._registry.add_process(
            ring.pid,
            ring.parent_pid,
            ring.start_ns,
            free_threaded=bool(free_threaded),
            forked=forked,
            main=main,
            **values,
        )
        process.python = ring.python
        process.timers = ring.timers
        descriptor = -1
        with contextlib.suppress(OSError, AttributeError):
            descriptor = os.pidfd_open(ring.pid)
            self._poller.register(descriptor, select.POLLIN)
        # What its frames refer to, its parent may have told only now: they are taken in after the parent's next ones.
        traced = Traced(process, ring, texts, descriptor, process_start(ring.pid), frames=candidate.frames)
        self.living.append(traced)

    def _main_interpreter(self, pid: int) -> TracedProcess | None:
        """Of a process that is traced already and has not become another program: its old ring is still mapped."""
        for traced in self.living:
            if traced.process.pid == pid and traced.process.main is None:
                with contextlib.suppress(OSError), open(f"/proc/{pid}/maps", "rb") as maps:
                    return traced.process if os.fsencode(traced.ring.path) in maps.read() else None
        return None

    def _take(self, traced: Traced, frame: Frame) -> None:
        with contextlib.suppress(ValueError, TypeError, IndexError):  # a frame of another shape: leave it out
            self._dispatch(traced, frame)

    def _dispatch(self, traced: Traced, frame: Frame) -> None:
        registry, process = self._registry, traced.process
        match frame:
            case ("thread-end", serial, end_ns, error):
                lane = registry.lane(process, serial)
                lane.end_ns, lane.error = end_ns, error
                traced.ending.append(lane)
            case ("executor-worker", number, serial):
                process.workers.setdefault(number, set()).add(serial)
                registry.emit(
                    {
                        "type": "executor-worker",
                        "primitive": registry.primitive(process, number),
                        "lane": registry.lane(process, serial).number,
                    }
                )
            case ("executor-collector", number, None):
                process.collectors.pop(number, None)
            case ("executor-collector", number, serial):
                process.collectors[number] = serial
            case (str(kind), *_) if kind in LATE:
                self._late.take(process, frame)
            case ("parameter", "signal-handler" | "signal-traceback" as what, number):
                (process.handles if what == "signal-handler" else process.dumps_at).add(number)
            case ("child", pid, launched_ns, name, serial):
                registry.add_child(process, pid, Launch(name, launched_ns, registry.lane(process, serial).number))
            case ("process-work", start_ns, end_ns):
                registry.emit({"type": "process-work", "id": process.number, "start_ns": start_ns, "end_ns": end_ns})
            case ("child-end", pid, _, exit_code):
                self.statuses.setdefault(pid, exit_code)
            case ("child-signal", pid, number):
                self._signalled.setdefault(pid, set()).add(number)
            case _:
                if not self._define(process, frame):
                    self._on_frame(process, frame)

    def _define(self, process: TracedProcess, frame: Frame) -> bool:
        """Takes a frame that defines or names something."""
        registry = self._registry
        match frame:
            case ("thread", *_):
                registry.add_thread(process, frame)
            case ("thread-name", serial, name, time_ns):
                registry.name_thread(process, serial, name, time_ns)
            case ("thread-error", serial, error, stack):
                lane, where = registry.lane(process, serial), registry.site(process, stack)
                registry.emit({"type": "lane-error", "id": lane.number, "error": error, "stack": where})
            case ("thread-target", serial, target):
                registry.emit({"type": "lane-target", "id": registry.lane(process, serial).number, "target": target})
            case ("primitive", *_):
                registry.add_primitive(process, frame)
            case ("template", *_):
                registry.add_template(process, frame)
            case ("primitive-name", number, name):
                registry.name_primitive(process, number, name)
            case ("site" | "stack", *_):
                registry.add_site(process, frame)
            case ("manager",):
                process.is_manager = True
            case ("serves", serial, pid, name, client):
                process.serves[serial] = Service(pid, name, client)
            case ("text", number, text):
                registry.add_text(process, number, text)
            case _:
                return bool(frame[0] == "process")
        return True


def _sequence(name: str) -> int:
    match = _RING_NAME.fullmatch(name)
    return int(match[1]) if match else 0

"""Numbers of the recording for what traced processes number themselves, and the texts that define them."""

import contextlib
import os
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from engine.model.wait_for import Node
from engine.recorder.definitions.command_line import SERVICES, program_name
from engine.recorder.definitions.primitives import PROCESS_SHIFT, Emit, PrimitiveRegistry, inherited, numbers_of
from engine.recorder.definitions.texts import Frame
from engine.tracer import layout

TIMED_OUT_SHIFT = 31  # of that flag in the key of a detail, between primitive and site


class Launch(NamedTuple):
    """Of a child: what it is called, when its launch began, and by which lane."""

    name: str
    began_ns: int
    lane: int | None


class Service(NamedTuple):
    """A thread of a manager's process serves one of process `pid`, which was called `name` then.

    `client` is its serial; 0: not known, as the process is not traced in the same way.
    """

    pid: int
    name: str
    client: int


@dataclass
class TracedProcess:
    """One traced process. `forked`: it inherited its parent's numbers.

    A further interpreter in a process counts as one of its own, with the same pid; `main` is then that of the process's
    main interpreter, whose `interpreters` name it.
    """

    number: int
    pid: int
    parent: "TracedProcess | None"
    start_ns: int
    forked: bool
    free_threaded: bool
    python: int = 0  # sys.hexversion
    main: "TracedProcess | None" = None
    interpreters: "list[TracedProcess]" = field(default_factory=list)
    argv: list[str] = field(default_factory=list)
    name: str = ""
    is_service: bool = False  # multiprocessing's own: all its threads are internal
    lanes: "dict[int, TracedLane]" = field(default_factory=dict)  # by serial
    targets: dict[int, int] = field(default_factory=dict)  # Process object: pid
    workers: dict[int, set[int]] = field(default_factory=dict)  # executor: serials of its threads
    collectors: dict[int, int] = field(default_factory=dict)  # executor: who hands on its results; 0: nobody any more
    forks: dict[int, tuple[int, int]] = field(default_factory=dict)  # its nth: by whom (serial), number of the stack
    nth_fork: int = 0  # of its parent's that made it; 0: not known
    is_manager: bool = False  # serves the others of the run, and nobody else
    serves: dict[int, Service] = field(default_factory=dict)  # by the serving thread's serial
    children: dict[str, int] = field(default_factory=dict)  # the latest Process object of that name
    handles: set[int] = field(default_factory=set)  # signals for which the program has set handlers of its own
    dumps_at: set[int] = field(default_factory=set)  # signals at which it writes a traceback, and does nothing else
    timers: Callable[[], tuple[int, ...]] = tuple  # when their signals come, as in the ring's header, while it lives
    end_ns: int | None = None
    exit_status: int | None = None
    terminated: bool = False  # by a signal that the program itself sent to it

    def key(self, number: int) -> int:
        """Of something this process numbers itself, unique within the run."""
        return number if number & layout.OBJECT_SHARED else self.number << PROCESS_SHIFT | number

    @property
    def fork(self) -> "tuple[TracedLane, int] | None":
        """Who forked it, and at which stack, as far as is known."""
        serial, stack = self.parent.forks.get(self.nth_fork, (0, 0)) if self.parent else (0, 0)
        return (self.parent.lanes[serial], stack) if self.parent and serial in self.parent.lanes else None

    def target(self, number: int) -> int | None:
        """The pid of the process that a join of this object waits for. Forked copies count."""
        inherited = self.parent.target(number) if self.forked and self.parent else None
        return self.targets.get(number) or inherited


@dataclass
class TracedLane:
    """One thread of a traced process."""

    number: int
    process: TracedProcess
    serial: int
    native_id: int
    name: str
    start_ns: int
    internal: bool = False
    daemon: bool = False
    end_ns: int | None = None
    error: str = ""


class Registry(PrimitiveRegistry):
    """All processes, lanes and primitives of a run. Emits each definition once, before anything can refer to it."""

    def __init__(self, emit: Emit) -> None:
        super().__init__(emit)
        self.on_lane: Callable[[TracedLane], None] = lambda _: None
        self._by_pid: dict[int, list[TracedProcess]] = {}
        self.lanes: list[TracedLane] = []
        self._lanes: dict[int, int] = {}
        self._sites: dict[int, int] = {}
        self._site_texts: dict[int, dict[str, Any]] = {}
        self._places: dict[tuple[str, int, str], int] = {}
        self._texts: dict[int, int] = {}
        self._details: dict[int, int] = {}
        self._last_site = 0
        self._last_text = 0
        self.left_held: dict[int, Node] = {}  # by key, shared locks: who held it when its process ended
        self._launches: dict[int, Launch] = {}  # of children not up yet, by pid
        self.announced: set[int] = set()  # pids of children that have not shown up as traced processes (yet)

    # Definitions, from the frames of text files.

    def add_process(
        self,
        pid: int,
        parent_pid: int,
        start_ns: int,
        *,
        version: str,
        executable: str,
        argv: list[str],
        free_threaded: bool,
        forked: bool,
        main: TracedProcess | None = None,
    ) -> TracedProcess:
        """A traced process that has come up, or a further interpreter in `main`."""
        parent = main or self.process_of_pid(parent_pid)
        process = TracedProcess(len(self.processes), pid, parent, start_ns, forked, free_threaded, main=main)
        self.announced.discard(pid)
        process.is_service = not forked and program_name(executable, argv) in SERVICES
        if forked and parent is not None and parent.is_service:
            argv = parent.parent.argv if parent.parent else []  # it goes on with the program, not with the service
        process.argv = argv
        if not forked and main is None:
            with contextlib.suppress(OSError):
                self.code.start(argv, Path(os.readlink(f"/proc/{pid}/cwd")))
        launch = self._launches.pop(pid, Launch("", start_ns, None))
        process.name = launch.name or program_name(executable, argv)
        if main is not None:
            main.interpreters.append(process)
            process.name = f"interpreter {len(main.interpreters)}"
        self.processes.append(process)
        self._by_pid.setdefault(pid, []).append(process)
        self.emit(
            {
                "type": "process",
                "id": process.number,
                "pid": pid,
                "parent": parent.number if parent else None,
                "start_ns": start_ns,
                "launched_ns": launch.began_ns,
                "starter": launch.lane,
                "name": process.name,
                "python": version,
                "free_threaded": free_threaded,
                "executable": executable,
                "argv": argv,
                "how": "fork" if forked else "exec",
                "role": _role(process),
            }
        )
        return process

    def process_of_pid(self, pid: int) -> TracedProcess | None:
        """The living (else latest) process that had this pid."""
        fitting = self._by_pid.get(pid, [])
        return next((process for process in fitting if process.end_ns is None), fitting[-1] if fitting else None)

    def add_child(self, parent: TracedProcess, pid: int, launch: Launch) -> None:
        """From a "child" frame, which comes after the child's Process object and before or after its own frames."""
        name = launch.name
        if name in parent.children:
            parent.targets[parent.children[name]] = pid
        process = self.process_of_pid(pid)
        if process is None:
            self._launches[pid] = launch
            self.announced.add(pid)
        else:
            process.name = name
            text = {"type": "process-name", "id": process.number, "name": name}
            self.emit({**text, "launched_ns": launch.began_ns, "starter": launch.lane})

    def end_process(self, process: TracedProcess, time_ns: int) -> None:
        """Says that it is over; its exit status is in the process by now or stays unknown."""
        text: dict[str, Any] = {"type": "process-end", "id": process.number, "time_ns": time_ns}
        text["exit_status"] = process.exit_status
        if process.terminated:
            text["terminated"] = True
        self.emit(text)

    def add_thread(self, process: TracedProcess, frame: Frame) -> TracedLane:
        """From a "thread" frame."""
        _, serial, native_id, name, start_ns, internal, parent_serial, daemon = frame
        lane = process.lanes.get(serial)
        if lane is not None:
            self.name_thread(process, serial, name, start_ns)
            return lane
        if process.forked and native_id == process.pid and _is_of_service(process.parent, name):
            name = "MainThread"  # which was forked by a pool's thread, say, and still has its name
        parent = process.lanes.get(parent_serial)
        internal = bool(internal) or process.is_service
        lane = TracedLane(len(self.lanes), process, serial, native_id, name, start_ns, internal, bool(daemon))
        self.lanes.append(lane)
        process.lanes[serial] = lane
        self._lanes[process.key(serial)] = lane.number
        self.on_lane(lane)
        self.emit(
            {
                "type": "lane",
                "id": lane.number,
                "process": process.number,
                "serial": serial,
                "native_id": native_id,
                "name": name,
                "start_ns": start_ns,
                "internal": internal,
                "daemon": bool(daemon),
                "parent": parent.number if parent else None,
            }
        )
        return lane

    def name_thread(self, process: TracedProcess, serial: int, name: str, time_ns: int) -> None:
        """From a "thread-name" frame."""
        lane = process.lanes.get(serial)
        if lane is not None and name and lane.name != name:
            lane.name = name
            self.emit({"type": "lane-name", "id": lane.number, "name": name, "time_ns": time_ns})

    def add_site(self, process: TracedProcess, frame: Frame) -> None:
        """From a "site" or "stack" frame."""
        self._last_site += 1
        if frame[0] == "site":
            _, number, file, line, function = frame
            source = self._sources.to_keep(file)
            if source is not None:
                self.emit({"type": "source", "file": file, "text": source})
            text = {"type": "site", "id": self._last_site, "file": file, "line": line, "function": function}
        else:
            _, number, sites = frame
            text = {"type": "stack", "id": self._last_site, "sites": [self.site(process, site) for site in sites]}
        self._sites[process.key(number)] = self._last_site
        self._site_texts[self._last_site] = text
        self.emit(text)

    def place(self, file: str, line: int, function: str) -> int:
        """The number of a line that a sample has hit, which no process has numbered, as a site."""
        key = file, line, function
        number = self._places.get(key)
        if number is None:
            self._last_site = number = self._places[key] = self._last_site + 1
            source = self._sources.to_keep(file, by_chance=True)
            if source is not None:
                self.emit({"type": "source", "file": file, "text": source})
            text = {"type": "site", "id": number, "file": file, "line": line, "function": function}
            self._site_texts[number] = text
            self.emit(text)
        return number

    def add_text(self, process: TracedProcess, number: int, text: str) -> None:
        """From a "text" frame."""
        self._last_text += 1
        self._texts[process.key(number)] = self._last_text
        self.emit({"type": "name", "id": self._last_text, "text": text})

    # Numbers, one by one.

    def lane(self, process: TracedProcess, serial: int, native_id: int = 0, start_ns: int = 0) -> TracedLane:
        """The lane of a thread, made up when its own frame has not come."""
        lane = process.lanes.get(serial)
        if lane is None:
            frame = ("thread", serial, native_id, f"thread-{serial}", start_ns or process.start_ns, False, 0, False)
            lane = self.add_thread(process, frame)
        return lane

    def is_internal(self, node: Node) -> bool:
        """Whether a thread serves the standard library or the tracer."""
        lane = self.processes[node[0]].lanes.get(node[1])
        return lane is not None and lane.internal

    def site(self, process: TracedProcess, number: int) -> int:
        """0 for what is unknown."""
        return self._sites.get(process.key(number)) or inherited(process, number, self._sites)

    def text(self, process: TracedProcess, number: int) -> int:
        """The number of a task's or mark's name; 0: unknown."""
        return self._texts.get(process.key(number)) or inherited(process, number, self._texts)

    def detail(self, primitive: int, site: int, *, timed_out: bool = False) -> int:
        """The number of these together; 0 for (0, 0)."""
        key = primitive << 32 | timed_out << TIMED_OUT_SHIFT | site
        if key == 0:
            return 0
        number = self._details.get(key)
        if number is None:
            number = self._details[key] = len(self._details) + 1
            text: dict[str, Any] = {"type": "detail", "id": number, "primitive": primitive, "site": site}
            self.emit(text | {"timed_out": True} if timed_out else text)
        return number

    def stack(self, site: int) -> list[dict[str, Any]]:
        """A site or stack as `file`, `line`, `function`, innermost last."""
        text = self._site_texts.get(site)
        if text is None:
            return []
        if text["type"] == "stack":
            return [frame for inner in text["sites"] for frame in self.stack(inner)]
        return [{name: text[name] for name in ("file", "line", "function")}]

    # Numbers, many at once: arrays of keys (`process number << 40 | number`, or a shared object).

    def lane_numbers(self, keys: NDArray[np.uint64]) -> NDArray[np.uint32]:
        return numbers_of(keys, self._lanes, lambda key: self.lane(*self._split(key)).number)

    def site_numbers(self, keys: NDArray[np.uint64]) -> NDArray[np.uint32]:
        return numbers_of(keys, self._sites, lambda key: self.site(*self._split(key)))

    def text_numbers(self, keys: NDArray[np.uint64]) -> NDArray[np.uint32]:
        return numbers_of(keys, self._texts, lambda key: self.text(*self._split(key)))

    def detail_numbers(
        self, primitives: NDArray[np.uint32], sites: NDArray[np.uint32], timed_out: NDArray[np.bool_] | None = None
    ) -> NDArray[np.uint32]:
        keys = primitives.astype(np.uint64) << np.uint64(32) | sites
        if timed_out is not None:
            keys |= timed_out.astype(np.uint64) << np.uint64(TIMED_OUT_SHIFT)
        return numbers_of(keys, self._details, self._detail_of)

    def _detail_of(self, key: int) -> int:
        site = key & (1 << TIMED_OUT_SHIFT) - 1
        return self.detail(key >> 32, site, timed_out=bool(key >> TIMED_OUT_SHIFT & 1))


def _is_of_service(process: TracedProcess | None, name: str) -> bool:
    """Whether one of the process's service threads is called so."""
    return process is not None and any(lane.internal and lane.name == name for lane in process.lanes.values())


def _role(process: TracedProcess) -> str:
    if process.main is not None:
        return "interpreter"
    return ("service" if process.is_service else "worker") if process.parent else "program"


def keys_of(process_numbers: NDArray[np.uint64], numbers: NDArray[np.uint64]) -> NDArray[np.uint64]:
    """`TracedProcess.key` for arrays."""
    own = process_numbers << np.uint64(PROCESS_SHIFT) | numbers
    return np.where(numbers & np.uint64(layout.OBJECT_SHARED), numbers, own)


def has_ended(process: TracedProcess, serial: int) -> bool:
    """Whether that thread of a process is known to be over."""
    lane = process.lanes.get(serial)
    return lane is not None and lane.end_ns is not None


def main_thread(process: TracedProcess) -> int:
    """The serial of the thread whose native id is the process's; 1 where the system numbers them otherwise."""
    return next((serial for serial, lane in process.lanes.items() if lane.native_id == process.pid), 1)

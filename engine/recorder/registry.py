"""Numbers of the recording for what traced processes number themselves, and the texts that define them."""

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from engine.model.entities import Primitive
from engine.recorder.naming import SourceNames
from engine.recorder.sources import Sources
from engine.recorder.texts import Frame
from engine.recording.schema import PRIMITIVE_KINDS
from engine.tracer import layout

SERVICES = frozenset({"forkserver", "resource_tracker"})  # of multiprocessing, run with `-c`
MOST_TOLD_APART = 10_000  # locks made by one place
_MADE = (1 << layout.TEMPLATE_SHIFT) - 1  # of a number: the how-manieth of its template
_PROCESS_SHIFT = 40  # objects, sites and serials of a process are far below 1 << 40
Emit = Callable[[dict[str, Any]], None]


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
    children: dict[str, int] = field(default_factory=dict)  # the latest Process object of that name
    handles_interrupt: bool = False  # a handler of the program's own for SIGINT has been set
    end_ns: int | None = None
    exit_status: int | None = None

    def key(self, number: int) -> int:
        """Of something this process numbers itself, unique within the run."""
        return number if number & layout.OBJECT_SHARED else self.number << _PROCESS_SHIFT | number

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


class _Template(NamedTuple):
    """What a place in the code makes."""

    kind: str
    file: str
    line: int
    column: int  # of the call, in bytes; -1: unknown
    internal: bool
    capacity: int | None


class Registry:
    """All processes, lanes and primitives of a run. Emits each definition once, before anything can refer to it."""

    def __init__(self, emit: Emit) -> None:
        self.emit = emit
        self.on_lane: Callable[[TracedLane], None] = lambda _: None
        self.processes: list[TracedProcess] = []
        self._by_pid: dict[int, list[TracedProcess]] = {}
        self.lanes: list[TracedLane] = []
        self.primitives: dict[int, Primitive] = {}
        self.used_as_signals: set[int] = set()  # semaphores that were released by who held no permit
        self._sources = Sources()
        self._names = SourceNames(self._sources)
        self._lanes: dict[int, int] = {}
        self._primitives: dict[int, int] = {}
        # Primitives used by a process before the text of the one that made them was read.
        self._unknown: dict[int, tuple[TracedProcess, int]] = {}
        self._templates: dict[int, _Template] = {}
        self._sites: dict[int, int] = {}
        self._site_texts: dict[int, dict[str, Any]] = {}
        self._places: dict[tuple[str, int, str], int] = {}
        self._texts: dict[int, int] = {}
        self._details: dict[int, int] = {}
        self._last_site = 0
        self._last_text = 0
        self._launches: dict[int, tuple[str, int]] = {}  # of children not up yet: name, when their launch began
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
        name, launched_ns = self._launches.pop(pid, ("", start_ns))
        process.name = name or program_name(executable, argv)
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
                "launched_ns": launched_ns,
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

    def add_child(self, parent: TracedProcess, pid: int, name: str, launched_ns: int) -> None:
        """From a "child" frame, which comes after the child's Process object and before or after its own frames."""
        if name in parent.children:
            parent.targets[parent.children[name]] = pid
        process = self.process_of_pid(pid)
        if process is None:
            self._launches[pid] = name, launched_ns
            self.announced.add(pid)
        else:
            process.name = name
            self.emit({"type": "process-name", "id": process.number, "name": name, "launched_ns": launched_ns})

    def end_process(self, process: TracedProcess, time_ns: int) -> None:
        """Says that it is over; its exit status is in the process by now or stays unknown."""
        self.emit({"type": "process-end", "id": process.number, "time_ns": time_ns, "exit_status": process.exit_status})

    def add_thread(self, process: TracedProcess, frame: Frame) -> TracedLane:
        """From a "thread" frame."""
        _, serial, native_id, name, start_ns, internal, parent_serial, daemon = frame
        lane = process.lanes.get(serial)
        if lane is not None:
            self.name_thread(process, serial, name, start_ns)
            return lane
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

    def add_primitive(self, process: TracedProcess, frame: Frame) -> None:
        """From a "primitive" frame; a second definition only renames."""
        _, number, kind, name, file, line, internal, capacity, column = frame
        if kind == "Process":
            process.children[name] = number
        key = process.key(number)
        known = self._primitives.get(key)
        if known is not None and known not in self._unknown:
            self.name_primitive(process, number, name)
            return
        if not name and not internal:
            name = self._names.name(process.number, file, line, kind, column)
        shared = bool(number & layout.OBJECT_SHARED)
        owner = None if shared else process.number
        self._define(key, Primitive(0, kind, name, file, line, owner, shared, bool(internal), capacity))

    def add_template(self, process: TracedProcess, frame: Frame) -> None:
        """From a "template" frame: what primitives with numbers of that template are, once they are used."""
        self._templates[process.key(frame[1])] = _Template(*frame[2:])
        for unknown in [each for each in self._unknown.values() if each[1] >> layout.TEMPLATE_SHIFT == frame[1]]:
            self._define_by_template(*unknown)

    def name_primitive(self, process: TracedProcess, number: int, name: str) -> None:
        """From a "primitive-name" frame."""
        known = self.primitive(process, number)
        if known and name and self.primitives[known].name != name:
            self.primitives[known].name = name
            self.emit({"type": "primitive-name", "id": known, "name": name})

    def _define(self, key: int, primitive: Primitive) -> int:
        primitive.id = number = self._primitives.get(key) or len(self.primitives) + 1
        self._unknown.pop(number, None)
        self.primitives[number] = primitive
        self._primitives[key] = number
        if primitive.kind not in PRIMITIVE_KINDS:
            primitive.kind = "Lock"
        self.emit({"type": "primitive"} | vars(primitive))
        return number

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
        """The number of a line that no process has numbered, as a site."""
        key = file, line, function
        number = self._places.get(key)
        if number is None:
            self._last_site = number = self._places[key] = self._last_site + 1
            source = self._sources.to_keep(file)
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

    def primitive(self, process: TracedProcess, number: int) -> int:
        """0 for 0. A forked child's copy of its parent's primitive becomes one of its own."""
        if number == 0:
            return 0
        key = process.key(number)
        known = self._primitives.get(key)
        if known is not None:
            return known
        original = self._inherited(process, number, self._primitives)
        if original:
            old = self.primitives[original]
            copy = Primitive(
                0, old.kind, old.name, old.file, old.line, process.number, False, old.internal, old.capacity
            )
            return self._define(key, copy)
        made = self._define_by_template(process, number)
        if not made:
            made = self._define(key, Primitive(0, "Lock", "", "", 0, process.number))
            self._unknown[made] = process, number
        return made

    def held_primitive(self, process: TracedProcess, number: int) -> int:
        """As `primitive`; of thousands that one place has made, those that nobody waited for count as one."""
        made = number & _MADE
        if number & layout.OBJECT_SHARED or made == number or made <= MOST_TOLD_APART:
            return self.primitive(process, number)
        return self._primitives.get(process.key(number)) or self.primitive(process, number - made)

    def knows(self, process: TracedProcess, number: int) -> bool:
        """Whether a primitive has been described yet. What another process has told may not have been read."""
        return (
            process.key(number) in self._primitives
            or self._inherited(process, number, self._primitives) > 0
            or self._inherited_template(process, number >> layout.TEMPLATE_SHIFT) is not None
        )

    def _define_by_template(self, process: TracedProcess, number: int) -> int:
        """0 when it has none, or one that is not known."""
        shared = number & layout.OBJECT_SHARED
        template = None if shared else self._inherited_template(process, number >> layout.TEMPLATE_SHIFT)
        if template is None:
            return 0
        made = number & _MADE
        name = self._names.name_at(template.file, template.line, template.column, template.kind, max(made, 1))
        if template.internal and name:
            name = f"{_module(template.file)} {name}"
        if not made:
            name = f"{name}, others".lstrip(", ")
        primitive = Primitive(0, template.kind, name, template.file, template.line, process.number)
        primitive.internal, primitive.capacity = bool(template.internal), template.capacity
        return self._define(process.key(number), primitive)

    def _inherited_template(self, process: TracedProcess, number: int) -> "_Template | None":
        template = self._templates.get(process.key(number))
        while template is None and process.forked and process.parent is not None:
            process = process.parent
            template = self._templates.get(process.key(number))
        return template

    def primitive_of_key(self, key: int) -> int:
        """As `primitive`, by key."""
        return self.primitive(*self._split(key))

    def site(self, process: TracedProcess, number: int) -> int:
        """0 for what is unknown."""
        return self._sites.get(process.key(number)) or self._inherited(process, number, self._sites)

    def text(self, process: TracedProcess, number: int) -> int:
        """The number of a task's or mark's name; 0: unknown."""
        return self._texts.get(process.key(number)) or self._inherited(process, number, self._texts)

    @staticmethod
    def _inherited(process: TracedProcess, number: int, table: dict[int, int]) -> int:
        while process.forked and process.parent is not None:
            process = process.parent
            if found := table.get(process.key(number)):
                return found
        return 0

    def detail(self, primitive: int, site: int) -> int:
        """The number of this pair; 0 for (0, 0)."""
        key = primitive << 32 | site
        if key == 0:
            return 0
        number = self._details.get(key)
        if number is None:
            number = self._details[key] = len(self._details) + 1
            self.emit({"type": "detail", "id": number, "primitive": primitive, "site": site})
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
        return _map(keys, self._lanes, lambda key: self.lane(*self._split(key)).number)

    def primitive_numbers(self, keys: NDArray[np.uint64]) -> NDArray[np.uint32]:
        return _map(keys, self._primitives, lambda key: self.primitive(*self._split(key)))

    def held_primitive_numbers(self, keys: NDArray[np.uint64]) -> NDArray[np.uint32]:
        return _map(keys, self._primitives, lambda key: self.held_primitive(*self._split(key)))

    def site_numbers(self, keys: NDArray[np.uint64]) -> NDArray[np.uint32]:
        return _map(keys, self._sites, lambda key: self.site(*self._split(key)))

    def text_numbers(self, keys: NDArray[np.uint64]) -> NDArray[np.uint32]:
        return _map(keys, self._texts, lambda key: self.text(*self._split(key)))

    def detail_numbers(self, primitives: NDArray[np.uint32], sites: NDArray[np.uint32]) -> NDArray[np.uint32]:
        keys = primitives.astype(np.uint64) << np.uint64(32) | sites
        return _map(keys, self._details, lambda key: self.detail(key >> 32, key & 0xFFFFFFFF))

    def _split(self, key: int) -> tuple[TracedProcess, int]:
        if key & layout.OBJECT_SHARED:
            return self.processes[0], key
        return self.processes[key >> _PROCESS_SHIFT], key & ((1 << _PROCESS_SHIFT) - 1)


def _role(process: TracedProcess) -> str:
    if process.main is not None:
        return "interpreter"
    return ("service" if process.is_service else "worker") if process.parent else "program"


def _module(file: str) -> str:
    path = Path(file)
    return path.parent.name if path.stem == "__init__" else path.stem


def keys_of(process_numbers: NDArray[np.uint64], numbers: NDArray[np.uint64]) -> NDArray[np.uint64]:
    """`TracedProcess.key` for arrays."""
    own = process_numbers << np.uint64(_PROCESS_SHIFT) | numbers
    return np.where(numbers & np.uint64(layout.OBJECT_SHARED), numbers, own)


def _map(keys: NDArray[np.uint64], table: dict[int, int], define: Callable[[int], int]) -> NDArray[np.uint32]:
    distinct, inverse = np.unique(keys, return_inverse=True)
    found = [table.get(key) for key in distinct.tolist()]
    numbers = [define(key) if value is None else value for key, value in zip(distinct.tolist(), found, strict=True)]
    result: NDArray[np.uint32] = np.array(numbers, np.uint32)[inverse]
    return result


def program_name(executable: str, argv: list[str]) -> str:
    """What people call a program by its command line: its script, its module without package, or its interpreter.

    A command (`-c`) is "python -c", unless multiprocessing's own: one of SERVICES.
    """
    arguments = argv[1:]
    for place, argument in enumerate(arguments):
        if argument.startswith("-") and argument[1:2] != "-" and argument.endswith("c"):
            command = arguments[place + 1] if place + 1 < len(arguments) else ""
            service = re.search(r"from multiprocessing\.(\w+) import", command)
            return service[1] if service and service[1] in SERVICES else "python -c"
        if place and arguments[place - 1] in {"-X", "-W"}:
            continue
        if argument == "-m" and place + 1 < len(arguments):
            return arguments[place + 1].removesuffix(".__main__").rpartition(".")[2]
        if argument and not argument.startswith("-"):
            return Path(argument).name
    return Path(executable).name or "python"

"""Primitives of a run: what their numbers mean, told once they are used."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from engine.model.entities import Primitive
from engine.recorder.definitions.naming import SourceNames
from engine.recorder.definitions.program_code import ProgramCode
from engine.recorder.definitions.sources import Sources
from engine.recorder.definitions.texts import Frame
from engine.recording.schema import PRIMITIVE_KINDS
from engine.tracer import layout

if TYPE_CHECKING:
    from engine.recorder.definitions.registry import TracedProcess

MOST_TOLD_APART = 10_000  # locks made by one place
PROCESS_SHIFT = 40  # objects, sites and serials of a process are far below 1 << 40
_MADE = (1 << layout.TEMPLATE_SHIFT) - 1  # of a number: the how-manieth of its template
Emit = Callable[[dict[str, Any]], None]


class _Template(NamedTuple):
    """What a place in the code makes."""

    kind: str
    file: str
    line: int
    column: int  # of the call, in bytes; -1: unknown
    internal: bool
    capacity: int | None


class PrimitiveRegistry:
    """All primitives of a run. Emits the definition of each before anything can refer to it.

    What a process uses before the text of the one that made it was read is defined once more when it has been.
    """

    def __init__(self, emit: Emit) -> None:
        self.emit = emit
        self.processes: list[TracedProcess] = []
        self.primitives: dict[int, Primitive] = {}
        self.used_as_signals: set[int] = set()  # semaphores that were released by who held no permit
        self._sources = Sources()
        self.code = ProgramCode(self._sources)
        self._names = SourceNames(self._sources)
        self._primitives: dict[int, int] = {}
        self._unknown: dict[int, tuple[TracedProcess, int]] = {}  # not yet told by who made them
        self._templates: dict[int, _Template] = {}

    def source(self, file: str) -> str | None:
        """The text of a file of the program; None: it cannot be read."""
        return self._sources.text(file)

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
            name = self._names.name(process.number, file, line, kind, column) if file else "of a manager"
        shared = bool(number & layout.OBJECT_SHARED)
        owner = None if shared else process.number
        self._define(key, Primitive(0, kind, name, file, line, owner, shared, bool(internal), capacity))

    def add_of_system(self, number: int, kind: str, name: str, owner: int | None = None) -> None:
        """What the system has told of. `owner`: the process's number; None: processes share it."""
        if number not in self._primitives:
            self._define(number, Primitive(0, kind, name, "", 0, owner, owner is None))

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

    def primitive(self, process: TracedProcess, number: int) -> int:
        """0 for 0. A forked child's copy of its parent's primitive becomes one of its own."""
        if number == 0:
            return 0
        key = process.key(number)
        known = self._primitives.get(key)
        if known is not None:
            return known
        original = inherited(process, number, self._primitives)
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

    def primitive_of_key(self, key: int) -> int:
        """As `primitive`, by key."""
        return self.primitive(*self._split(key))

    def lock_between_processes(self) -> int:
        """What stands for the locks that nobody has told of: the standard library's own, under which it writes and
        reads its queues.
        """
        key = -1  # of no object
        known = self._primitives.get(key)
        lock = Primitive(0, "process Lock", "of a queue's ends", "", 0, None, shared=True, internal=True)
        return known or self._define(key, lock)

    def knows(self, process: TracedProcess, number: int) -> bool:
        """Whether a primitive has been described yet. What another process has told may not have been read."""
        return (
            process.key(number) in self._primitives
            or inherited(process, number, self._primitives) > 0
            or self._inherited_template(process, number >> layout.TEMPLATE_SHIFT) is not None
        )

    def primitive_numbers(self, keys: NDArray[np.uint64]) -> NDArray[np.uint32]:
        return numbers_of(keys, self._primitives, lambda key: self.primitive(*self._split(key)))

    def held_primitive_numbers(self, keys: NDArray[np.uint64]) -> NDArray[np.uint32]:
        return numbers_of(keys, self._primitives, lambda key: self.held_primitive(*self._split(key)))

    def _define(self, key: int, primitive: Primitive) -> int:
        primitive.id = number = self._primitives.get(key) or len(self.primitives) + 1
        self._unknown.pop(number, None)
        self.primitives[number] = primitive
        self._primitives[key] = number
        if primitive.kind not in PRIMITIVE_KINDS:
            primitive.kind = "Lock"
        self.emit({"type": "primitive"} | vars(primitive))
        return number

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

    def _inherited_template(self, process: TracedProcess, number: int) -> _Template | None:
        template = self._templates.get(process.key(number))
        while template is None and process.forked and process.parent is not None:
            process = process.parent
            template = self._templates.get(process.key(number))
        return template

    def _split(self, key: int) -> tuple[TracedProcess, int]:
        if key & layout.OBJECT_SHARED:
            return self.processes[0], key
        return self.processes[key >> PROCESS_SHIFT], key & ((1 << PROCESS_SHIFT) - 1)


def inherited(process: TracedProcess, number: int, table: dict[int, int]) -> int:
    """What an ancestor that it was forked from calls so; 0: none."""
    while process.forked and process.parent is not None:
        process = process.parent
        if found := table.get(process.key(number)):
            return found
    return 0


def numbers_of(keys: NDArray[np.uint64], table: dict[int, int], define: Callable[[int], int]) -> NDArray[np.uint32]:
    """Each key's number in the table, defined when it has none."""
    distinct, inverse = np.unique(keys, return_inverse=True)
    found = [table.get(key) for key in distinct.tolist()]
    numbers = [define(key) if value is None else value for key, value in zip(distinct.tolist(), found, strict=True)]
    result: NDArray[np.uint32] = np.array(numbers, np.uint32)[inverse]
    return result


def _module(file: str) -> str:
    path = Path(file)
    return path.parent.name if path.stem == "__init__" else path.stem

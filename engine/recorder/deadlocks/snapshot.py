"""All cells of a run at about one time: who waits for what, who holds what, and who rests."""

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from engine.model.wait_for import Node
from engine.recorder.definitions.registry import Registry, TracedProcess
from engine.tracer import layout

SETTLED_NS = 3_000_000  # younger waits are not looked at
_TIMED = np.uint64(layout.WAIT_TIMED)


@dataclass(frozen=True)
class CellWait:
    """A wait as a cell tells it; `number` is the awaited object's, `owner` the thread that held it when last seen."""

    process: TracedProcess
    thread: int
    serial: int
    number: int
    since_ns: int
    detail: int
    site: int
    owner: int
    owner_site: int

    @property
    def node(self) -> Node:
        return self.process.number, self.thread


@dataclass
class Snapshot:
    """All cells at about one time."""

    cells: list[tuple[TracedProcess, NDArray[np.uint64]]]
    registry: Registry
    getters: dict[int, set[Node]] = field(default_factory=dict)  # by process queue: who has ever read from it
    dead: list[tuple[TracedProcess, NDArray[np.uint64]]] = field(default_factory=list)  # since the last; last cells
    sleepers: frozenset[Node] = frozenset()  # whom no cell tells to wait: see there

    def chosen(self, before_ns: int, *, timed: bool = False) -> list[NDArray[np.uint64]]:
        """Per process the cells of untimed waits for a primitive that began before this time (no service's rest).

        `timed`: of those with a timeout too.
        """
        never = layout.WAIT_INTERNAL | layout.WAIT_ANY
        left_out = np.uint64(never if timed else never | layout.WAIT_TIMED)
        parts = []
        for _, words in self.cells:
            detail = words[:, layout.CELL_WAIT_DETAIL]
            state = detail & np.uint64(layout.WAIT_STATE_MASK)
            awaited = words[:, layout.CELL_WAIT_OBJECT]
            from_pipe = (state == layout.WAIT_IO) & (awaited & np.uint64(layout.OBJECT_SHARED) != 0)
            chosen = (
                (words[:, layout.CELL_WAIT_SERIAL] & np.uint64(1) == 1)
                & ((state == layout.WAIT_LOCK) | (state == layout.WAIT_OTHER) | from_pipe)
                & (detail & left_out == 0)
                & (awaited != 0)
                & (words[:, layout.CELL_WAIT_SINCE] < np.uint64(before_ns))
            )
            parts.append(words[chosen])
        return parts

    def waits(self, chosen: list[NDArray[np.uint64]]) -> list[CellWait]:
        """What these cells say."""
        found = []
        for (process, _), words in zip(self.cells, chosen, strict=True):
            for row in words.tolist():
                found.append(
                    CellWait(
                        process, row[layout.CELL_THREAD], row[layout.CELL_WAIT_SERIAL], row[layout.CELL_WAIT_OBJECT],
                        row[layout.CELL_WAIT_SINCE], row[layout.CELL_WAIT_DETAIL], row[layout.CELL_WAIT_SITE],
                        row[layout.CELL_OWNER_THREAD], row[layout.CELL_OWNER_SITE],
                    )
                )  # fmt: skip
        return found

    def is_settling(self, now_ns: int) -> bool:
        """Whether all threads wait, nobody for some time only, and somebody has begun to just now."""
        is_young = False
        for _, words in self.cells:
            waits = words[:, layout.CELL_WAIT_SERIAL] & np.uint64(1) == 1
            if not len(words) or not (waits & (words[:, layout.CELL_WAIT_DETAIL] & _TIMED == 0)).all():
                return False
            is_young |= bool((words[:, layout.CELL_WAIT_SINCE] > np.uint64(now_ns - SETTLED_NS)).any())
        return is_young

    def wait_serials(self) -> dict[Node, int]:
        """The wait serial of every thread, those included that died in a wait since the last snapshot."""
        serials = {}
        for process, words in [*self.cells, *self.dead]:
            for thread, serial in words[:, [layout.CELL_THREAD, layout.CELL_WAIT_SERIAL]].tolist():
                serials[process.number, thread] = serial
        return serials

    def idle(self) -> list[bytes]:
        """Which threads rest, where pools are served by threads of their own; to be compared with another's."""
        if not any(process.collectors for process, _ in self.cells):
            return []
        return [words[_rests(words), layout.CELL_THREAD].tobytes() for _, words in self.cells]

    def holds(self) -> dict[Node, list[int]]:
        """Keys of the objects each thread holds, oldest first."""
        holds: dict[Node, list[tuple[int, int]]] = {}
        for process, words in self.cells:
            held = words[:, layout.CELL_HELD :].reshape(-1, layout.HELD_SLOTS, 2)
            rows, slots = np.nonzero(held[:, :, 0])
            threads = words[rows, layout.CELL_THREAD].tolist()
            for thread, (number, since) in zip(threads, held[rows, slots].tolist(), strict=True):
                holds.setdefault((process.number, thread), []).append((since, process.key(number)))
        return {node: [key for _, key in sorted(pairs)] for node, pairs in holds.items()}

    def hold_site(self, holder: Node, key: int) -> int:
        """Where a thread acquired an object that it holds; 0 when it does not hold it, or that is not known."""
        for process, words in self.cells:
            if process.number == holder[0]:
                mine = words[words[:, layout.CELL_THREAD] == np.uint64(holder[1])]
                for row in mine.tolist():
                    held = row[layout.CELL_HELD :: 2]
                    sites = [
                        site
                        for number, site in zip(held, row[layout.CELL_HELD_SITE :], strict=False)
                        if number and process.key(number) == key
                    ]
                    return self.registry.site(process, sites[0]) if sites else 0
        return 0


def resting_threads(process: TracedProcess, words: NDArray[np.uint64]) -> set[Node]:
    """Idle workers and service threads in their ordinary rest."""
    return {(process.number, thread) for thread in words[_rests(words), layout.CELL_THREAD].tolist()}


def _rests(words: NDArray[np.uint64]) -> NDArray[np.bool_]:
    """By cell."""
    detail = words[:, layout.CELL_WAIT_DETAIL]
    rests = (detail & np.uint64(layout.WAIT_STATE_MASK) == layout.WAIT_IDLE) | (
        detail & np.uint64(layout.WAIT_INTERNAL) != 0
    )
    rests &= words[:, layout.CELL_WAIT_SERIAL] & np.uint64(1) == 1
    result: NDArray[np.bool_] = rests & (detail & np.uint64(layout.WAIT_TIMED) == 0)
    return result

"""Who could bring about what is waited for of an executor or a pool: its workers, and who hands on their results.

A pool of processes has threads of its own besides its workers: one hands on the results, and calls the user's callbacks
with them. It rests while there is none, as a worker does while there is no task. Where all of them rest nothing is left
to be done, and whatever is still waited for never comes: its task went down with a worker, say. Another one replaces
workers; whoever joins a pool waits for the end of that one first, which comes when all tasks are done.
"""

from typing import NamedTuple

from engine.analysis.deadlock import COPY_OF_EXECUTOR, LOST_TASK, NOBODY_HANDS_ON, Reason
from engine.model.wait_for import NOBODY, Crowd, Node, Wait
from engine.recorder.definitions.registry import Registry, TracedProcess
from engine.tracer import layout

_REPLACES_WORKERS = "(_handle_workers)"  # in the name of a thread that does


class Work(NamedTuple):
    """The threads any of which may bring it about (none: not known), `bystanders` who may yet begin to; or the `reason`
    why nobody can.
    """

    nodes: set[Node]
    bystanders: Crowd = NOBODY
    reason: Reason | None = None


class ExecutorWork:
    """Answers for one moment. `ending`: processes whose main thread is over; `is_starting`: so is some process."""

    def __init__(
        self, registry: Registry, threads: set[Node], resting: set[Node], *, ending: set[int], is_starting: bool
    ) -> None:
        self._registry = registry
        self._threads = threads
        self._resting = resting
        self._ending = ending
        self._is_starting = is_starting
        self._known: dict[tuple[int, int], Work] = {}  # by process and executor

    def of(self, process: TracedProcess, number: int) -> Work:
        """For who waits in this process for the executor with that number."""
        key = process.number, number
        if key not in self._known:
            self._known[key] = self._find(process, number)
        return self._known[key]

    def of_joined(self, process: TracedProcess, serial: int) -> set[Node]:
        """Who has to do something before that thread of a pool's ends, if it replaces workers; nobody, where it is
        another one or that is not known. With several pools any of them may be its.
        """
        lane = process.lanes.get(serial)
        if lane is None or not lane.internal or _REPLACES_WORKERS not in lane.name:
            return set()
        found = [self.of(process, number) for number in process.collectors]
        if any(not each.nodes for each in found):
            return set()
        return {node for each in found for node in each.nodes | each.bystanders}

    def relays(self) -> dict[Node, Wait]:
        """The waits of those who will have results to hand on once a worker has done something: no rest, that is."""
        found = {}
        for process in self._registry.processes:
            for number, serial in process.collectors.items():
                node = process.number, serial
                if node not in self._resting:
                    continue
                work = self.of(process, number)
                if work.reason is None or work.bystanders:
                    others = frozenset(work.nodes - {node})
                    found[node] = Wait(node, 0, others, work.bystanders, ends_otherwise=not others, follows=True)
        return found

    def _find(self, process: TracedProcess, number: int) -> Work:
        collector = process.collectors.get(number)
        if collector == 0:
            return Work(set(), reason=COPY_OF_EXECUTOR)
        processes = self._registry.processes if number & layout.OBJECT_SHARED else [process]
        workers = {(each.number, serial) for each in processes for serial in each.workers.get(number, ())}
        busy = workers & self._threads - self._resting
        if collector is None:
            return Work(busy)
        node = process.number, collector
        if node not in self._threads:
            return Work(set(), reason=NOBODY_HANDS_ON)
        if node not in self._resting or not workers:
            return Work({node})
        if self._is_starting or any(self._is_below(each, process) for each in self._ending):
            return Work(set())  # there may be a worker more, or one less, which the pool will do something about
        return Work(busy, self._newcomers(process, workers), None if busy else LOST_TASK)

    def _newcomers(self, process: TracedProcess, workers: set[Node]) -> Crowd:
        """The pool's own threads while they are at work, and processes that come up and may become workers: but not a
        fork server, which makes some for who asks it to.
        """
        return frozenset(
            node
            for node in self._threads - self._resting - workers
            if (self._registry.is_internal(node) if node[0] == process.number else self._may_work(node[0], process))
        )

    def _may_work(self, number: int, process: TracedProcess) -> bool:
        return not self._registry.processes[number].is_service and self._is_below(number, process)

    def _is_below(self, number: int, process: TracedProcess) -> bool:
        """Whether a process was started by this one, directly or not."""
        parent = self._registry.processes[number].parent
        while parent is not None and parent is not process:
            parent = parent.parent
        return parent is process

"""What is said of the threads of a knot: where each waits, what it holds, what people call it."""

from engine.analysis.deadlock import JOINS, KnotEdge, Participant
from engine.model import wait_for
from engine.model.wait_for import Node, Wait
from engine.recorder.enablers import CellWait, Enablers, main_thread
from engine.recorder.registry import Registry, TracedLane
from engine.tracer import layout


class Participants:
    """Finds it in the registry."""

    def __init__(self, registry: Registry) -> None:
        self._registry = registry

    def of(
        self, nodes: tuple[Node, ...], enablers: Enablers, waits: dict[Node, Wait]
    ) -> tuple[list[Participant], list[KnotEdge]]:
        """The participants of a knot and its edges."""
        members = frozenset(nodes)
        edges = [
            self.edge(enablers.waits[waiter], holder)
            for waiter in nodes
            for holder in wait_for.ends_of(waits[waiter], members)
        ]
        return [self.participant(enablers, node) for node in nodes], edges

    def edge(self, wait: CellWait, holder: Node) -> KnotEdge:
        """One edge."""
        registry = self._registry
        hold_site = registry.site(wait.process, wait.owner_site) if (wait.process.number, wait.owner) == holder else 0
        return KnotEdge(
            self.lane(wait.node).number,
            self.lane(holder).number,
            registry.primitive(wait.process, wait.number),
            registry.site(wait.process, wait.site),
            hold_site,
        )

    def participant(self, enablers: Enablers, node: Node) -> Participant:
        """One thread."""
        wait, lane = enablers.waits[node], self.lane(node)
        registry, process = self._registry, wait.process
        primitive = enablers.primitive(wait)
        site = registry.site(process, wait.site)
        holds = [registry.primitive_of_key(key) for key in enablers.holds.get(node, [])]
        return Participant(
            lane.number,
            process.pid,
            lane.name,
            self._name(lane),
            wait.since_ns,
            primitive,
            site,
            tuple(registry.primitives[number] for number in holds),
            tuple(registry.stack(site)),
            self._awaited(wait, primitive.kind),
            enablers.is_flush(wait),
            bool(wait.detail & layout.WAIT_HELD_AT_FORK),
            enablers.reasons.get(node),
        )

    def _awaited(self, wait: CellWait, kind: str) -> str:
        registry, process = self._registry, wait.process
        if kind in JOINS and wait.owner:
            return self._name(registry.lane(process, wait.owner))
        if kind in JOINS and (target := process.target(wait.number)):
            awaited = registry.process_of_pid(target)
            if awaited is not None:
                return self._name(registry.lane(awaited, main_thread(awaited)))
        return ""

    def lane(self, node: Node) -> TracedLane:
        """The lane of a thread."""
        return self._registry.lane(self._registry.processes[node[0]], node[1])

    def _name(self, lane: TracedLane) -> str:
        """A worker process is known by its own name rather than by that of its main thread."""
        process = lane.process
        if process.parent is None or lane.serial != main_thread(process):
            return lane.name
        return process.name

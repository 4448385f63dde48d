"""Watches for deadlock while the program runs. Reads cells only: the stream of records may drop, cells never lie.

A knot counts once two looks, some milliseconds apart, found it with every wait serial unchanged.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from engine.analysis.deadlock import JOINS, KnotEdge, Participant, finding
from engine.model import wait_for
from engine.model.wait_for import Node
from engine.recorder.enablers import CellWait, Enablers, Snapshot, main_thread
from engine.recorder.outsiders import LASTS_NS, Outsiders
from engine.recorder.registry import Registry, TracedLane
from engine.tracer import layout

SETTLED_NS = 3_000_000  # younger waits are not looked at
CONFIRM_NS = 4_000_000
STACKS_NS = 1_000_000_000  # for so long a stack may replace the site of a wait

Knot = tuple[tuple[Node, int], ...]  # threads with the serials of their waits


@dataclass
class _Observed:
    """A deadlock that has been reported."""

    number: int
    knot: Knot
    waits: dict[Node, CellWait]
    participants: list[Participant]
    edges: list[KnotEdge]
    found_ns: int


class DeadlockWatch:
    """Call `look` with every snapshot. `emit` gets findings; `confirmed` counts them."""

    def __init__(self, registry: Registry, emit: Callable[[dict[str, Any]], None]) -> None:
        self._registry = registry
        self._emit = emit
        self._seen: object = None
        self._suspected: dict[Knot, int] = {}
        self._observed: dict[Knot, _Observed] = {}
        self._outsiders = Outsiders()
        self._due_ns: int | None = None  # when what cells do not show may have changed an answer
        self._last_number = 0
        self.confirmed = 0
        self.open_waits: dict[int, int] = {}  # lanes that are deadlocked now: since when they wait

    @property
    def wants_another_look(self) -> bool:
        """A suspicion is waiting for its confirmation."""
        return bool(self._suspected)

    def is_due(self, now_ns: int) -> bool:
        """Whether to look although nothing moves: an outsider who might have acted may be gone."""
        return self._due_ns is not None and now_ns >= self._due_ns

    def look(self, snapshot: Snapshot, now_ns: int) -> None:
        """Finds, confirms and resolves."""
        chosen = snapshot.chosen(now_ns - SETTLED_NS)
        threads = tuple(len(words) for _, words in snapshot.cells)
        signature = threads, [words[:, [layout.CELL_THREAD, layout.CELL_WAIT_SERIAL]].tobytes() for words in chosen]
        due = self.is_due(now_ns)
        if signature == self._seen and not self._suspected and not self._observed and not due:
            return
        waits = snapshot.waits(chosen)
        if signature != self._seen or self._suspected or due:
            self._seen = signature
            self._find(snapshot, waits, now_ns)
        if self._observed:
            self._follow(snapshot, {wait.node: wait for wait in waits}, now_ns)

    def end(self, now_ns: int) -> None:
        """The program is being ended: what is deadlocked stays so to the end."""
        for observed in self._observed.values():
            self._report(observed, now_ns, None)
        self._observed.clear()

    def _find(self, snapshot: Snapshot, waits: list[CellWait], now_ns: int) -> None:
        enablers = Enablers(snapshot, waits, self._outsiders)
        graph_waits = {wait.node: enablers.wait(wait) for wait in waits if not enablers.surely_goes_on(wait)}
        self._due_ns = now_ns + LASTS_NS if enablers.may_change else None
        knots = wait_for.find_knots(wait_for.stuck_nodes(graph_waits), graph_waits)
        knots = wait_for.without_followers(knots, graph_waits)
        suspected: dict[Knot, int] = {}
        for nodes in knots:
            knot = tuple((node, enablers.waits[node].serial) for node in nodes)
            if knot in self._observed:
                continue
            since = self._suspected.get(knot, now_ns)
            if now_ns - since < CONFIRM_NS:
                suspected[knot] = since
                continue
            edges = [
                self._edge(enablers.waits[waiter], holder)
                for waiter in nodes
                for holder in wait_for.ends_of(graph_waits[waiter], frozenset(nodes))
            ]
            participants = [self._participant(enablers, node) for node in nodes]
            self._last_number += 1
            waiting = {node: enablers.waits[node] for node in nodes}
            observed = _Observed(self._last_number, knot, waiting, participants, edges, now_ns)
            self._observed[knot] = observed
            self.confirmed += 1
            self.open_waits.update((each.lane, each.since_ns) for each in participants)
            self._report(observed, now_ns, None)
        self._suspected = suspected

    def _follow(self, snapshot: Snapshot, waits: dict[Node, CellWait], now_ns: int) -> None:
        """Resolves what goes on after all; takes in stacks that came later."""
        serials = snapshot.wait_serials()
        for knot, observed in list(self._observed.items()):
            if any(serials.get(node) != serial for node, serial in knot):
                del self._observed[knot]
                for participant in observed.participants:
                    self.open_waits.pop(participant.lane, None)
                self._report(observed, now_ns, now_ns)
            elif now_ns - observed.found_ns < STACKS_NS and any(
                node in waits and waits[node].site != wait.site for node, wait in observed.waits.items()
            ):
                observed.waits = {node: waits.get(node, wait) for node, wait in observed.waits.items()}
                enablers = Enablers(snapshot, observed.waits.values(), self._outsiders)
                observed.participants = [self._participant(enablers, node) for node, _ in knot]
                nodes = {
                    participant.lane: node for participant, (node, _) in zip(observed.participants, knot, strict=True)
                }
                observed.edges = [
                    self._edge(observed.waits[nodes[edge.waiter]], nodes[edge.holder]) for edge in observed.edges
                ]
                self._report(observed, now_ns, None)

    def _report(self, observed: _Observed, now_ns: int, resolved_ns: int | None) -> None:
        self._emit(finding(observed.number, observed.participants, observed.edges, now_ns, resolved_ns))

    def _edge(self, wait: CellWait, holder: Node) -> KnotEdge:
        registry = self._registry
        hold_site = registry.site(wait.process, wait.owner_site) if (wait.process.number, wait.owner) == holder else 0
        return KnotEdge(
            self._lane(wait.node).number,
            self._lane(holder).number,
            registry.primitive(wait.process, wait.number),
            registry.site(wait.process, wait.site),
            hold_site,
        )

    def _participant(self, enablers: Enablers, node: Node) -> Participant:
        wait, lane = enablers.waits[node], self._lane(node)
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

    def _lane(self, node: Node) -> TracedLane:
        return self._registry.lane(self._registry.processes[node[0]], node[1])

    def _name(self, lane: TracedLane) -> str:
        """A worker process is known by its own name rather than by that of its main thread."""
        process = lane.process
        if process.parent is None or lane.serial != main_thread(process):
            return lane.name
        return process.name

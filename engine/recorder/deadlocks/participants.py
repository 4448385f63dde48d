"""What is said of the threads of a knot: where each waits, what it holds, what people call it."""

from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path
from typing import Any

from engine.analysis.deadlock import JOINS, MUTEXES, KnotEdge, Participant, Reason, sleeps_within
from engine.model import wait_for
from engine.model.entities import Primitive
from engine.model.wait_for import Node, Wait
from engine.recorder.deadlocks.brackets import bracketed_lines
from engine.recorder.deadlocks.enablers import Enablers
from engine.recorder.deadlocks.snapshot import CellWait
from engine.recorder.definitions.registry import Registry, TracedLane, TracedProcess, main_thread
from engine.tracer import layout

_JOINABLE = ("Queue", "process JoinableQueue")


class Participants:
    """Finds it in the registry."""

    def __init__(self, registry: Registry) -> None:
        self._registry = registry
        self._brackets: dict[str, frozenset[int]] = {}  # by file: lines that give back what they take

    def of(
        self, nodes: tuple[Node, ...], enablers: Enablers, waits: dict[Node, Wait]
    ) -> tuple[list[Participant], list[KnotEdge]]:
        """The participants of a knot and its edges."""
        members = frozenset(nodes) | {servant for node in nodes for servant in enablers.served.servants(node)}
        for node in nodes:
            if asleep := waits[node].enablers & enablers.sleepers:
                enablers.reasons.setdefault(node, sleeps_within(self.name(min(asleep))))
        edges = []
        for waiter in nodes:
            holders: list[Node | None] = []
            if not self._is_forsaken(waiter, enablers):
                holders += sorted(self._ends(waiter, members, enablers, waits) & set(nodes))
            edges += [self.edge(enablers, waiter, holder) for holder in holders or (None,)]
        return [self.participant(enablers, node) for node in nodes], edges

    def _is_forsaken(self, waiter: Node, enablers: Enablers) -> bool:
        """Whether it waits for what nobody can do any more, rather than for itself."""
        waiting = enablers.servants_at_work(waiter) or {waiter}
        return any(
            node in enablers.reasons or enablers.waits[node].detail & layout.WAIT_HELD_AT_FORK for node in waiting
        )

    def _ends(self, waiter: Node, members: frozenset[Node], enablers: Enablers, waits: dict[Node, Wait]) -> set[Node]:
        """Who could end its wait; for who waits for a serving thread, who could end that one's."""
        servants = enablers.servants_at_work(waiter)
        ends = {end for each in servants or {waiter} for end in wait_for.ends_of(waits[each], members)}
        return {client for end in ends for client in enablers.served.clients(end) or (end,)}

    def edge(self, enablers: Enablers, waiter: Node, holder: Node | None) -> KnotEdge:
        """One edge. No holder: nobody is left who could end the wait."""
        registry, wait = self._registry, enablers.waits[waiter]
        hold_site = 0
        if holder is not None:
            hold_site = enablers.hold_site(holder, wait.process.key(wait.number))
            if not hold_site and (wait.process.number, wait.owner) == holder:
                hold_site = registry.site(wait.process, wait.owner_site)
        return KnotEdge(
            self.lane(wait.node).number,
            self.lane(holder).number if holder is not None else None,
            registry.primitive(wait.process, wait.number),
            registry.site(wait.process, wait.site),
            hold_site,
        )

    def is_mutex(self, enablers: Enablers, waiter: Node, holders: Iterable[Node]) -> bool:
        """Whether these hold what is waited for to give it back themselves: it is no signal that others may give."""
        wait = enablers.waits[waiter]
        if enablers.primitive(wait).kind.endswith("RLock"):
            return True
        stacks = [self._registry.stack(enablers.hold_site(each, wait.process.key(wait.number))) for each in holders]
        return all(bool(stack) and stack[-1]["line"] in self._bracketed(stack[-1]["file"]) for stack in stacks)

    def _bracketed(self, file: str) -> frozenset[int]:
        if file not in self._brackets:
            self._brackets[file] = bracketed_lines(self._registry.source(file) or "")
        return self._brackets[file]

    def participant(self, enablers: Enablers, node: Node) -> Participant:
        """One thread."""
        wait, lane = enablers.waits[node], self.lane(node)
        registry, process = self._registry, wait.process
        managed = self._managed(enablers)
        primitive = self._awaited_primitive(enablers, node)
        site = registry.site(process, wait.site)
        stack = registry.stack(site)
        line = self._line(stack)
        keys = [key for each in (node, *sorted(enablers.served.servants(node))) for key in enablers.holds.get(each, [])]
        holds = [registry.primitives[registry.primitive_of_key(key)] for key in keys]
        return Participant(
            lane.number,
            process.pid,
            lane.name,
            self._name(lane),
            wait.since_ns,
            primitive,
            site,
            tuple(managed.get(each.id, each) for each in holds),
            tuple(stack),
            self._awaited(wait, primitive.kind),
            enablers.is_flush(wait),
            bool(wait.detail & layout.WAIT_HELD_AT_FORK),
            self._reason(enablers, node),
            self._forked(process) if wait.detail & layout.WAIT_HELD_AT_FORK else "",
            primitive.kind in _JOINABLE and ".join(" in line,
            primitive.kind in _JOINABLE and ".get(" in line,
        )

    def _line(self, stack: list[dict[str, Any]]) -> str:
        """The program's line where it waits; empty when that is not known."""
        if not stack:
            return ""
        lines = (self._registry.source(stack[-1]["file"]) or "").splitlines()
        return "".join(lines[stack[-1]["line"] - 1 : stack[-1]["line"]])

    def _reason(self, enablers: Enablers, node: Node) -> Reason | None:
        """Why nobody can end its wait, or that of the thread that serves it."""
        waiting = (node, *sorted(enablers.servants_at_work(node)))
        return next((enablers.reasons[each] for each in waiting if each in enablers.reasons), None)

    def _forked(self, process: TracedProcess) -> str:
        """By whom and where."""
        if process.fork is None:
            return ""
        forker, number = process.fork
        stack = self._registry.stack(number)
        place = f" ({Path(stack[-1]['file']).name}:{stack[-1]['line']})" if stack else ""
        return f"by {self._name(forker)}{place}"

    def _managed(self, enablers: Enablers) -> dict[int, Primitive]:
        """What is in a manager's process, by number, as those know it who wait for it by a proxy."""
        found = {}
        for node in enablers.waits:
            for servant in enablers.servants_at_work(node):
                inner = enablers.primitive(enablers.waits[servant])
                found[inner.id] = self._awaited_primitive(enablers, node)
        return found

    def _awaited_primitive(self, enablers: Enablers, node: Node) -> Primitive:
        """What a thread waits for: by its own name for it, where it is a proxy, and of the kind that it stands for."""
        primitive = enablers.primitive(enablers.waits[node])
        for servant in enablers.servants_at_work(node):
            kind = enablers.primitive(enablers.waits[servant]).kind
            return replace(primitive, kind=f"process {kind}" if kind in MUTEXES else kind)
        return primitive

    def _awaited(self, wait: CellWait, kind: str) -> str:
        registry, process = self._registry, wait.process
        if kind in JOINS | {"Future"} and wait.owner:
            return self._name(registry.lane(process, wait.owner))
        if kind in JOINS and (target := process.target(wait.number)):
            awaited = registry.process_of_pid(target)
            if awaited is not None:
                return self._name(registry.lane(awaited, main_thread(awaited)))
        return ""

    def lane(self, node: Node) -> TracedLane:
        """The lane of a thread."""
        return self._registry.lane(self._registry.processes[node[0]], node[1])

    def name(self, node: Node) -> str:
        """What people call a thread."""
        return self._name(self.lane(node))

    def _name(self, lane: TracedLane) -> str:
        """A worker process is known by its own name rather than by that of its main thread."""
        process = lane.process
        if process.parent is None or lane.serial != main_thread(process):
            return lane.name
        return process.name

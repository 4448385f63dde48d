"""Waits that would be a deadlock but for one thing: somebody gives up by itself, or somebody unknown may yet act.

Nothing of that can be proven, so it is no deadlock; but whoever watches the program stand still wants to know why. Told
once such a knot has lasted, and only when it is about particular threads: a lock's holder, whoever is joined. Where all
merely wait for work or for a word, a program is idle and no more.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

from engine.analysis.deadlock import LOST_TASK, KnotEdge, Participant, long_wait
from engine.model import wait_for
from engine.model.wait_for import NOBODY, Node, Wait
from engine.recorder.enablers import Enablers, Snapshot
from engine.recorder.outsiders import Outsiders
from engine.recorder.participants import Participants
from engine.tracer import layout

LONG_NS = 1_000_000_000
SOON_NS = 100_000_000  # after that the end of one that was told of is noticed
CONFIRM_NS = 50_000_000  # seen twice, so long apart

Knot = tuple[tuple[Node, int], ...]  # threads with the serials of their waits


class _NoOutsiders(Outsiders):
    """As if nobody but the threads with a lane could act."""

    def may_act_in(self, _process: object) -> bool:
        return False


@dataclass
class _Told:
    number: int
    participants: list[Participant]
    edges: list[KnotEdge]
    reason: str


class LongWaits:
    """Call `look` when `is_due`. `emit` gets findings; it numbers those with the number 0."""

    def __init__(
        self, participants: Participants, outsiders: Outsiders, emit: Callable[[dict[str, Any]], None]
    ) -> None:
        self._participants = participants
        self._outsiders = outsiders
        self._emit = emit
        self._due_ns = 0
        self._seen: object = None
        self._told: dict[Knot, _Told] = {}
        self._suspected: set[Knot] = set()  # seen once

    def is_due(self, now_ns: int) -> bool:
        """About once a second, more often while one lasts."""
        return now_ns >= self._due_ns

    def look(self, snapshot: Snapshot, now_ns: int, deadlocked: set[Node]) -> None:
        """Tells of what has become long, and of what has come to its end. `deadlocked` are known to be more."""
        self._due_ns = now_ns + (SOON_NS if self._told else LONG_NS)
        chosen = snapshot.chosen(now_ns - LONG_NS, timed=True)
        signature = [words[:, [layout.CELL_THREAD, layout.CELL_WAIT_SERIAL]].tobytes() for words in chosen]
        if signature == self._seen and not self._suspected:
            return
        self._seen = signature
        serials = snapshot.wait_serials() if self._told else {}
        for knot, told in list(self._told.items()):
            if any(serials.get(node) != serial for node, serial in knot):
                del self._told[knot]
                self._report(told, now_ns, now_ns)
        waits = snapshot.waits(chosen)
        enablers = Enablers(snapshot, waits, _NoOutsiders())
        graph = {wait.node: self._as_if_forever(enablers.wait(wait), enablers) for wait in waits} | enablers.relays
        knots = wait_for.find_knots(wait_for.stuck_nodes(graph), graph)
        suspected, self._suspected = self._suspected, set()
        for nodes in enablers.without_relays(wait_for.without_followers(knots, graph)):
            knot = tuple((node, enablers.waits[node].serial) for node in nodes)
            is_particular = any(graph[node].enablers for node in nodes)
            if knot in self._told or not is_particular or deadlocked & set(nodes):
                continue
            if knot not in suspected:
                self._suspected.add(knot)
                self._due_ns = now_ns + CONFIRM_NS
                continue
            participants, edges = self._participants.of(nodes, enablers, graph)
            if reason := self._reason(nodes, enablers, participants):
                told = self._told[knot] = _Told(0, participants, edges, reason)
                self._report(told, now_ns, None)
                self._due_ns = now_ns + SOON_NS

    def end(self, now_ns: int) -> None:
        """The program is being ended."""
        for told in self._told.values():
            self._report(told, now_ns, None)
        self._told.clear()

    @staticmethod
    def _as_if_forever(wait: Wait, enablers: Enablers) -> Wait:
        """Without its timeout; without those who could help but need not, where whoever should has ended."""
        is_owed = (
            enablers.reasons.get(wait.node, LOST_TASK) is not LOST_TASK
        )  # a worker that comes up may have the task
        return replace(wait, timed=False, bystanders=NOBODY if is_owed else wait.bystanders)

    def _reason(self, nodes: tuple[Node, ...], enablers: Enablers, participants: list[Participant]) -> str:
        """Why it is no deadlock; nothing where that is not known."""
        waits = [enablers.waits[node] for node in nodes]
        timed = [each.name for each, wait in zip(participants, waits, strict=True) if wait.detail & layout.WAIT_TIMED]
        if timed:
            return f"{timed[0]} waits with a timeout"
        if any(node in enablers.reasons for node in nodes):
            return "others that go on may still do it"
        if any(self._outsiders.may_act_in(wait.process) for wait in waits):
            return "a signal handler, or a thread that Python did not start, may still act"
        return ""

    def _report(self, told: _Told, now_ns: int, resolved_ns: int | None) -> None:
        found = long_wait(told.number, told.participants, told.edges, now_ns, resolved_ns, told.reason)
        self._emit(found)
        told.number = found["id"]

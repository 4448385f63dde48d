"""Waits that would be a deadlock but for one thing: somebody gives up by itself, or may yet act.

Nothing of that can be proven, so it is no deadlock; but whoever watches the program stand still wants to know why. Told
once it has lasted, and only when it is about particular threads: a lock's holder, whoever is joined. Two forms: knots
of threads that would be one for good without timeouts and outsiders; and threads that want a lock whose holder waits
for a word from somebody who lives, or for that lock itself (`held_up`). Where all merely wait for work or for a word, a
program is idle and no more. An event loop that rests with a lock others have wanted for long has rested for as long,
though it may have woken up in between: its task has not got on.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

from engine.analysis.deadlock import HELD_UP_ADVICE, LOST_TASK, MUTEXES, KnotEdge, Participant, alive, long_wait
from engine.model import wait_for
from engine.model.wait_for import NOBODY, SHOWN_OF_CROWD, Node, Wait
from engine.recorder.deadlocks.enablers import SEMAPHORES, Enablers
from engine.recorder.deadlocks.full_pipes import FullPipes
from engine.recorder.deadlocks.held_up import HeldUp, held_up
from engine.recorder.deadlocks.loop_waits import is_in_loop, watches_more
from engine.recorder.deadlocks.outsiders import Outsiders
from engine.recorder.deadlocks.participants import Participants
from engine.recorder.deadlocks.snapshot import CellWait, Snapshot
from engine.recorder.definitions.registry import main_thread
from engine.recorder.processes.open_files import OpenFiles
from engine.tracer import layout

LONG_NS = 1_000_000_000
SOON_NS = 100_000_000  # after that the end of one that was told of is noticed
CONFIRM_NS = 50_000_000  # seen twice, so long apart
_HELD = MUTEXES | SEMAPHORES  # what particular threads hold

Knot = tuple[tuple[Node, int], ...]  # threads with the serials of their waits


class _NoOutsiders(Outsiders):
    """As if nobody but the threads with a lane could act."""

    def may_act_in(self, _process: object, _in_loops: int = 0) -> bool:
        return False

    def may_ring(self, _process: object) -> bool:
        return False

    def ended_by(self, _process: object) -> int:
        return 0

    def strangers(self, _followed: object) -> frozenset[int]:
        return frozenset()


@dataclass
class _Told:
    number: int
    participants: list[Participant]
    edges: list[KnotEdge]
    reason: str
    advice: str = ""


class LongWaits:
    """Call `look` when `is_due`. `emit` gets findings; it numbers those with the number 0."""

    def __init__(
        self,
        participants: Participants,
        outsiders: Outsiders,
        full_pipes: FullPipes,
        emit: Callable[[dict[str, Any]], None],
    ) -> None:
        self._participants = participants
        self._outsiders = outsiders
        self._full_pipes = full_pipes
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
        waits = snapshot.waits(chosen)
        waits += _loops_with_wanted(snapshot, waits, now_ns)
        signature = [(wait.node, wait.serial) for wait in waits]
        if signature == self._seen and not self._suspected:
            return
        self._seen = signature
        serials = snapshot.wait_serials() if self._told else {}
        for knot, told in list(self._told.items()):
            worse = not deadlocked.isdisjoint(node for node, _ in knot)
            if worse or any(serials.get(node) != serial for node, serial in knot):
                del self._told[knot]
                told.reason += " (since then it has become a deadlock)" if worse else ""
                self._report(told, now_ns, now_ns)
        enablers = Enablers(snapshot, waits, _NoOutsiders(OpenFiles()), self._full_pipes)
        graph = {wait.node: self._as_if_forever(enablers.wait(wait), enablers) for wait in waits} | enablers.relays
        stuck = wait_for.stuck_nodes(graph)
        suspected, self._suspected = self._suspected, set()
        told_of = deadlocked.union(*({node for node, _ in knot} for knot in self._told))
        for nodes in enablers.without_relays(wait_for.without_followers(wait_for.find_knots(stuck, graph), graph)):
            is_particular = any(graph[node].enablers for node in nodes) and not self._is_idle(nodes, enablers)
            if is_particular and not told_of & set(nodes) and self._is_confirmed(nodes, enablers, suspected, now_ns):
                participants, edges = self._participants.of(nodes, enablers, graph)
                if reason := self._reason(nodes, enablers, graph, participants):
                    self._tell(nodes, enablers, _Told(0, participants, edges, reason), now_ns)
        for found in self._held_up(enablers, graph, stuck):
            (nodes,) = enablers.without_relays([found.members])
            if not told_of & set(nodes) and self._is_confirmed(nodes, enablers, suspected, now_ns):
                self._tell(nodes, enablers, self._of_held_up(found, nodes, enablers, graph), now_ns)

    def _held_up(self, enablers: Enablers, graph: dict[Node, Wait], stuck: frozenset[Node]) -> list[HeldUp]:
        """Those worth telling: no daemons only, which may well live so, and not by locks that may be signals. But
        who has taken one itself always is: that looks like a mistake, though any thread may release it.
        """
        wants_lock = {node for node, wait in enablers.waits.items() if enablers.primitive(wait).kind in _HELD} - stuck
        others = {node for node in wants_lock if graph[node].enablers != {node}}
        signals = {node for node in others if not self._participants.is_mutex(enablers, node, graph[node].enablers)}
        found = held_up(graph, stuck | signals, wants_lock - signals)
        lane = self._participants.lane
        return [each for each in found if each.by_itself or not all(lane(node).daemon for node in each.members)]

    @staticmethod
    def _is_idle(nodes: tuple[Node, ...], enablers: Enablers) -> bool:
        """Whether an event loop is at rest, as most of them are, and nobody of these wants a lock meanwhile."""
        waits = [enablers.waits[node] for node in nodes]
        return any(map(is_in_loop, waits)) and not any(enablers.primitive(wait).kind in _HELD for wait in waits)

    def _is_confirmed(self, nodes: tuple[Node, ...], enablers: Enablers, suspected: set[Knot], now_ns: int) -> bool:
        """Whether the look before has seen the same; else it is to be seen again soon."""
        knot = _knot(nodes, enablers)
        if knot in suspected:
            return True
        self._suspected.add(knot)
        self._due_ns = now_ns + CONFIRM_NS
        return False

    def _tell(self, nodes: tuple[Node, ...], enablers: Enablers, told: _Told, now_ns: int) -> None:
        self._told[_knot(nodes, enablers)] = told
        self._report(told, now_ns, None)
        self._due_ns = now_ns + SOON_NS

    def _of_held_up(self, found: HeldUp, nodes: tuple[Node, ...], enablers: Enablers, graph: dict[Node, Wait]) -> _Told:
        participants, edges = self._participants.of(nodes, enablers, graph)
        last = self._participants.name(found.last)
        living = [self._participants.name(node) for node in sorted(found.living)]
        wait = enablers.waits[found.last]
        reason = alive(living, last, timed=bool(wait.detail & layout.WAIT_TIMED) and not watches_more(wait))
        if found.by_itself:
            return _Told(0, participants, edges, reason)
        shown = sorted(found.living)[:SHOWN_OF_CROWD]
        edges = [edge for edge in edges if edge.holder is not None]
        edges += [self._participants.edge(enablers, found.last, node) for node in shown]
        return _Told(0, participants, edges, reason, HELD_UP_ADVICE)

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

    def _reason(
        self, nodes: tuple[Node, ...], enablers: Enablers, graph: dict[Node, Wait], participants: list[Participant]
    ) -> str:
        """Why it is no deadlock; nothing where that is not known."""
        waits = [enablers.waits[node] for node in nodes]
        wider = [each.name for each, wait in zip(participants, waits, strict=True) if watches_more(wait)]
        if wider:
            return f"the event loop of {wider[0]} watches other things too, which may wake it"
        timed = [each.name for each, wait in zip(participants, waits, strict=True) if wait.detail & layout.WAIT_TIMED]
        if timed:
            return f"{timed[0]} waits with a timeout"
        if any(node in enablers.reasons for node in nodes):
            return "others that go on may still do it"
        for each, wait in zip(participants, waits, strict=True):
            if what := self._interrupter(wait, enablers):
                return f"{what}, and a handler may end the wait of {each.name}"
        in_loops = enablers.code.in_loops
        if any(graph[each.node].anybody and self._outsiders.may_act_in(each.process, in_loops) for each in waits):
            return "a signal handler, or a thread that Python did not start, may still act"
        return ""

    def _interrupter(self, wait: CellWait, enablers: Enablers) -> str:
        """What may have a signal handled in this thread; nothing for one that handles none."""
        process = wait.process
        if wait.thread != main_thread(process):
            return ""
        if self._outsiders.may_ring(process):
            return "a timer is set"
        return "the program sends signals" if self._outsiders.ended_by(process) & enablers.code.at_home else ""

    def _report(self, told: _Told, now_ns: int, resolved_ns: int | None) -> None:
        found = long_wait(told.number, told.participants, told.edges, now_ns, resolved_ns, told.reason, told.advice)
        self._emit(found)
        told.number = found["id"]


def _knot(nodes: tuple[Node, ...], enablers: Enablers) -> Knot:
    """A loop's waits may change."""
    return tuple((node, enablers.waits[node].serial) for node in nodes if not is_in_loop(enablers.waits[node]))


def _loops_with_wanted(snapshot: Snapshot, waits: list[CellWait], now_ns: int) -> list[CellWait]:
    """The waits of loops that have come to rest since, with what those in `waits` want: as if since then."""
    wanted: dict[int, int] = {}
    for wait in waits:
        key = wait.process.key(wait.number)
        wanted[key] = min(wait.since_ns, wanted.get(key, wait.since_ns))
    resting = [wait for wait in snapshot.waits(snapshot.chosen(now_ns, timed=True)) if is_in_loop(wait)]
    holds = snapshot.holds() if resting else {}
    known = {wait.node for wait in waits}
    found = []
    for wait in resting:
        since = [wanted[key] for key in holds.get(wait.node, ()) if key in wanted]
        if since and wait.node not in known:
            found.append(replace(wait, since_ns=min(since)))
    return found

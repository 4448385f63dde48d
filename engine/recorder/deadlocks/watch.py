"""Watches for deadlock while the program runs. Reads cells only: the stream of records may drop, cells never lie.

A knot counts once two looks, some milliseconds apart, found it with every wait serial unchanged, and all who wait for a
word from somebody were asleep in between: a thread that has been notified waits on by its cell until it gets to run.
Who might act from outside is asked between the two, when nobody in the knot can make a difference any more: after the
cells have been read in which the first look found it.
Who dies in its wait has not gone on: the deadlock stays one, unless its death lets others go on.
"""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any

from engine.analysis.deadlock import KnotEdge, Participant, finding
from engine.model import wait_for
from engine.model.wait_for import Node
from engine.recorder.deadlocks.asleep import all_asleep
from engine.recorder.deadlocks.enablers import Enablers
from engine.recorder.deadlocks.full_pipes import FullPipes
from engine.recorder.deadlocks.long_waits import LongWaits
from engine.recorder.deadlocks.loop_waits import LoopWaits
from engine.recorder.deadlocks.outsiders import LASTS_NS, Outsiders
from engine.recorder.deadlocks.participants import Participants
from engine.recorder.deadlocks.pipe_waits import PipeWaits, serial_in_cell
from engine.recorder.deadlocks.sleepers import Sleepers
from engine.recorder.deadlocks.snapshot import SETTLED_NS, CellWait, Snapshot
from engine.recorder.definitions.registry import Registry
from engine.recorder.processes.open_files import OpenFiles
from engine.tracer import layout

CONFIRM_NS = 4_000_000
HANDLED_NS = 1_000_000_000  # instead, where a signal's handler may run that whoever has sent it does not wait for
_TELLING = [layout.CELL_THREAD, layout.CELL_WAIT_SERIAL, layout.CELL_WAIT_DETAIL]  # what makes a look worth it
STACKS_NS = 1_000_000_000  # for so long a stack may replace the site of a wait

_RARE_NS = 1_000_000_000  # what comes to nothing more often is the program's ordinary way to go on

Knot = tuple[tuple[Node, int], ...]  # threads with the serials of their waits


@dataclass(frozen=True)
class _Suspicion:
    """A knot that was seen. `asleep`: so were its threads, when it was seen last; `lasts_ns`: so long it has to last,
    whatever may have become of handlers since: the process may have gone on and ended by now.
    """

    since_ns: int
    asleep: bool = False
    lasts_ns: int = CONFIRM_NS


@dataclass
class _Observed:
    """A deadlock that has been reported."""

    number: int
    knot: Knot
    waits: dict[Node, CellWait]
    participants: list[Participant]
    edges: list[KnotEdge]
    found_ns: int
    died: set[Node] = field(default_factory=set)  # in the wait


class EarlyLooks:
    """When to look as soon as waits have settled, rather than when it is time: once everybody waits, there is nobody
    left to wait for. But where threads wake each other all the time, that comes and goes: the more often, the less.
    """

    def __init__(self) -> None:
        self.is_wanted = False
        self._next_ns = 0
        self._pause_ns = SETTLED_NS

    def note(self, is_settling: bool, now_ns: int) -> None:
        """Whether all threads wait at this look, some of them since just now."""
        self.is_wanted = is_settling and now_ns >= self._next_ns
        if self.is_wanted:
            is_rare = now_ns - self._next_ns > _RARE_NS
            self._pause_ns = SETTLED_NS if is_rare else min(2 * self._pause_ns, _RARE_NS)
            self._next_ns = now_ns + self._pause_ns


class DeadlockWatch:
    """Call `look` with every snapshot. `emit` gets findings; `confirmed` counts them."""

    def __init__(
        self, registry: Registry, emit: Callable[[dict[str, Any]], None], test_signal: int | None = None
    ) -> None:
        self._participants = Participants(registry)
        self._code = registry.code
        self._emit = emit
        self._seen: object = None
        self._suspected: dict[Knot, _Suspicion] = {}
        self._is_of_tests = test_signal is not None  # what one has left stuck is nobody whom another one waits for
        self._observed: dict[Knot, _Observed] = {}
        self._ever: dict[Node, CellWait] = {}  # the last wait in which each was deadlocked
        self._files = OpenFiles()
        self._outsiders = Outsiders(self._files, test_signal)
        self._full_pipes = FullPipes(self._files)
        self._pipe_waits = PipeWaits()
        self._loop_waits = LoopWaits(self._files)
        self._sleepers = Sleepers()
        self._early = EarlyLooks()
        self._due_ns: int | None = None  # when what cells do not show may have changed an answer
        self._last_number = 0
        self._long_waits = LongWaits(self._participants, self._outsiders, self._full_pipes, self._report_long_wait)
        self.confirmed = 0
        self.open_waits: dict[int, int] = {}  # lanes that are deadlocked now: since when they wait

    def stuck_pids(self, snapshot: Snapshot) -> set[int]:
        """Processes with a thread in the same wait as when it was deadlocked, though others may have been let go."""
        serials = snapshot.wait_serials()
        same = (wait for node, wait in self._ever.items() if serials.get(node) == serial_in_cell(wait.serial))
        return {wait.process.pid for wait in same}

    @property
    def wants_another_look(self) -> bool:
        """A suspicion is waiting for its confirmation."""
        return bool(self._suspected)

    @property
    def wants_to_look_soon(self) -> bool:
        """That, or what may be one is too young to be looked at yet."""
        return self.wants_another_look or self._early.is_wanted

    def is_due(self, now_ns: int) -> bool:
        """Whether to look although nothing moves: a wait has become long, an outsider who might act may be gone, or
        some of the program's code is still to be read.
        """
        if not self._code.is_read or self._is_due_again(now_ns):
            return True
        return any(each.is_due(now_ns) for each in (self._long_waits, self._pipe_waits, self._loop_waits))

    def _is_due_again(self, now_ns: int) -> bool:
        return self._due_ns is not None and (now_ns >= self._due_ns or self._full_pipes.has_news(now_ns))

    def look(self, snapshot: Snapshot, now_ns: int) -> None:
        """Finds, confirms and resolves."""
        self._files.forget()
        self._early.note(snapshot.is_settling(now_ns), now_ns)
        if not self._code.is_read:
            self._code.read_on()
            self._due_ns = now_ns  # to find again, by what is known now
        self._pipe_waits.mark(snapshot, now_ns)
        self._loop_waits.mark(snapshot, now_ns)
        self._sleepers.mark(snapshot, now_ns)
        if self._long_waits.is_due(now_ns):
            self._long_waits.look(snapshot, now_ns, {node for knot in self._observed for node, _ in knot})
        chosen = snapshot.chosen(now_ns - SETTLED_NS)
        threads = tuple(len(words) for _, words in snapshot.cells)
        signature = threads, [words[:, _TELLING].tobytes() for words in chosen], snapshot.idle(), snapshot.sleepers
        due = self._is_due_again(now_ns)
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
        self._long_waits.end(now_ns)

    def _find(self, snapshot: Snapshot, waits: list[CellWait], now_ns: int) -> None:
        self._full_pipes.forget()
        enablers = Enablers(snapshot, waits, self._outsiders, self._full_pipes)
        graph_waits = {wait.node: enablers.wait(wait) for wait in waits if not enablers.surely_goes_on(wait)}
        graph_waits |= enablers.relays
        self._due_ns = now_ns + LASTS_NS if enablers.may_change else None
        stuck = wait_for.stuck_nodes(graph_waits)
        if self._is_of_tests and self._observed:
            now = enablers.waits  # a thread that has been let go may wait for something else already
            left_over = {
                node
                for knot in self._observed
                for node, serial in knot
                if node not in now or now[node].serial == serial
            }
            graph_waits, stuck = wait_for.without(left_over, graph_waits), stuck - left_over
        knots = wait_for.without_followers(wait_for.find_knots(stuck, graph_waits), graph_waits)
        asleep = bool(knots) and self._all_asleep(stuck, enablers)
        suspected: dict[Knot, _Suspicion] = {}
        for nodes in enablers.without_relays(knots):
            knot = tuple((node, enablers.waits[node].serial) for node in nodes)
            if any(set(knot) <= set(observed) for observed in self._observed):
                continue  # or what is left of it, others having died
            suspicion = self._suspected.get(knot)
            if suspicion is None:
                suspicion = _Suspicion(now_ns)
                self._outsiders.ask_anew(now_ns)
                self._full_pipes.ask_anew(now_ns)
                self._loop_waits.ask_anew(now_ns)
                self._sleepers.ask_anew()
            is_read = self._code.is_read  # else nothing is known of who may be interrupted
            lasts_ns = HANDLED_NS if is_read and enablers.interrupted.intersection(nodes) else suspicion.lasts_ns
            if now_ns - suspicion.since_ns < lasts_ns or not suspicion.asleep or not is_read:
                suspected[knot] = _Suspicion(suspicion.since_ns, asleep, lasts_ns)
                continue
            participants, edges = self._participants.of(nodes, enablers, graph_waits)
            self._last_number += 1
            waiting = {
                each: enablers.waits[each] for node in nodes for each in (node, *enablers.servants_at_work(node))
            }
            observed = _Observed(self._last_number, knot, waiting, participants, edges, now_ns)
            self._observed[knot] = observed
            self._ever |= waiting
            self.confirmed += 1
            self.open_waits.update((each.lane, each.since_ns) for each in participants)
            self._report(observed, now_ns, None)
        self._suspected = suspected

    def _all_asleep(self, stuck: frozenset[Node], enablers: Enablers) -> bool:
        """Who waits for a lock does not count: it wakes up now and then, and its holder's cell tells what it gets."""
        waits = (enablers.waits[node] for node in stuck - enablers.relays.keys())
        nodes = {wait.node for wait in waits if wait.detail & layout.WAIT_STATE_MASK != layout.WAIT_LOCK}
        lanes = map(self._participants.lane, nodes | enablers.relied_on)
        return all_asleep((lane.process.pid, lane.native_id) for lane in lanes)

    def _follow(self, snapshot: Snapshot, waits: dict[Node, CellWait], now_ns: int) -> None:
        """Resolves what goes on after all, leaves off what has died; takes in stacks that came later."""
        serials = snapshot.wait_serials()
        dead = {process.number for process, _ in snapshot.dead}
        for knot, observed in list(self._observed.items()):
            goes_on = any(serials.get(node) != serial for node, serial in knot if node not in observed.died)
            observed.died |= {node for node, _ in knot if node[0] in dead}
            if goes_on or len(observed.died) == len(knot):
                del self._observed[knot]
                for participant in observed.participants:
                    self.open_waits.pop(participant.lane, None)
                self._report(observed, now_ns, now_ns if goes_on else None)
            elif (
                not observed.died
                and now_ns - observed.found_ns < STACKS_NS
                and any(node in waits and waits[node].site != wait.site for node, wait in observed.waits.items())
            ):
                observed.waits = {node: waits.get(node, wait) for node, wait in observed.waits.items()}
                enablers = Enablers(snapshot, observed.waits.values(), self._outsiders, self._full_pipes)
                observed.participants = [  # why nobody can end a wait was found out when it was confirmed
                    replace(self._participants.participant(enablers, node), reason=former.reason)
                    for former, (node, _) in zip(observed.participants, knot, strict=True)
                ]
                nodes = {
                    participant.lane: node for participant, (node, _) in zip(observed.participants, knot, strict=True)
                }
                observed.edges = [
                    self._participants.edge(
                        enablers, nodes[edge.waiter], nodes[edge.holder] if edge.holder is not None else None
                    )
                    for edge in observed.edges
                ]
                self._report(observed, now_ns, None)

    def _report_long_wait(self, found: dict[str, Any]) -> None:
        if not found["id"]:
            self._last_number += 1
            found["id"] = self._last_number
        self._emit(found)

    def _report(self, observed: _Observed, now_ns: int, resolved_ns: int | None) -> None:
        self._emit(finding(observed.number, observed.participants, observed.edges, now_ns, resolved_ns))

"""The wait-for graph at any moment of a recording: which lanes waited, for what, and who held or owed it."""

from collections.abc import Generator, Iterable, Mapping
from typing import Any, NamedTuple

import numpy as np

from engine.model.entities import Lane, Primitive, Slice
from engine.model.hand_offs import MUTEXES, into
from engine.model.model import Model
from engine.recording.schema import STATE_MASK, State

MOST_WAITS = 256  # that are followed; the rest is counted
MOST_HOLDERS = 8  # of one wait
_SEMAPHORES = ("Semaphore", "BoundedSemaphore")
_PARTICULAR = {"Lock", "RLock", "Thread", "Process", "Executor", "Pool", "Future", *_SEMAPHORES}


class LaneEdge(NamedTuple):
    """`waiter` cannot go on before `holder` acts; both are lanes, `holder` None: it is not known who.

    `holds`: it held what is awaited, or is whose end is. Otherwise it is one of many who might have ended the wait: the
    one who did in the end, or one of the workers.
    """

    waiter: int
    holder: int | None
    primitive: int
    wait_site: int = 0  # site or stack, as in the recording; 0: not known
    hold_site: int = 0
    holds: bool = True


class LaneGraph(NamedTuple):
    """`knots`: the lanes of each deadlock that existed at that time. `hidden`: waits that were not followed, of which
    it is not known who ends them.
    """

    edges: tuple[LaneEdge, ...] = ()
    knots: tuple[tuple[int, ...], ...] = ()
    hidden: tuple[LaneEdge, ...] = ()


def graph_at(model: Model, time_ns: int, most: int = MOST_WAITS) -> LaneGraph:
    """Who waited for whom at this time (ns, absolute). Deadlocks are as they were found, with their own edges.

    `most`: how many further waits are followed.
    """
    tracing = trace_graph(model, time_ns, most)
    while True:
        try:
            next(tracing)
        except StopIteration as done:
            graph: LaneGraph = done.value
            return graph


def trace_graph(model: Model, time_ns: int, most: int = MOST_WAITS) -> Generator[None, None, LaneGraph]:
    """`graph_at` with a rest after each wait that was followed."""
    found = [each for each in model.findings.values() if each.get("kind") == "deadlock" and _covers(each, time_ns)]
    knots = tuple(tuple(each["lanes"]) for each in found)
    known = {edge["waiter"] for each in found for edge in each.get("edges") or ()}
    edges = [
        LaneEdge(
            edge["waiter"],
            edge["holder"],
            edge["primitive"],
            edge["wait_site"],
            edge["hold_site"],
            is_particular(model, each, edge),
        )
        for each in found
        for edge in each.get("edges") or ()
    ]
    waiting = [edge for edge in _waiting(model, time_ns) if edge.waiter not in known]
    for lane in (edge.waiter for edge in waiting[:most]):
        if (wait := model.states.slice_at(lane, time_ns)) is not None:
            edges += _edges(model, wait, time_ns)
        yield
    return LaneGraph(tuple(edges), knots, tuple(waiting[most:]))


def is_particular(model: Model, deadlock: Mapping[str, Any], edge: Mapping[str, Any]) -> bool:
    """Whether it takes the holder of this edge of a deadlock to end the wait, and nobody else would do."""
    primitive = model.primitives.get(edge["primitive"])
    kind = primitive.kind.removeprefix("process ") if primitive else ""
    return kind in _PARTICULAR or [each["waiter"] for each in deadlock["edges"]].count(edge["waiter"]) == 1


def _covers(deadlock: Mapping[str, Any], time_ns: int) -> bool:
    start, resolved = deadlock.get("start_ns"), deadlock.get("resolved_ns")
    return isinstance(start, int) and start <= time_ns and not (isinstance(resolved, int) and resolved <= time_ns)


def _waiting(model: Model, time_ns: int) -> list[LaneEdge]:
    """Lanes that wait for a primitive then, not yet for whom; service threads at rest do not count."""
    lanes = np.array([lane.id for lane in model.lanes if not lane.internal], np.int64)
    if not len(lanes):
        return []
    there = model.states.slices_at(lanes, np.full(len(lanes), time_ns))
    waits = np.isin(there.codes & STATE_MASK, (State.LOCK_WAIT, State.WAIT, State.IO)) & (there.details > 0)
    awaited = {
        lane: model.detail(detail)
        for lane, detail in zip(there.lanes[waits].tolist(), there.details[waits].tolist(), strict=True)
    }
    return [
        LaneEdge(lane, None, primitive.id, site, holds=False)
        for lane, (primitive, site) in sorted(awaited.items())
        if primitive is not None and primitive.kind != "Timer"
    ]


def _edges(model: Model, wait: Slice, time_ns: int) -> list[LaneEdge]:
    primitive, site = model.detail(wait.detail)
    if primitive is None:
        return []
    kind = primitive.kind.removeprefix("process ")
    if primitive.kind in MUTEXES or kind in _SEMAPHORES:
        holds = model.holds.of_primitive(primitive.id, time_ns, time_ns + 1)
        holders = {hold.lane: hold.site for hold in holds if hold.end_ns > time_ns or hold.open}
        edges = [
            LaneEdge(wait.lane, lane, primitive.id, site, hold_site)
            for lane, hold_site in list(holders.items())[-MOST_HOLDERS:]
        ]
    else:
        awaited = _awaited(model, wait, primitive, time_ns)
        edges = [LaneEdge(wait.lane, lane, primitive.id, site, holds=holds) for lane, holds in awaited]
    if not edges and (done := into(model, wait)) is not None:
        edges = [LaneEdge(wait.lane, done.releaser, primitive.id, site, holds=False)]
    return edges or [LaneEdge(wait.lane, None, primitive.id, site, holds=False)]


def _awaited(model: Model, wait: Slice, primitive: Primitive, time_ns: int) -> list[tuple[int, bool]]:
    """Lanes whose end or work is awaited, and whether it must be just that one's."""
    if primitive.kind == "Thread":
        there = [lane for lane in _alive(model.lanes, time_ns) if _is_beside(model, lane, wait.lane)]
        named = [lane.id for lane in there if lane.name == primitive.name]
        if not named and primitive.internal:  # the end of the program: all threads that are no daemons, one for all
            return [(lane.id, True) for lane in there if not lane.daemon and not lane.internal][:1]
        return [(lane, True) for lane in named[-1:]]
    if primitive.kind == "Process":
        mine = model.lanes[wait.lane].process
        children = {each.id for each in model.processes if each.parent == mine and each.name == primitive.name}
        mains = [lane for lane in _alive(model.lanes, time_ns) if lane.process in children and lane.serial == 1]
        return [(lane.id, True) for lane in mains[-1:]]
    workers = model.executor_workers.get(primitive.id, ())
    alive = [lane.id for lane in _alive((model.lanes[lane] for lane in workers), time_ns)]
    return [(lane, len(alive) == 1) for lane in alive[:MOST_HOLDERS] if lane != wait.lane or len(alive) == 1]


def _alive(lanes: Iterable[Lane], time_ns: int) -> list[Lane]:
    return [lane for lane in lanes if lane.start_ns <= time_ns and (lane.end_ns is None or lane.end_ns > time_ns)]


def _is_beside(model: Model, lane: Lane, other: int) -> bool:
    return lane.id != other and lane.process == model.lanes[other].process

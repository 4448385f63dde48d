"""Processes forked while other threads ran: the child has only the thread that forked, and all locks as they were.

A lock that another thread held at that moment is never released in the child. Rests on when lanes lived and what they
held. Which thread forked is not told: the one that was blocked least meanwhile, of several alike the first.
"""

import numpy as np

from engine.analysis.building import Finding, Held, finding, listed
from engine.model.entities import Process
from engine.model.format import count
from engine.model.model import Model
from engine.recording.schema import State

MOST = 10
BLOCKED = (State.WAIT, State.LOCK_WAIT, State.SLEEP, State.IDLE)


def find(model: Model) -> list[Finding]:
    """One finding a parent process: about its first such fork."""
    told: set[int] = set()
    found: list[Finding] = []
    for process in model.processes:
        if process.how != "fork" or process.parent is None or process.parent in told or len(found) >= MOST:
            continue
        threads = [
            lane.id
            for lane in model.lanes
            if lane.process == process.parent
            and not lane.internal
            and lane.start_ns < process.launched_ns
            and (lane.end_ns is None or lane.end_ns > process.start_ns)
        ]
        if len(threads) > 1 and model.processes[process.parent].role != "service":
            told.add(process.parent)
            found.append(_of(model, process, threads))
    return found


def _of(model: Model, process: Process, threads: list[int]) -> Finding:
    forker = _forker(model, process, threads)
    others = [lane for lane in threads if lane != forker]
    names = listed([model.lane_name(lane) for lane in others])
    held = {lane: each for lane in others if (each := _held(model, lane, process.launched_ns)).labels}
    locks = sorted({label for each in held.values() for label in each.labels})
    holders = listed([model.lane_name(lane) for lane in held])
    holding = f" {holders} held {listed(locks)} then, which nobody will release in the child." if held else ""
    forks = sum(each.how == "fork" and each.parent == process.parent for each in model.processes)
    first = f", the first of {count(forks, 'fork')}," if forks > 1 else ""
    return finding(
        model,
        "fork-with-threads",
        f"{process.name} was forked while {count(len(others), 'other thread')} ran",
        f"{process.name} ({process.pid}){first} was forked by {model.lane_name(forker)} while {names} ran beside it."
        f" The child has none of these threads, but their locks as they were.{holding}",
        "Start processes before threads, or with the start method spawn or forkserver.",
        lanes=threads,
        severity="warning" if held else "info",
        start_ns=process.launched_ns,
        end_ns=process.start_ns,
        held=held,
    )


def _forker(model: Model, process: Process, threads: list[int]) -> int:
    """The lane of `threads` that forked."""
    start = np.full(len(threads), process.launched_ns)
    spent = model.states.totals_between(
        np.array(threads), start, start + max(1, process.start_ns - process.launched_ns)
    )
    blocked = spent[:, BLOCKED].sum(axis=1).tolist()
    return min(zip(blocked, threads, strict=True), key=lambda each: (each[0], model.lanes[each[1]].serial))[1]


def _held(model: Model, lane: int, moment_ns: int) -> Held:
    """What it held then, which is told by where it took the last of it."""
    holds = [hold for hold in model.holds.of_lane(lane, moment_ns, moment_ns + 1) if hold.primitive in model.primitives]
    return Held([model.primitives[hold.primitive].label for hold in holds], holds[-1].site if holds else 0)

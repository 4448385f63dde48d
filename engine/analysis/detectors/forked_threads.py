"""Processes forked while other threads ran: the child has only the thread that forked, and all locks as they were.

A lock that another thread held at that moment is never released in the child. Rests on what was told of forks, when
lanes lived and what they held. A recording that tells nothing of forks knows those whose child did something; which
thread forked is inferred there: the one that was blocked least meanwhile, of several alike the first.
"""

from itertools import groupby

import numpy as np

from engine.analysis.building import Finding, Held, at_line, finding, listed
from engine.model.entities import Process
from engine.model.forks import Fork
from engine.model.format import count
from engine.model.model import Model
from engine.recording.schema import State

MOST = 10
BLOCKED = (State.WAIT, State.LOCK_WAIT, State.SLEEP, State.IDLE)


def find(model: Model) -> list[Finding]:
    """One finding a parent process: about its first such fork, of those whose child did something if there are any."""
    told = list(model.forks)
    forks = told or [fork for process in model.processes if (fork := _inferred(model, process))]
    forks.sort(key=lambda fork: model.lanes[fork.lane].process)  # and by time, as they come
    found: list[Finding] = []
    for parent, group in groupby(forks, key=lambda fork: model.lanes[fork.lane].process):
        theirs = list(group)
        risky = [fork for fork in theirs if len(_threads(model, parent, fork)) > 1]
        if risky and model.processes[parent].role != "service" and len(found) < MOST:
            shown = min(risky, key=lambda fork: fork.process is None)
            found.append(_of(model, shown, len(risky), is_told=bool(told)))
    return found


def _threads(model: Model, parent: int, fork: Fork) -> list[int]:
    """Those of its process that lived then."""
    return [
        lane.id
        for lane in model.lanes
        if lane.process == parent
        and not lane.internal
        and lane.start_ns < fork.start_ns
        and (lane.end_ns is None or lane.end_ns > fork.end_ns)
    ]


def _of(model: Model, fork: Fork, forks: int, *, is_told: bool) -> Finding:
    threads = _threads(model, model.lanes[fork.lane].process, fork)
    others = [lane for lane in threads if lane != fork.lane]
    names = listed([model.lane_name(lane) for lane in others])
    held = {lane: each for lane in others if (each := _held(model, lane, fork.start_ns)).labels}
    locks = sorted({label for each in held.values() for label in each.labels})
    holders = listed([model.lane_name(lane) for lane in held])
    holding = f" {holders} held {listed(locks)} then, which nobody will release in the child." if held else ""
    of_many = f", one of {count(forks, 'such fork')}," if forks > 1 else ""
    child = model.processes[fork.process] if fork.process is not None else None
    name, pid = (child.name, f" ({child.pid})") if child else ("A process", "")
    forker = model.lane_name(fork.lane) + at_line(model, fork.stack)
    silent = "" if child else " It did nothing that was recorded: it ended, or became another program."
    return finding(
        model,
        "fork-with-threads",
        f"{name} was forked while {count(len(others), 'other thread')} ran",
        f"{name}{pid}{of_many} was forked by {forker} while {names} ran beside it."
        f" The child has none of these threads, but their locks as they were.{holding}{silent}",
        "Start processes before threads, or with the start method spawn or forkserver.",
        lanes=threads,
        severity="warning" if held and child else "info",
        certainty="observed" if is_told else "inferred",
        start_ns=fork.start_ns,
        end_ns=fork.end_ns,
        held={fork.lane: Held([], fork.stack), **held},
    )


def _inferred(model: Model, process: Process) -> Fork | None:
    """The fork that it comes from, in a recording that does not tell of it."""
    if process.how != "fork" or process.parent is None:
        return None
    fork = Fork(0, process.launched_ns, process.start_ns, process.id, 0)
    threads = _threads(model, process.parent, fork)
    if not threads:
        return None
    start = np.full(len(threads), fork.start_ns)
    spent = model.states.totals_between(np.array(threads), start, start + max(1, fork.end_ns - fork.start_ns))
    blocked = spent[:, BLOCKED].sum(axis=1).tolist()
    best = min(zip(blocked, threads, strict=True), key=lambda each: (each[0], model.lanes[each[1]].serial))
    return fork._replace(lane=best[1])


def _held(model: Model, lane: int, moment_ns: int) -> Held:
    """What it held then, which is told by where it took the last of it."""
    holds = [hold for hold in model.holds.of_lane(lane, moment_ns, moment_ns + 1) if hold.primitive in model.primitives]
    return Held([model.primitives[hold.primitive].label for hold in holds], holds[-1].site if holds else 0)

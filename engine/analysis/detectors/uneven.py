"""Uneven workers: a straggler that works on while all others are done.

Straggler: of at least MIN_LANES workers that were started to do the same one was busy (running, wanting to, or at a
lock; not in I/O, where it may just as well wait for work, nor deadlocked) for at least twice the median, and the
difference is a considerable part of the run. Sleep counts only where most workers sleep more than they do anything
else: it may be their work then. One sleeper among others is somebody who looks in now and then. Silent on short runs,
and about lambdas, which have one name, whatever they do.
"""

import re
from collections.abc import Hashable

import numpy as np

from engine.analysis import deadlock
from engine.analysis.building import Finding, finding
from engine.model.format import duration
from engine.model.model import Model
from engine.recording.schema import State

MIN_LANES = 3
MIN_EXTRA_NS = 100_000_000
MIN_EXTRA_SHARE = 0.15
NAMELESS = "<lambda>"
_NUMBER = re.compile(r"\d+")
BUSY = (State.RUNNING, State.GIL_WAIT, State.CORE_WAIT, State.LOCK_WAIT)


def find(model: Model) -> list[Finding]:
    """At most one straggler a crew."""
    return [found for lanes in crews(model) for found in _straggler(model, lanes)]


def workers(model: Model) -> list[int]:
    """The lanes that do the work: all but main and service threads, or the main threads of child processes."""
    threads = [lane.id for lane in model.lanes if not lane.internal and lane.serial > 1]
    mains = [lane.id for lane in model.lanes if not lane.internal and lane.serial == 1 and lane.process != 0]
    return threads if len(threads) >= len(mains) else mains


def crews(model: Model) -> list[list[int]]:
    """The workers that were started to do the same, in the same executor or pool if in any."""
    employers = {lane: pool for pool, lanes in model.executor_workers.items() for lane in lanes}
    found: dict[Hashable, list[int]] = {}
    for lane in workers(model):
        found.setdefault((_task(model, lane), employers.get(lane)), []).append(lane)
    return list(found.values())


def _task(model: Model, lane: int) -> tuple[Hashable, ...]:
    """What a lane was started to do; of the main thread of a program by whom, and its command line but for numbers:
    who forks workers has the same one.
    """
    started = model.lanes[lane]
    if started.target or started.serial > 1:
        return (started.target,)
    process = model.processes[started.process]
    return process.parent, *(_NUMBER.sub("#", word) for word in process.argv)


def _straggler(model: Model, lanes: list[int]) -> list[Finding]:
    elapsed = model.end_ns - model.start_ns
    if len(lanes) < MIN_LANES or elapsed <= 0 or model.lanes[lanes[0]].target.endswith(NAMELESS):
        return []
    totals = model.states.totals(np.array(lanes), model.start_ns, model.end_ns)
    busy, asleep = totals[:, list(BUSY)].sum(axis=1), totals[:, State.SLEEP]
    of_sleep = bool(np.median(asleep) > np.median(busy))
    if of_sleep:
        busy = busy + asleep
    order = np.argsort(busy)
    worst, median = int(order[-1]), int(np.median(busy))
    extra = int(busy[worst]) - int(busy[order[-2]])
    stuck = {lane for found in deadlock.find(model) for lane in found["lanes"]}
    if lanes[worst] in stuck or busy[worst] < 2 * median or extra < MIN_EXTRA_NS or extra < MIN_EXTRA_SHARE * elapsed:
        return []
    name = model.lane_label(lanes[worst])
    was, goes, went = ("asleep or busy", "goes", "went") if of_sleep else ("busy", "works", "worked")
    return [
        finding(
            model,
            "straggler",
            f"{name} {goes} on while the others are done",
            f"{name} was {was} for {duration(int(busy[worst]))}, half of the {len(lanes)} workers for"
            f" {duration(median)} or less: for {duration(extra)} it {went} on alone.",
            "Cut the work into smaller pieces and let workers fetch the next one when they are done, largest first.",
            lanes=[lanes[worst]],
        )
    ]

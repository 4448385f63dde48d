"""Threads or processes that are started again and again and never end.

Rests on lanes of one name without its number, started one after the other over MIN_SPREAD of the run, of which none has
ended before the program's own code did, nor has been joined by it, and all wait at its end but for a few, the latest
maybe. Silent with fewer than MIN_LEFT, and when they all began together: that is a pool. An executor or a pool starts
no more workers than it may have, however late: of those of one only the first counts. Executors that are made again and
again and never shut down are found by these.
"""

import re
from collections import defaultdict
from collections.abc import Iterable

import numpy as np

from engine.analysis import deadlock
from engine.analysis.building import Finding, finding
from engine.model.entities import Lane
from engine.model.format import count, duration
from engine.model.model import Model
from engine.recording.schema import State

MIN_LEFT = 8
MIN_SPREAD = 0.3  # of the run lies between the start of the first and that of the last
MIN_WAITING = 0.75  # of them at the end
MIN_RUN_NS = 500_000_000
JOINED = ("Thread", "Process")
ACTS = (State.RUNNING, State.SLEEP, State.IO)  # what the interpreter hardly does in the end
QUIET = (State.WAIT, State.LOCK_WAIT, State.IDLE, State.SLEEP)
_NUMBER = re.compile(r"\d+")


def find(model: Model) -> list[Finding]:
    """One finding for each kind of thread, and of process."""
    elapsed = model.end_ns - model.start_ns
    if elapsed < MIN_RUN_NS:
        return []
    stuck = {lane for found in deadlock.find(model) for lane in found["lanes"]}
    others = stuck | _later_workers(model)
    threads = [lane for lane in model.lanes if lane.serial > 1]
    first = {lane.process: lane for lane in reversed(model.lanes) if lane.serial == 1}
    processes = [first[each.id] for each in model.processes if each.parent is not None and each.id in first]
    found = []
    for what, lanes in (("thread", threads), ("process", processes)):
        for alike in _alike(model, (lane for lane in lanes if not lane.internal and lane.id not in others)):
            left = _left(model, alike)
            if len(left) < max(MIN_LEFT, MIN_WAITING * len(alike)):
                continue
            spread = max(lane.start_ns for lane in left) - min(lane.start_ns for lane in left)
            if spread >= MIN_SPREAD * elapsed:
                found.append(_of(model, what, left, spread))
    return found


def _later_workers(model: Model) -> set[int]:
    """All workers of executors and pools but the first one of each."""
    return {lane for lanes in model.executor_workers.values() for lane in set(lanes) - {min(lanes)}}


def _alike(model: Model, lanes: Iterable[Lane]) -> list[list[Lane]]:
    groups: dict[tuple[int, str], list[Lane]] = defaultdict(list)
    for lane in lanes:
        parent = model.processes[lane.process].parent if lane.serial == 1 else lane.process
        groups[parent or 0, _NUMBER.sub("#", model.lane_name(lane.id))].append(lane)
    return list(groups.values())


def _left(model: Model, alike: list[Lane]) -> list[Lane]:
    """Those that waited when their program ended, which ends its daemons before itself; none where any had ended."""
    if _is_any_joined(model, alike):
        return []
    slack = (model.end_ns - model.start_ns) // 20
    end = min(_end_of_its_program(model, lane) for lane in alike)
    done = max(_done_ns(model, alike, end, slack), *(lane.start_ns for lane in alike))
    left = []
    for lane in alike:
        if lane.end_ns is not None and lane.end_ns < done:
            return []
        last = model.states.slice_at(lane.id, min(end, lane.end_ns or end) - slack)
        if last is not None and last.state in QUIET:
            left.append(lane)
    return left


def _is_any_joined(model: Model, alike: list[Lane]) -> bool:
    """Whether the program's code has waited until one of them had ended; the interpreter does so in the end."""
    names = {lane.name for lane in alike} | {model.processes[lane.process].name for lane in alike if lane.serial == 1}
    joined = {number for number, made in model.primitives.items() if made.kind in JOINED and made.name in names}
    return any(
        primitive in joined and model.site(site) is not None and detail not in model.timed_out
        for detail, (primitive, site) in model.details.items()
    )


def _done_ns(model: Model, alike: list[Lane], end_ns: int, slack_ns: int) -> int:
    """When the program's own code was done, as far as the main thread tells that started them: when it last waited at a
    line of it, if it hardly did anything afterwards; `slack_ns` before the end at the earliest otherwise. Whoever ends
    later is ended by the interpreter.
    """
    process = model.processes[alike[0].process]
    starter = process.id if alike[0].serial > 1 or process.parent is None else process.parent
    main = next((lane.id for lane in model.lanes if _is_main(lane, starter)), None)
    if main is None:
        return end_ns - slack_ns
    since_ns = min([end_ns - slack_ns, *(lane.end_ns for lane in alike if lane.end_ns is not None)])
    slices = model.states.slices(main, since_ns, end_ns)
    sites = [model.site(model.detail(detail)[1]) for detail in slices.details.tolist()]
    waits = [end for end, site in zip(slices.ends.tolist(), sites, strict=True) if site is not None]
    last_ns = max(waits, default=since_ns)
    acted = int(model.states.totals(np.array([main]), last_ns, end_ns)[0, list(ACTS)].sum())
    return last_ns if acted <= slack_ns else max(last_ns, end_ns - slack_ns)


def _end_of_its_program(model: Model, lane: Lane) -> int:
    """When the program ended or the process did that had started it."""
    end = int(model.program_end["time_ns"]) if model.program_end else model.end_ns
    process = model.processes[lane.process]
    parent = process.id if lane.serial > 1 or process.parent is None else process.parent
    return min([end, *(each.end_ns for each in model.lanes if _is_main(each, parent) and each.end_ns is not None)])


def _is_main(lane: Lane, process: int) -> bool:
    return lane.process == process and lane.serial == 1


def _of(model: Model, what: str, left: list[Lane], spread: int) -> Finding:
    things = {"thread": "threads", "process": "processes"}[what]
    names = f"{model.lane_name(left[0].id)} … {model.lane_name(left[-1].id)}"
    return finding(
        model,
        f"{what}-leak",
        f"{count(len(left), what, things)} were started and never ended ({names})",
        f"{count(len(left), what, things)} alike were started within {duration(spread)}, one after the other; none has"
        " ended, and all of them wait: their number grows for as long as the program runs.",
        f"Join each {what} or let it end when its work is done; for work that comes again and again use a pool.",
        lanes=[lane.id for lane in left],
        certainty="inferred",
    )

"""Processes forked while other threads ran: the child has only the thread that forked, and all locks as they were.

A lock that another thread held at that moment is never released in the child. Rests on when lanes lived and what they
held; which thread forked is not told, so one of those that lived is taken for it.
"""

from engine.analysis.building import Finding, finding, listed
from engine.model.entities import Process
from engine.model.format import count
from engine.model.model import Model

MOST = 10


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
    main = min(threads, key=lambda lane: model.lanes[lane].serial)
    others = [lane for lane in threads if lane != main]
    names = listed([model.lane_name(lane) for lane in others])
    held = sorted(
        {
            model.primitives[hold.primitive].short
            for lane in others
            for hold in model.holds.of_lane(lane, process.launched_ns, process.launched_ns + 1)
            if hold.primitive in model.primitives
        }
    )
    holding = f" {names} held {listed(held)} then, which nobody will release in the child." if held else ""
    forks = sum(each.how == "fork" and each.parent == process.parent for each in model.processes)
    first = f", the first of {count(forks, 'fork')}," if forks > 1 else ""
    return finding(
        model,
        "fork-with-threads",
        f"{process.name} was forked while {count(len(others), 'other thread')} ran",
        f"{process.name} ({process.pid}){first} was forked while {names} ran beside the thread that forked. The child"
        f" has none of these threads, but their locks as they were.{holding}",
        "Start processes before threads, or with the start method spawn or forkserver.",
        lanes=threads,
        severity="warning" if held else "info",
        start_ns=process.launched_ns,
        end_ns=process.start_ns,
        holds=held,
    )

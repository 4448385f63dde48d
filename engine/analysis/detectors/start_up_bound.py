"""Processes that were started for so little that starting and ending them took longer than their work.

Of a process started by `multiprocessing` it is known when its parent began to start it, when its work began and ended,
and when it was gone. The workers of a pool start side by side, and what they do is mostly to wait for jobs: what
counts is how long it took until half of the first ones had begun, of the time for which it was there, in all pools that
one line has made. Silent about few or quick ones.
"""

from statistics import median

from engine.analysis.building import Finding, finding
from engine.model.entities import Primitive, Process
from engine.model.format import duration, percent
from engine.model.model import Model

MIN_PROCESSES = 4
MIN_SHARE = 0.5  # of their lives is not work
MIN_NS = 200_000_000  # of all of them together


def find(model: Model) -> list[Finding]:
    """At most one about processes of their own, and one for each line that makes pools."""
    employers = {lane: pool for pool, lanes in model.executor_workers.items() for lane in lanes}
    mains = {lane.process: lane.id for lane in model.lanes if lane.serial == 1}
    own: list[Process] = []
    pools: dict[int, list[Process]] = {}
    for process in model.processes:
        if process.role == "worker" and process.work and process.end_ns and process.id in mains:
            pool = employers.get(mains[process.id])
            (own if pool not in model.primitives else pools.setdefault(pool or 0, [])).append(process)
    alike: dict[tuple[str, int], list[int]] = {}
    for number in pools:
        made = model.primitives[number]
        alike.setdefault((made.file, made.line), []).append(number)
    found = [_of_pools(model, model.primitives[some[0]], [pools[each] for each in some]) for some in alike.values()]
    return [each for each in [_of_processes(model, own), *found] if each is not None]


def _of_processes(model: Model, workers: list[Process]) -> Finding | None:
    lives = sum(_end(process) - process.launched_ns for process in workers)
    work = [process.work[1] - process.work[0] for process in workers if process.work]
    overhead = lives - sum(work)
    if len(workers) < MIN_PROCESSES or overhead < max(MIN_NS, MIN_SHARE * lives):
        return None
    before = median(_begin(process) - process.launched_ns for process in workers)
    return _finding(
        model,
        f"{len(workers)} processes were started for little work",
        f"Starting and ending them took {percent(overhead / lives)} of their lives, {duration(overhead)} in all:"
        f" each began its work {duration(before)} after its parent had begun to start it and worked for"
        f" {duration(median(work))} (medians).",
        "Start a few processes once, in a pool, and give each of them more work; threads start in a hundredth of that"
        " time, where the work lets go of the GIL.",
        workers,
    )


def _of_pools(model: Model, made: Primitive, pools: list[list[Process]]) -> Finding | None:
    workers = [worker for some in pools for worker in some]
    lost = sum(map(_start_up_ns, pools))
    lived = sum(max(map(_end, some)) - _launch(some) for some in pools)
    if len(workers) < MIN_PROCESSES or lost < max(MIN_NS, MIN_SHARE * lived):
        return None
    what, were, its = (f"{len(pools)} pools", "were", "their") if len(pools) > 1 else (made.short, "was", "its")
    return _finding(
        model,
        f"{what} took longer to start than to work",
        f"Until half of {its} workers had begun, {duration(lost)} went by since the first was started,"
        f" {percent(lost / lived)} of the time for which {what} made at {made.place} {were} there.",
        "Make one pool and keep it for all work, or give it fewer workers; for so little work threads, or none, are"
        " quicker.",
        workers,
        made,
    )


def _finding(
    model: Model, title: str, explanation: str, advice: str, workers: list[Process], pool: Primitive | None = None
) -> Finding:
    chosen = {process.id for process in workers}
    lanes = [lane.id for lane in model.lanes if lane.process in chosen and lane.serial == 1]
    number = pool.id if pool else None
    return finding(model, "start-up-bound", title, explanation, advice, lanes=lanes, severity="info", primitive=number)


def _launch(workers: list[Process]) -> int:
    return min(process.launched_ns for process in workers)


def _begin(process: Process) -> int:
    return process.work[0] if process.work else process.start_ns


def _end(process: Process) -> int:
    return process.end_ns or 0


def _start_up_ns(workers: list[Process]) -> int:
    """Until half of the workers of a pool had begun; those that came instead of others do not count."""
    first_end = min(map(_end, workers))
    return int(median(_begin(each) for each in workers if each.launched_ns < first_end)) - _launch(workers)

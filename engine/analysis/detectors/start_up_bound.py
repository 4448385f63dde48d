"""Processes that were started for so little that starting and ending them took longer than their work.

Of a process started by `multiprocessing` it is known when its parent began to start it, when its work began and ended,
and when it was gone. Pools start their workers once and are judged by the same measure. Silent about few or quick ones.
"""

from statistics import median

from engine.analysis.building import Finding, finding
from engine.model.entities import Process
from engine.model.format import duration, percent
from engine.model.model import Model

MIN_PROCESSES = 4
MIN_SHARE = 0.5  # of their lives is not work
MIN_NS = 200_000_000  # of all of them together


def find(model: Model) -> list[Finding]:
    """At most one."""
    workers = [process for process in model.processes if process.role == "worker" and process.work and process.end_ns]
    lives = sum(_life(process) for process in workers)
    overhead = lives - sum(_work(process) for process in workers)
    if len(workers) < MIN_PROCESSES or overhead < max(MIN_NS, MIN_SHARE * lives):
        return []
    before = median(process.work[0] - process.launched_ns for process in workers if process.work)
    worked = median(_work(process) for process in workers)
    chosen = {process.id for process in workers}
    return [
        finding(
            model,
            "start-up-bound",
            f"{len(workers)} processes were started for little work",
            f"Starting and ending them took {percent(overhead / lives)} of their lives, {duration(overhead)} in all:"
            f" each began its work {duration(before)} after its parent had begun to start it and worked for"
            f" {duration(worked)} (medians).",
            "Start a few processes once, in a pool, and give each of them more work; threads start in a hundredth of"
            " that time, where the work lets go of the GIL.",
            lanes=[lane.id for lane in model.lanes if lane.process in chosen and lane.serial == 1],
            severity="info",
        )
    ]


def _life(process: Process) -> int:
    return (process.end_ns or 0) - process.launched_ns


def _work(process: Process) -> int:
    return process.work[1] - process.work[0] if process.work else 0

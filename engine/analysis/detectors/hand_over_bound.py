"""Pools of processes whose jobs are so small that handing them over takes longer than doing them.

Rests on the jobs of the pool's workers and the pauses between them. Pauses are hand-over only where they are short:
longer ones are waits for somebody who has nothing to do yet. Silent about few jobs, and about long ones.
"""

import numpy as np

from engine.analysis.building import Finding, finding
from engine.model.format import count, duration, percent
from engine.model.model import Model

MIN_JOBS = 500  # of the pool
MAX_JOB_NS = 1_000_000  # typically
MAX_PAUSE_NS = 500_000  # typically
MIN_SHARE = 0.6  # of the time between a worker's first job and its last is pauses
MIN_NS = 200_000_000  # of pauses in all


def find(model: Model) -> list[Finding]:
    """One finding a pool."""
    found = []
    for executor, workers in model.executor_workers.items():
        primitive = model.primitives.get(executor)
        lanes = [lane for lane in dict.fromkeys(workers) if model.processes[model.lanes[lane].process].role == "worker"]
        if primitive is None or not lanes or len(model.tasks) < MIN_JOBS:
            continue
        jobs, pauses = map(np.concatenate, zip(*(_of_lane(model, lane) for lane in lanes), strict=True))
        if len(jobs) < MIN_JOBS or np.median(jobs) > MAX_JOB_NS or np.median(pauses) > MAX_PAUSE_NS:
            continue
        share = pauses.sum() / max(1, pauses.sum() + jobs.sum())
        if share < MIN_SHARE or pauses.sum() < MIN_NS:
            continue
        found.append(
            finding(
                model,
                "hand-over-bound",
                f"{primitive.short} spends its time in handing over jobs",
                f"Its {count(len(lanes), 'worker')} did {count(len(jobs), 'job')} of {duration(np.median(jobs))} and"
                f" waited {duration(np.median(pauses))} for the next one (medians): {percent(share)} of the time"
                f" between their first job and their last went into handing over, {duration(pauses.sum())} in all.",
                "Hand over larger pieces: a chunksize of some hundreds in map and imap, or jobs that take a list. Work"
                " this small may be quicker without processes.",
                lanes=lanes,
                severity="info",
                certainty="inferred",
                waits_for=primitive.label,
                primitive=executor,
            )
        )
    return found


def _of_lane(model: Model, lane: int) -> tuple[np.ndarray, np.ndarray]:
    """How long its jobs took, and the pauses between them. ns."""
    jobs = model.tasks.outermost(lane)
    return jobs["end"] - jobs["start"], np.maximum(jobs["start"][1:] - jobs["end"][:-1], 0)

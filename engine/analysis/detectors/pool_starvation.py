"""Pools whose workers are all blocked most of the time, so that tasks wait for a worker although none works.

Where they wait for tasks of their own pool, these can hardly begin: once all do so for good, that is a deadlock.

Rests on the states of an executor's workers: time without a task is idle, so what they wait for is something else. When
one is idle before its first task or after its last does not count: then there was nothing to do yet, or any more. That
tasks had to wait shows when a worker begins one as soon as it has ended another. Silent with fewer than MIN_WORKERS,
short pools, those that are part of a deadlock, and when the program ended before any task that waited had begun.
"""

import numpy as np

from engine.analysis import deadlock
from engine.analysis.building import Finding, finding
from engine.analysis.unknown_waits import are_unknown
from engine.model.entities import Primitive
from engine.model.format import count, duration, percent
from engine.model.model import Model
from engine.recording.schema import STATE_MASK, State

MIN_WORKERS = 2
MIN_SHARE = 0.6  # of every worker's time is spent in waiting within tasks
MIN_NS = 500_000_000
MAX_IDLE = 0.1  # of that time: with idle workers no task waits
MAX_PAUSE_NS = 5_000_000  # between two tasks of which the second had waited
MOST_SLICES = 10_000  # of a worker, in which it is looked up what it waits for

ADVICE = "Let tasks not wait: hand on what they wait for as tasks of their own, or give the pool more workers."
OWN_ADVICE = (
    "Let no task wait for another of the same pool: when all workers do so, none is left for those tasks. Wait outside,"
    " in who submits them, or give them a pool of their own."
)


def find(model: Model) -> list[Finding]:
    """One finding a pool."""
    stuck = {lane for found in deadlock.find(model) for lane in found["lanes"]}
    found = []
    for executor, workers in model.executor_workers.items():
        lanes = sorted(set(workers) - stuck)
        primitive = model.primitives.get(executor)
        if primitive is None or len(lanes) < MIN_WORKERS or len(lanes) < len(set(workers)):
            continue
        totals = model.states.totals(np.array(lanes), model.start_ns, model.end_ns)
        totals[:, State.IDLE] -= _idle_outside(model, lanes)
        alive = np.maximum(totals[:, 1:].sum(axis=1), 1)
        blocked = totals[:, State.WAIT] + totals[:, State.LOCK_WAIT]
        if alive.min() < MIN_NS or (blocked < MIN_SHARE * alive).any():
            continue
        if (totals[:, State.IDLE] > MAX_IDLE * alive).any():
            continue
        late = sum(_begun_late(model, lane) for lane in lanes)
        if not late:
            continue
        awaited = _awaited(model, lanes)
        its_own = awaited is not None and awaited.id == executor
        what = "other tasks of its own" if its_own else awaited.label if awaited else "something else"
        found.append(
            finding(
                model,
                "pool-starvation",
                f"The {count(len(lanes), 'worker')} of {primitive.short} all wait, and none works",
                f"The workers of {primitive.label} spent {percent(float(blocked.sum() / alive.sum()))} of their time in"
                f" tasks that wait, most for {what}, {duration(int(blocked.sum()))} in all, and had hardly a moment"
                f" without a task: {count(late, 'other task')} could begin only when one of these had ended.",
                OWN_ADVICE if its_own else ADVICE,
                lanes=lanes,
                severity="warning" if its_own else "info",
                certainty="inferred",
                waits_for=primitive.label,
                primitive=executor,
            )
        )
    return found


def _idle_outside(model: Model, lanes: list[int]) -> np.ndarray:
    """For how long each was idle before its first task and after its last: ns."""
    found = np.zeros(len(lanes), np.int64)
    for number, lane in enumerate(lanes):
        tasks = model.tasks.outermost(lane)
        if len(tasks):
            spans = (model.start_ns, int(tasks["start"].min())), (int(tasks["end"].max()), model.end_ns)
            found[number] = sum(int(model.states.totals(np.array([lane]), *span)[0, State.IDLE]) for span in spans)
    return found


def _awaited(model: Model, lanes: list[int]) -> Primitive | None:
    """What they wait for the longest."""
    spent: dict[int, int] = {}
    for lane in lanes:
        slices = model.states.slices(lane, model.start_ns, model.end_ns, MOST_SLICES)
        states = slices.codes & STATE_MASK
        some = ((states == State.WAIT) | (states == State.LOCK_WAIT)) & ~are_unknown(slices.codes)
        lengths = (slices.ends - slices.starts)[some].tolist()
        for detail, length in zip(slices.details[some].tolist(), lengths, strict=True):
            if awaited := model.detail(detail)[0]:
                spent[awaited.id] = spent.get(awaited.id, 0) + length
    return model.primitives[max(spent, key=lambda number: spent[number])] if spent else None


def _begun_late(model: Model, lane: int) -> int:
    """How many of its tasks a worker began as soon as it had ended another that waited."""
    tasks = model.tasks.outermost(lane)
    starts, ends = tasks["start"].astype(np.int64), tasks["end"].astype(np.int64)
    pauses = starts[1:] - ends[:-1]
    spent = model.states.totals_between(np.full(len(pauses), lane), starts[:-1], ends[:-1])
    waited = spent[:, State.WAIT] + spent[:, State.LOCK_WAIT] > 0
    return int(((pauses < MAX_PAUSE_NS) & np.logical_or.accumulate(waited)).sum()) if len(pauses) else 0

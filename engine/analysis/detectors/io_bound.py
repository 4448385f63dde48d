"""Workers that wait for something outside nearly all the time, one request after another: more of them would help.

Of at least MIN_LANES workers of one crew, each spends nearly all of its life in many short waits for I/O; time asleep
counts only within tasks, where it is the work. Who waits long at a time is waiting for somebody to ask for something.
That more would help is inferred: what lies outside may be at its limit. Silent where the workers had no work at times,
where anything else keeps them (locks, the GIL, cores), and on short runs.
"""

import numpy as np

from engine.analysis.building import Finding, finding
from engine.analysis.detectors import uneven
from engine.model.format import count, duration, percent
from engine.model.model import Model
from engine.recording.schema import STATE_MASK, State

MIN_LANES = 2
MIN_OUTSIDE = 0.8  # of a worker's life
MAX_OTHER = 0.1  # of it is spent in any other wait, or without work
MIN_WAITS = 10  # of each worker
MAX_WAIT_SHARE = 0.25  # of a worker's life in one wait
MIN_NS = 300_000_000  # of each worker's life
MOST_SLICES = 200_000  # of a worker
MOST_LANES = 256  # so many of one kind overlap their waits already
_OTHER = (State.LOCK_WAIT, State.WAIT, State.IDLE, State.GIL_WAIT, State.CORE_WAIT, State.UNKNOWN)


def find(model: Model) -> list[Finding]:
    """One finding a crew."""
    found = []
    for lanes in uneven.crews(model):
        if not MIN_LANES <= len(lanes) <= MOST_LANES:
            continue
        totals = model.states.totals(np.array(lanes), model.start_ns, model.end_ns)
        alive = np.maximum(totals[:, 1:].sum(axis=1), 1)
        outside = totals[:, State.IO] + totals[:, State.SLEEP]
        if alive.min() < MIN_NS or (outside < MIN_OUTSIDE * alive).any():
            continue
        if (totals[:, list(_OTHER)].sum(axis=1) > MAX_OTHER * alive).any():
            continue
        waits = [_waits(model, lane) for lane in lanes]
        if not all(_is_busy(each, int(life)) for each, life in zip(waits, alive, strict=True)):
            continue
        ran = int(totals[:, State.RUNNING].sum())
        found.append(
            finding(
                model,
                "io-bound",
                f"{len(lanes)} workers wait for something outside, one request after another",
                f"They spent {percent(outside.sum() / alive.sum())} of their time in waiting for something outside,"
                f" {duration(_typical(np.concatenate(waits)))} at a time typically, and ran for"
                f" {percent(ran / alive.sum())} of it: {count(len(lanes), 'worker')} of this kind use"
                f" {ran / alive.max():.2f} of a core.",
                "Try more threads for this work, as their waits overlap, or asyncio; a comparison with several numbers"
                " of workers measures how much that helps.",
                lanes=lanes,
                severity="info",
                certainty="inferred",
            )
        )
    return found


def _is_busy(waits: np.ndarray, alive: int) -> bool:
    """Whether these waits show that a worker always had something to do."""
    return len(waits) >= MIN_WAITS and waits.max() <= MAX_WAIT_SHARE * alive and waits.sum() >= MIN_OUTSIDE * alive


def _waits(model: Model, lane: int) -> np.ndarray:
    """How long each of its waits for something outside took: those for I/O and, within tasks, sleep. ns."""
    slices = model.states.slices(lane, model.start_ns, model.end_ns, limit=MOST_SLICES)
    states = slices.codes & STATE_MASK
    asleep = states == State.SLEEP
    if asleep.any():
        jobs = model.tasks.outermost(lane)
        before = np.searchsorted(jobs["start"], slices.starts, "right") - 1
        within = (before >= 0) & (slices.ends <= jobs["end"][before]) if len(jobs) else np.zeros(len(states), np.bool_)
        asleep &= within
    waits = (states == State.IO) | asleep
    return np.asarray(slices.ends[waits] - slices.starts[waits])


def _typical(waits: np.ndarray) -> float:
    """Half of the time was spent in waits at least this long."""
    ordered = np.sort(waits)
    return float(ordered[np.searchsorted(np.cumsum(ordered), ordered.sum() / 2)])

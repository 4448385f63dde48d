"""Waits that were only sampled: nobody knows what for.

An interpreter waits so within itself, as a free-threaded one does for the lock of a dict, and so does a library for its
own threads. They are nothing that the program's code says.
"""

import numpy as np

from engine.model.columns import distinct
from engine.model.model import Model
from engine.recording.schema import SAMPLED, STATE_MASK, State

SLICES_AT_ONCE = 8_000


def are_unknown(codes: np.ndarray) -> np.ndarray:
    """Which of the slices with these codes are such waits."""
    return np.asarray((codes & STATE_MASK == State.WAIT) & (codes & SAMPLED != 0))


def within(model: Model, lanes: np.ndarray, starts: np.ndarray, ends: np.ndarray) -> np.ndarray:
    """How long such waits took, for each lane within a span of its own: ns, int64."""
    found = np.zeros(len(lanes), np.int64)
    there = distinct(lanes)
    some = model.states.sampled(there, model.start_ns, model.end_ns)[:, State.WAIT] > 0
    for lane in there[some].tolist():
        mine = np.flatnonzero(lanes == lane)
        begun, over = _of(model, lane, int(starts[mine].min()), int(ends[mine].max()))
        if len(begun):
            found[mine] = _until(begun, over, ends[mine]) - _until(begun, over, starts[mine])
    return found


def _of(model: Model, lane: int, start_ns: int, end_ns: int) -> tuple[np.ndarray, np.ndarray]:
    """When those of a lane began and were over."""
    begun, over = [np.zeros(0, np.int64)], [np.zeros(0, np.int64)]
    while True:
        slices = model.states.slices(lane, start_ns, end_ns, SLICES_AT_ONCE)
        some = are_unknown(slices.codes)
        begun.append(slices.starts[some])
        over.append(slices.ends[some])
        if len(slices.ends) < SLICES_AT_ONCE:
            return np.concatenate(begun), np.concatenate(over)
        start_ns = int(slices.ends[-1])


def _until(begun: np.ndarray, over: np.ndarray, times: np.ndarray) -> np.ndarray:
    """How much of these waits, which follow one another, lies before each of these times."""
    before = np.concatenate([[0], np.cumsum(over - begun)])
    count = np.searchsorted(begun, times, "right")
    late = np.where(count > 0, over[np.maximum(count, 1) - 1] - times, 0)
    return np.asarray(before[count] - np.maximum(late, 0))

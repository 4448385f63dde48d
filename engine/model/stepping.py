"""From a slice to the next or previous one of its lane that is in the same state. Times are absolute ns."""

import numpy as np

from engine.model.entities import Slice
from engine.model.model import Model
from engine.recording.schema import STATE_MASK

AT_ONCE = 10_000  # slices


def next_alike(model: Model, item: Slice) -> Slice | None:
    """The first later slice of the lane in the same state; None when there is none."""
    at = item.end_ns
    while at < model.end_ns:
        found = model.states.slices(item.lane, at, model.end_ns, AT_ONCE)
        alike = np.flatnonzero((found.codes & STATE_MASK == item.state) & (found.starts >= at))
        if len(alike):
            return model.states.slice_at(item.lane, int(found.starts[alike[0]]))
        if len(found.starts) < AT_ONCE:
            return None
        at = int(found.ends[-1])
    return None


def previous_alike(model: Model, item: Slice) -> Slice | None:
    """The last earlier slice of the lane in the same state; None when there is none."""
    until, width = item.start_ns, max(item.duration_ns, 1_000_000)
    while until > model.start_ns:
        since = max(until - width, model.start_ns)
        found = model.states.slices(item.lane, since, until, AT_ONCE)
        if len(found.starts) == AT_ONCE and width > 1:
            width //= 4  # too many to be all of them: their last ones are what is wanted
            continue
        alike = np.flatnonzero((found.codes & STATE_MASK == item.state) & (found.starts < until))
        if len(alike):
            return model.states.slice_at(item.lane, int(found.starts[alike[-1]]))
        until, width = since, 2 * width
    return None

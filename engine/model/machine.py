"""The machine that a program ran on: what it had, and what else it did meanwhile."""

import numpy as np

from engine.model.model import Model
from engine.recording.schema import State


def usable_cores(model: Model) -> int:
    """Cores that the program might run on; 0: not known."""
    machine = model.header.get("machine") or {}
    return int(machine.get("usable_cores") or machine.get("cores") or 0)


def used_by_others(model: Model, start_ns: int | None = None, end_ns: int | None = None) -> float | None:
    """Cores that other programs, Lanescope among them, used on average within a span (of everything).

    None: not known. What the program's own lanes ran is taken from what kept all cores busy.
    """
    start = model.start_ns if start_ns is None else start_ns
    end = model.end_ns if end_ns is None else end_ns
    busy = [model.cores.mean(core, start, end) for core in model.cores.cores()]
    known = [share for share in busy if share is not None]
    if not known or end <= start:
        return None
    own = model.states.totals(np.arange(len(model.lanes)), start, end)[:, State.RUNNING].sum() / (end - start)
    return max(0.0, float(sum(known) - own))

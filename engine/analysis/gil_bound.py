"""Threads that compute in turns because of the GIL.

Rests on sampled GIL wait; silent without it, with fewer than two threads that want to run, and below MIN_SHARE of the
time in which they wanted to. Says nothing about how much another backend would gain: that is measured by a comparison.
"""

import numpy as np

from engine.analysis.building import Finding, finding
from engine.model.format import duration, percent
from engine.model.model import Model
from engine.recording.schema import State

MIN_SHARE = 0.3
MIN_WAIT_NS = 100_000_000
MIN_LANE_SHARE = 0.05  # of the process's GIL wait makes a lane a part of it


def find(model: Model) -> list[Finding]:
    """One finding a process."""
    found = []
    for process in model.processes:
        lanes = [lane.id for lane in model.lanes if lane.process == process.id]
        if process.free_threaded or len(lanes) < 2:
            continue
        totals = model.states.totals(np.array(lanes), model.start_ns, model.end_ns)
        waited = totals[:, State.GIL_WAIT]
        wanted = waited + totals[:, State.RUNNING] + totals[:, State.CORE_WAIT]
        concerned = np.flatnonzero(waited >= MIN_LANE_SHARE * max(1, waited.sum()))
        share = waited.sum() / max(1, wanted[concerned].sum())
        if waited.sum() < MIN_WAIT_NS or share < MIN_SHARE or len(concerned) < 2:
            continue
        found.append(
            finding(
                model,
                "gil-bound",
                f"{len(concerned)} threads of {process.name} {process.pid} take turns because of the GIL",
                f"They spent {percent(share)} of the time in which they could have run in waiting for the GIL,"
                f" {duration(int(waited.sum()))} in all (sampled): adding threads adds no speed here.",
                "Use processes for this work, or a free-threaded build of Python, or code that releases the GIL.",
                lanes=[lanes[int(index)] for index in concerned],
                severity="info",
                certainty="inferred",
            )
        )
    return found

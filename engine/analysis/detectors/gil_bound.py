"""Threads that compute in turns because of the GIL.

Rests on sampled GIL wait; silent without it, where it cannot be told from core wait, with fewer than two threads that
want to run, and where its share of the time in which they wanted to is not above MIN_SHARE beyond doubt. How much a way
without a common GIL gains is measured by a comparison, and told where this run was part of one; otherwise only what
there is to gain at most, from the cores that its threads used together.
"""

import numpy as np

from engine.analysis.building import Finding, finding
from engine.model.attribution import points_in_words
from engine.model.format import count, duration, percent
from engine.model.machine import usable_cores, used_by_others
from engine.model.model import Model
from engine.recording.schema import State

MIN_SHARE = 0.3
MIN_WAIT_NS = 100_000_000
MIN_GAIN = 1.15  # times as fast: what is worth telling
MIN_LANE_SHARE = 0.05  # of the process's GIL wait makes a lane a part of it


def find(model: Model) -> list[Finding]:
    """One finding a process."""
    found = []
    for process in model.processes:
        lanes = [lane.id for lane in model.lanes if lane.process == process.id]
        if process.free_threaded or len(lanes) < 2 or model.attribution.merged(process.id):
            continue
        span = model.start_ns, model.end_ns
        totals = model.states.totals(np.array(lanes), *span)
        waited = totals[:, State.GIL_WAIT]
        wanted = waited + totals[:, State.RUNNING] + totals[:, State.CORE_WAIT]
        concerned = np.flatnonzero(waited >= MIN_LANE_SHARE * max(1, waited.sum()))
        share = waited.sum() / max(1, wanted[concerned].sum())
        if waited.sum() < MIN_WAIT_NS or len(concerned) < 2:
            continue
        sampled = model.states.sampled(np.array(lanes)[concerned], *span)
        points = model.attribution.uncertainty(totals[concerned], sampled)[State.GIL_WAIT]
        if share - points / 100 < MIN_SHARE:
            continue
        found.append(
            finding(
                model,
                "gil-bound",
                f"{len(concerned)} threads of {process.name} {process.pid} take turns because of the GIL",
                f"They spent {percent(share)}{points_in_words(points)} of the time in which they could have run in"
                f" waiting for the GIL, {duration(int(waited.sum()))} in all (sampled): adding threads adds no speed"
                f" here.{_busiest(model, process.id)}",
                "Use processes for this work, or a free-threaded build of Python, or code that releases the GIL."
                + _gain(model, totals[concerned]),
                lanes=[lanes[int(index)] for index in concerned],
                severity="info",
                certainty="inferred",
            )
        )
    return found


def _busiest(model: Model, process: int) -> str:
    """Whether the GIL was taken all the time, how often it changed hands, and where it was held the longest."""
    gil = next((gil.id for gil in model.gils.of_process(process)), 0)
    end_ns = model.processes[process].end_ns
    load = model.gils.load(gil, model.start_ns, model.end_ns if end_ns is None else end_ns)
    if load is None:
        return ""
    text = f" The GIL was taken {percent(load.taken)} of the time"
    if load.switches:
        text += f" and changed hands {load.switches} times"
    lane = next((lane for lane in model.gils.holders(gil, model.start_ns, model.end_ns) if lane >= 0), None)
    site = None if lane is None else model.site(model.gils.longest_site(gil, lane, model.start_ns, model.end_ns))
    return f"{text}, most at {site.label}." if site else f"{text}."


def _gain(model: Model, totals: np.ndarray) -> str:
    """As a comparison has measured it, else at most; nothing where other programs kept cores busy."""
    if measured := model.compared.get("gil-bound"):
        return f" Measured by a comparison: {measured}"
    cores = usable_cores(model)
    free = min(cores - (used_by_others(model) or 0.0), len(totals))
    used = totals[:, State.RUNNING].sum() / max(1, int(totals[:, 1:].sum(axis=1).max()))
    most = free / max(used, 1.0)
    if most < MIN_GAIN:
        return ""
    return f" On {count(cores, 'core')} that can be up to {most:.1f} times as fast; Compare measures how much it is."

"""More lanes that want to run than there are cores, for a good part of the run: they only take turns.

Rests on the system's accounts (running and core wait, not GIL wait: who waits for a GIL wants no core). A core wait may
be owed to other programs, which also makes lanes stay in the run queue for longer: the program's own lanes must be more
than the cores, and the machine its own. Silent on short runs, where core wait cannot be told from GIL wait, and where
its share is not above MIN_SHARE beyond doubt.
"""

import numpy as np

from engine.analysis.building import Finding, finding
from engine.model.attribution import points_in_words
from engine.model.format import count, duration, percent
from engine.model.machine import usable_cores, used_by_others
from engine.model.model import Model
from engine.recording.schema import State

MIN_SHARE = 0.25  # of the time in which they could run is spent in waiting for a core
MIN_CROWD = 1.3  # lanes that want to run, over cores, in a part of the run that counts
MIN_PART = 0.4  # of the run is such
MIN_NS = 300_000_000  # in all
MOST_STRANGE = 0.2  # of the cores are used by other programs
MIN_LANE_SHARE = 0.02  # of the core wait makes a lane a part of it
_COLUMN_NS = 50_000_000
_MOST_COLUMNS = 4096
_WANTING = (State.RUNNING, State.CORE_WAIT)


def find(model: Model) -> list[Finding]:
    """At most one, of all processes together: they share the cores."""
    cores = usable_cores(model)
    elapsed = model.end_ns - model.start_ns
    if not cores or elapsed < MIN_NS or model.attribution.any_merged or not model.lanes:
        return []
    columns = min(_MOST_COLUMNS, max(1, elapsed // _COLUMN_NS))
    wanting = model.states.active(model.start_ns, elapsed / columns, columns, _WANTING)
    crowded = wanting >= MIN_CROWD * cores
    if crowded.mean() < MIN_PART or crowded.mean() * elapsed < MIN_NS:
        return []
    numbers = np.arange(len(model.lanes))
    totals = model.states.totals(numbers, model.start_ns, model.end_ns)
    if (used_by_others(model) or 0.0) > MOST_STRANGE * cores:
        return []
    waited = totals[:, State.CORE_WAIT]
    waited[[lane.id for lane in model.lanes if lane.internal]] = 0
    concerned = np.flatnonzero(waited >= MIN_LANE_SHARE * max(1, waited.sum()))
    wanted = int(totals[concerned][:, list(_WANTING)].sum())
    share = int(waited[concerned].sum()) / max(1, wanted)
    sampled = model.states.sampled(concerned, model.start_ns, model.end_ns)
    points = float(model.attribution.uncertainty(totals[concerned], sampled)[State.CORE_WAIT])
    if share - points / 100 < MIN_SHARE or len(concerned) <= cores:
        return []
    return [
        finding(
            model,
            "oversubscribed",
            f"{len(concerned)} lanes want to run on {count(cores, 'core')}",
            f"For {duration(crowded.mean() * elapsed)} ({percent(crowded.mean())} of the run) more lanes wanted to run"
            f" than there are cores, {wanting[crowded].mean():.1f} at a time on average. They spent {percent(share)}"
            f"{points_in_words(points)} of the time in which they could have run in waiting for a core,"
            f" {duration(int(waited[concerned].sum()))} in all.",
            f"Use {count(cores, 'worker')} for work that computes: more of them only take turns, and each costs memory"
            " and switches.",
            lanes=[int(lane) for lane in concerned],
            severity="info",
            certainty="inferred",
        )
    ]

"""Lock convoys: a lock that goes from waiter to waiter, so that its users move in single file.

A convoy (Blasgen, Gray, Mitchell, Price: "The Convoy Phenomenon", 1979) shows as a lock for which nearly every
acquisition waits and nearly every release is a hand-off, while its holds are short against the waits. Silent below
MIN_ACQUISITIONS, of locks by which threads take turns at waiting for work (see `turns`), of those that are told to be
held while blocked, for that is the cause, and where others queue behind a line that takes the lock seldom: that is a
costly hold. Not found: convoys over several locks at once, and locks of which the recorder knows no holds.
"""

import numpy as np

from engine.analysis.building import Finding, finding
from engine.analysis.detectors import costly_hold
from engine.analysis.known import Known
from engine.analysis.turns import is_for_turns
from engine.model.format import duration, percent
from engine.model.hand_offs import MUTEXES
from engine.model.model import Model

MIN_ACQUISITIONS = 20
MIN_CONTENDED = 0.6
MIN_HAND_OFFS = 0.6
MIN_LANES = 3
MIN_SHARE = 0.25  # of the users' time is spent in waiting for it
MIN_TAKEN = 0.5  # of the acquisitions are those of a line to which the waiting is owed
TOLD = frozenset({"lock-held-while-blocked"})


def find(model: Model, known: Known) -> list[Finding]:
    """One finding a convoy."""
    found = []
    told = known.locks_told(TOLD)
    for row in known.locks:
        if (
            row.primitive.kind not in MUTEXES
            or row.primitive.id in told
            or row.acquisitions < MIN_ACQUISITIONS
            or row.contended < MIN_CONTENDED
            or row.hand_offs < MIN_HAND_OFFS * row.acquisitions
            or row.wait_ns < 2 * row.hold_ns
        ):
            continue
        profile = known.profiles.of(row.primitive.id)
        lanes = sorted(lane for lane, _ in profile.users)
        if len(lanes) < MIN_LANES or is_for_turns(model, profile):
            continue
        line = costly_hold.line_to_blame(profile)
        if line is not None and line.holds < MIN_TAKEN * row.acquisitions:
            continue
        place = f", most for those at {line.site.label}" if line is not None and line.site else ""
        totals = model.states.totals(np.array(lanes), model.start_ns, model.end_ns)
        share = row.wait_ns / max(1, int(totals[:, 1:].sum()))
        if share < MIN_SHARE:
            continue
        found.append(
            finding(
                model,
                "convoy",
                f"Convoy at {row.primitive.short}",
                f"{len(lanes)} lanes queue for {row.primitive.label}: {percent(row.contended)} of its"
                f" {row.acquisitions} acquisitions had to wait, {duration(row.wait_ns)} in all ({percent(share)} of"
                f" these lanes' time){place}, while it was held for {duration(row.median_hold_ns)} typically and"
                f" {duration(row.longest_hold_ns)} at most.",
                "Hold the lock for less work, split what it protects over several locks, or let each worker collect its"
                " results and merge them rarely.",
                lanes=lanes,
                waits_for=row.primitive.label,
                primitive=row.primitive.id,
            )
        )
    return found

"""Locks held while their holder sleeps or does I/O, so that others wait for something that needs no lock.

Rests on the holder's own states within each hold, for locks that others waited for. Of very many holds the longest
MOST_HOLDS are looked at. Silent when less than MIN_BLOCKED_NS was slept away or others waited less than that.
"""

import numpy as np

from engine.analysis.building import Finding, finding, listed
from engine.model.format import count, duration, percent
from engine.model.hand_offs import MUTEXES
from engine.model.model import Model
from engine.model.statistics import lock_statistics
from engine.recording.schema import State

MOST_HOLDS = 20_000
MIN_BLOCKED_NS = 5_000_000
MIN_SHARE = 0.2  # of the time for which it was held
MIN_HOLD_NS = 100_000


def find(model: Model) -> list[Finding]:
    """One finding a lock."""
    rows = model.holds.rows
    lengths = rows["end"].astype(np.int64) - rows["start"].astype(np.int64)
    some = np.flatnonzero(lengths >= MIN_HOLD_NS)
    if len(some) > MOST_HOLDS:
        some = some[np.argpartition(lengths[some], len(some) - MOST_HOLDS)[len(some) - MOST_HOLDS :]]
    rows, lengths = rows[some], lengths[some]
    spent = model.states.totals_between(
        rows["lane"].astype(np.int64), rows["start"].astype(np.int64), rows["end"].astype(np.int64)
    )
    asleep, in_io = spent[:, State.SLEEP], spent[:, State.IO]
    found = []
    for lock in lock_statistics(model):
        if lock.primitive.kind not in MUTEXES or not lock.waits or lock.wait_ns < MIN_BLOCKED_NS:
            continue
        mine = rows["primitive"] == lock.primitive.id
        slept, read = int(asleep[mine].sum()), int(in_io[mine].sum())
        blocked = slept + read
        if blocked < MIN_BLOCKED_NS or blocked < MIN_SHARE * lock.hold_ns:
            continue
        guilty = np.flatnonzero(mine & (asleep + in_io > 0))
        worst = int(guilty[np.argmax((asleep + in_io)[guilty])])
        lanes = np.unique(rows["lane"][guilty]).tolist()
        doing = "sleeping" if slept >= read else "doing I/O"
        site = model.site(int(rows["site"][worst]))
        place = f", longest after taking it at {site.label}" if site else ""
        found.append(
            finding(
                model,
                "lock-held-while-blocked",
                f"{lock.primitive.short} is held while {doing}",
                f"{listed([model.lane_label(lane) for lane in lanes])} held {lock.primitive.label} while {doing} for"
                f" {duration(blocked)} ({percent(blocked / max(1, lock.hold_ns))} of the time it was held, in"
                f" {count(len(guilty), 'hold')}{place}); others waited {duration(lock.wait_ns)} for it.",
                "Do what takes long before taking the lock or after releasing it, and keep only the change of shared"
                " data inside.",
                lanes=lanes,
                start_ns=int(rows["start"][worst]),
                end_ns=int(rows["end"][worst]),
                holds=[lock.primitive.label],
                primitive=lock.primitive.id,
                site=int(rows["site"][worst]),
            )
        )
    return found

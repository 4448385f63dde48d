"""The locks of a recording as `report --json` gives them."""

from typing import Any

from engine.analysis.known import Known
from engine.model.hand_offs import MUTEXES
from engine.model.model import Model
from engine.model.statistics import LockStatistics

MOST_PROFILES = 10  # locks of which it is told who blocked whom


def lock_entries(model: Model, known: Known) -> list[dict[str, Any]]:
    """All locks; those that cost the most waiting with who blocked whom, and where."""
    rows = known.locks
    costly = [row.primitive.id for row in rows if row.primitive.kind in MUTEXES and row.waits][:MOST_PROFILES]
    return [_with_profile(model, row, known) if row.primitive.id in costly else _lock(row) for row in rows]


def _lock(row: LockStatistics) -> dict[str, Any]:
    return {
        "name": row.primitive.label,
        "kind": row.primitive.kind,
        "internal": row.primitive.internal,
        "acquisitions": row.acquisitions,
        "contended_percent": round(100 * row.contended, 1),
        "waits": row.waits,
        "hand_offs": row.hand_offs,
        "wait_ns": _spread(row.wait_ns, row.median_wait_ns, row.p99_wait_ns, row.longest_wait_ns),
        "hold_ns": _spread(row.hold_ns, row.median_hold_ns, row.p99_hold_ns, row.longest_hold_ns),
    }


def _with_profile(model: Model, row: LockStatistics, known: Known) -> dict[str, Any]:
    profile = known.profiles.of(row.primitive.id)
    name = model.lane_label
    return {
        **_lock(row),
        "fairness": None if profile.fairness is None else round(profile.fairness, 3),
        "users": [{"lane": name(lane), "acquisitions": times} for lane, times in profile.users],
        "blocked": [
            {
                "holder": name(each.holder),
                "waiter": name(each.waiter),
                "wait_ns": each.total_ns,
                "longest": each.longest_ns,
            }
            for each in profile.blockings
        ],
        "lines": [
            {
                "at": each.site.label if each.site else "",
                "holds": each.holds,
                "hold_ns": each.total_ns,
                "longest": each.longest_ns,
                "blocked_ns": each.blocked_ns,
            }
            for each in profile.lines
        ],
    }


def _spread(total: int, median: int, p99: int, longest: int) -> dict[str, int]:
    return {"total": total, "median": median, "p99": p99, "longest": longest}

"""Threads that an exception ended. Those that Lanescope itself interrupted are none."""

from engine.analysis.building import Finding, ended_by_lanescope, finding
from engine.model.model import Model


def find(model: Model) -> list[Finding]:
    """One finding a thread."""
    ours = ("KeyboardInterrupt", "SystemExit") if ended_by_lanescope(model) else ()
    return [
        finding(
            model,
            "thread-error",
            f"{model.lane_label(lane.id)} was ended by an exception",
            f"{model.lane_label(lane.id)} was ended by {lane.error}",
            "Catch it in the thread and report it; others may wait for what the thread owed them.",
            lanes=[lane.id],
            start_ns=lane.end_ns,
            end_ns=lane.end_ns,
        )
        for lane in model.lanes
        if lane.error and lane.end_ns is not None and lane.error.partition(":")[0] not in ours
    ]

"""Threads that an exception ended."""

from engine.analysis.building import Finding, finding
from engine.model.model import Model


def find(model: Model) -> list[Finding]:
    """One finding a thread."""
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
        if lane.error and lane.end_ns is not None
    ]

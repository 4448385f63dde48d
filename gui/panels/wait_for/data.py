"""What the wait-for graph shows: the edges of a finding, or who waits for whom at a moment of the recording."""

from typing import Any

from engine.model.model import Model
from engine.recording.schema import State
from gui.panels.wait_for.layout import GraphData, GraphEdge, cycle_order

MOST_LANES = 256  # that are looked at
MOST_WAITING = 24  # that are drawn


def unresolved_deadlock(model: Model) -> dict[str, Any] | None:
    """The newest deadlock that was found and has not come to an end."""
    deadlocks = [f for f in model.findings.values() if f["kind"] == "deadlock" and f.get("resolved_ns") is None]
    return deadlocks[-1] if deadlocks else None


def data_of_finding(finding: dict[str, Any]) -> GraphData:
    """The edges that came with a finding."""
    members = set(finding.get("lanes") or ())
    edges = tuple(
        GraphEdge(
            edge["waiter"],
            edge["holder"],
            edge["primitive"],
            edge.get("wait_site") or 0,
            edge.get("hold_site") or 0,
            edge["waiter"] in members and (edge["holder"] is None or edge["holder"] in members),
        )
        for edge in finding.get("edges") or ()
    )
    return GraphData(edges, cycle_order(sorted(members), edges))


def data_at(model: Model, time_ns: int) -> GraphData:
    """Lanes that wait for a lock, each with the lane that holds it; no more than can be read."""
    edges = []
    for lane in model.lanes[:MOST_LANES]:
        if lane.end_ns is not None and lane.end_ns < time_ns:
            continue
        waiting = model.states.slice_at(lane.id, time_ns - 1)
        if waiting is None or waiting.state is not State.LOCK_WAIT:
            continue
        primitive, site = model.detail(waiting.detail)
        hold = model.holds.holder_at(primitive.id, time_ns - 1) if primitive is not None else None
        if primitive is not None and hold is not None:
            edges.append(GraphEdge(lane.id, hold.lane, primitive.id, site, hold.site))
    return GraphData(tuple(edges[:MOST_WAITING]), (), max(0, len(edges) - MOST_WAITING))

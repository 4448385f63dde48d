"""What the wait-for graph shows: the edges of a finding, or who waits for whom at a moment of the recording."""

from collections.abc import Generator
from typing import Any

from engine.model.graph_at import LaneEdge, is_particular, trace_graph
from engine.model.model import Model
from gui.panels.wait_for.layout import GraphData, GraphEdge, cycle_order

MOST_WAITING = 24  # that are drawn; the others are in a list


def unresolved_deadlock(model: Model) -> dict[str, Any] | None:
    """The newest deadlock that was found and has not come to an end."""
    deadlocks = [f for f in model.findings.values() if f["kind"] == "deadlock" and f.get("resolved_ns") is None]
    return deadlocks[-1] if deadlocks else None


def data_of_finding(model: Model, finding: dict[str, Any]) -> GraphData:
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
            particular=is_particular(model, finding, edge),
        )
        for edge in finding.get("edges") or ()
    )
    return GraphData(edges, cycle_order(sorted(members), edges))


def trace_data(model: Model, time_ns: int) -> Generator[None, None, GraphData]:
    """Who waited for whom at that moment, deadlocks first; no more than can be read. Rests after each wait."""
    graph = yield from trace_graph(model, time_ns, most=MOST_WAITING)
    knot_of = {lane: number for number, knot in enumerate(graph.knots) for lane in knot}
    edges = tuple(_drawn(edge, knot_of) for edge in graph.edges)
    cycle = [lane for knot in graph.knots for lane in cycle_order(sorted(knot), edges)]
    hidden = tuple(_drawn(edge, knot_of) for edge in graph.hidden)
    return GraphData(edges, tuple(dict.fromkeys(cycle)), hidden)


def _drawn(edge: LaneEdge, knot_of: dict[int, int]) -> GraphEdge:
    knot = knot_of.get(edge.waiter)
    inside = knot is not None and (edge.holder is None or knot_of.get(edge.holder) == knot)
    return GraphEdge(
        edge.waiter, edge.holder, edge.primitive, edge.wait_site, edge.hold_site, inside, particular=edge.holds
    )

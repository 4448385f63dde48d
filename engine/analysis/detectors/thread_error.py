"""Threads that an exception ended. Those that Lanescope itself interrupted are none."""

from engine.analysis.building import Finding, at_line, finding, is_interrupt
from engine.model.entities import Lane
from engine.model.model import Model


def find(model: Model) -> list[Finding]:
    """One finding a thread."""
    return [
        finding(
            model,
            "thread-error",
            f"{model.lane_label(lane.id)} was ended by an exception",
            f"{model.lane_label(lane.id)} was ended by {lane.error}{at_line(model, lane.error_stack)}.",
            "Catch it in the thread and report it; others may wait for what the thread owed them.",
            lanes=[lane.id],
            start_ns=lane.end_ns,
            end_ns=lane.end_ns,
            site=lane.error_stack,
        )
        for lane in model.lanes
        if lane.error
        and lane.end_ns is not None
        and not is_interrupt(model, lane.error)
        and not _is_of_lost_process(model, lane)
    ]


def _is_of_lost_process(model: Model, lane: Lane) -> bool:
    """Whether the end of its process is a finding of its own, which tells of the exception."""
    process = model.processes[lane.process]
    return process.id != 0 and lane.native_id == process.pid and bool(process.exit_status)

"""What a point of the timeline shows: row, lane, slice, hold; and the words for it."""

from dataclasses import dataclass

import numpy as np

from engine.model.entities import Hold, Slice
from engine.model.format import count, duration
from engine.model.model import Model
from engine.recording.schema import DEADLOCKED, INFERRED, SAMPLED, STATE_MASK, State
from gui.theme import STATE_NAMES
from gui.timeline.drawing.gil_strip import gil_lines
from gui.timeline.layout.geometry import Geometry
from gui.timeline.layout.rows import Row, RowKind, Rows
from gui.timeline.layout.time_base import TimeBase

COUNTED = 200  # slices in one pixel are counted up to here


@dataclass(frozen=True)
class Hit:
    """What lies at a point. `time_ns` is None over the names; `row` is None over the ruler and below the last row."""

    row: int | None = None
    time_ns: float | None = None
    lane: int | None = None
    slice: Slice | None = None
    hold: Hold | None = None


def hit_test(x: float, y: float, geometry: Geometry, rows: Rows, model: Model) -> Hit:
    """What lies at a point of the widget, in logical px."""
    time = geometry.scale.time(x) if x >= geometry.names_px else None
    number = geometry.row_at(y)
    if number is None:
        return Hit(time_ns=time)
    lane = rows.rows[number].lane
    if lane is None or time is None:
        return Hit(number, time, lane)
    hold = None
    if y - geometry.row_top(number) >= geometry.shape.bar_bottom:
        holds = model.holds.of_lane(lane, int(time), int(time) + 1)
        hold = holds[-1] if holds else None
    return Hit(number, time, lane, model.states.slice_at(lane, int(time)), hold)


def _group_lines(row: Row, time_ns: float, model: Model) -> list[str]:
    """What the lanes of a folded group are doing at a time."""
    if not row.lanes:
        return []
    there = model.states.slices_at(np.array(row.lanes), np.full(len(row.lanes), int(time_ns)))
    counts = np.bincount(there.codes & STATE_MASK, minlength=len(State))
    counts[State.ENDED] = 0
    if not counts.any():
        return []
    process = model.processes[row.process]
    kind = "service lane" if row.kind is RowKind.SERVICES else "lane"
    heading = f"{process.title}: {count(int(counts.sum()), kind)} of {len(row.lanes)}"
    order = np.argsort(-counts, kind="stable")
    doing = [f"{STATE_NAMES[State(state)]}: {count(int(counts[state]), 'lane')}" for state in order]
    return [heading, *doing[: int(np.count_nonzero(counts))]]


def state_text(model: Model, code_slice: Slice) -> str:
    """`lock wait`, `GIL wait, sampled`; states that cannot be told apart by both names."""
    words = [model.attribution.state_name(code_slice.state, model.lanes[code_slice.lane].process)]
    if code_slice.flags & DEADLOCKED:
        words.append("deadlocked")
    certainty = certainty_text(code_slice)
    return ", ".join([*words, certainty] if certainty != "recorded" else words)


def certainty_text(code_slice: Slice) -> str:
    """How the state is known."""
    if code_slice.flags & SAMPLED:
        return "sampled"
    return "inferred" if code_slice.flags & INFERRED else "recorded"


def tooltip_lines(hit: Hit, row: Row, model: Model, times: TimeBase, ns_per_px: float) -> list[str]:
    """What the tooltip says: first line the heading; empty when there is nothing to say."""
    if hit.time_ns is not None and row.kind is RowKind.PROCESS and row.expanded:
        return gil_lines(model, row.process, hit.time_ns, times, max(ns_per_px / 10, 1.0))
    if hit.time_ns is None:
        return []
    if hit.lane is None:
        return _group_lines(row, hit.time_ns, model)
    lane = model.lanes[row.lanes[0]]
    resolution = max(ns_per_px / 10, 1.0)
    if hit.hold is not None:
        held = hit.hold
        primitive = model.primitives.get(held.primitive)
        name = primitive.label if primitive else "a lock"
        so_far = " so far" if held.open else ""
        return [
            f"{lane.name}: holds {name}",
            f"{duration(held.end_ns - held.start_ns)}{so_far}  from {times.text(held.start_ns, resolution)}",
        ]
    shown = hit.slice
    if shown is None:
        return []
    so_far = " so far" if shown.open else ""
    lines = [
        f"{lane.name}: {state_text(model, shown)}",
        f"{duration(shown.duration_ns)}{so_far}  from {times.text(shown.start_ns, resolution)}",
    ]
    awaited, site_number = model.detail(shown.detail)
    if awaited is not None:
        lines.append(f"for {awaited.label}")
    site = model.site(site_number) if site_number else None
    if site is not None:
        lines.append(f"at {site.label} in {site.function}")
    if shown.duration_ns < ns_per_px:
        within = model.states.slices(
            hit.lane, int(hit.time_ns - ns_per_px / 2), int(hit.time_ns + ns_per_px / 2), COUNTED
        )
        if len(within.starts) > 1:
            more = "+" if len(within.starts) == COUNTED else ""
            lines.append(f"one of {count(len(within.starts), 'slice')}{more} in this pixel")
    return lines

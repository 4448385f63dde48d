"""What is selected, as a table: a first row of headings, plain numbers in s and ms, for spreadsheets and editors."""

from collections.abc import Sequence

import numpy as np

from engine.model.entities import Slice
from engine.model.explain import explain
from engine.model.model import Model
from engine.model.search.states import state_word
from engine.recording.schema import DEADLOCKED, INFERRED, SAMPLED, STATE_MASK, State

MOST_SLICES = 10_000
Table = list[list[str]]
_STATES = tuple(state for state in sorted(State, reverse=True) if state is not State.ENDED)


def slice_table(model: Model, item: Slice) -> Table:
    """One slice, and why it waited."""
    table = _slices(model, [item])
    table[0].append("why")
    table[1].append(explain(model, item))
    return table


def lane_table(model: Model, lane: int, start_ns: int, end_ns: int) -> Table:
    """The slices of a lane that overlap a span; the first MOST_SLICES of them."""
    found = model.states.slices(lane, start_ns, end_ns, MOST_SLICES)
    columns = zip(*(column.tolist() for column in found[:4]), strict=True)
    return _slices(model, [Slice(lane, start, end, code, detail, False) for start, end, code, detail in columns])


def span_table(model: Model, lanes: Sequence[int], start_ns: int, end_ns: int) -> Table:
    """Time in each state within a span, one row a lane; behind times that are sampled, how much they may be off."""
    numbers = np.array(list(lanes), np.int64)
    totals = model.states.totals(numbers, start_ns, end_ns)
    used = [state for state in _STATES if totals[:, state].any()]
    doubts = model.attribution.half_widths(totals, model.states.sampled(numbers, start_ns, end_ns))
    table = [["lane", "process", "pid", "from s", "to s"]]
    table += [[*_place(model, lane), _seconds(model, start_ns), _seconds(model, end_ns)] for lane in lanes]
    for state in used:
        columns = [[f"{state_word(state)} ms", *map(_ms, totals[:, state])]]
        if doubts[:, state].any():
            columns.append([f"{state_word(state)} ± ms", *map(_ms, doubts[:, state])])
        for column in columns:
            for row, cell in zip(table, column, strict=True):
                row.append(cell)
    return table


def as_tsv(table: Table) -> str:
    """Columns parted by tabs, rows by line ends; a tab or line end within a value becomes a space."""
    return "".join("\t".join(" ".join(value.split()) for value in row) + "\n" for row in table)


def _slices(model: Model, items: Sequence[Slice]) -> Table:
    table = [["lane", "process", "pid", "from s", "to s", "lasted ms", "state", "known", "for", "at", "function"]]
    for item in items:
        primitive, number = model.detail(item.detail)
        site = model.site(number) if number else None
        table.append(
            [
                *_place(model, item.lane),
                _seconds(model, item.start_ns),
                _seconds(model, item.end_ns),
                _ms(item.duration_ns),
                state_word(State(item.code & STATE_MASK)) + (" (deadlocked)" if item.code & DEADLOCKED else ""),
                "sampled" if item.code & SAMPLED else "inferred" if item.code & INFERRED else "recorded",
                primitive.label if primitive is not None else "",
                site.label if site is not None else "",
                site.function if site is not None else "",
            ]
        )
    return table


def _place(model: Model, lane: int) -> list[str]:
    process = model.processes[model.lanes[lane].process]
    return [model.lane_name(lane), process.name, str(process.pid)]


def _seconds(model: Model, time_ns: int) -> str:
    return f"{(time_ns - model.start_ns) / 1e9:.9f}"


def _ms(duration_ns: float) -> str:
    return f"{duration_ns / 1e6:.6f}"

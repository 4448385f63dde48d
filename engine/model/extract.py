"""What is selected, as a table: a first row of headings, plain numbers in s and ms, for spreadsheets and editors.

Tables come in pieces, so that nobody has to wait for a long one; `whole` puts them together.
"""

from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

import numpy as np

from engine.model.entities import Slice
from engine.model.explain import explain
from engine.model.model import Model
from engine.model.search.states import state_word
from engine.recording.schema import DEADLOCKED, INFERRED, SAMPLED, STATE_MASK, State

MOST_SLICES = 10_000
SLICES_AT_ONCE = 64  # about 0.5 ms
LANES_AT_ONCE = 32
Table = list[list[str]]
_STATES = tuple(state for state in sorted(State, reverse=True) if state is not State.ENDED)
_SLICE_HEADS = ["lane", "process", "pid", "from s", "to s", "lasted ms", "state", "known", "for", "at", "function"]


class Piece(NamedTuple):
    """The next rows of a table, none where they needed more work first, and the share of all work that is done."""

    rows: Table
    done: float


def whole(pieces: Iterable[Piece]) -> Table:
    """The table as a whole."""
    return [row for piece in pieces for row in piece.rows]


def slice_table(model: Model, item: Slice) -> Iterator[Piece]:
    """One slice, and why it waited."""
    yield Piece([[*_SLICE_HEADS, "why"], [*_slice_row(model, item), explain(model, item)]], 1.0)


def lane_table(model: Model, lane: int, start_ns: int, end_ns: int) -> Iterator[Piece]:
    """The slices of a lane that overlap a span; the first MOST_SLICES of them."""
    found = model.states.slices(lane, start_ns, end_ns, MOST_SLICES)
    yield Piece([_SLICE_HEADS], 0.0)
    for first in range(0, len(found.starts), SLICES_AT_ONCE):
        part = [column[first : first + SLICES_AT_ONCE].tolist() for column in found[:4]]
        items = [Slice(lane, start, end, code, detail, False) for start, end, code, detail in zip(*part, strict=True)]
        done = (first + len(items)) / len(found.starts)
        yield Piece([_slice_row(model, item) for item in items], done)


def span_table(model: Model, lanes: Sequence[int], start_ns: int, end_ns: int) -> Iterator[Piece]:
    """Time in each state within a span, one row a lane; behind times that are sampled, how much they may be off."""
    totals, doubts = [], []
    parts = [lanes[first : first + LANES_AT_ONCE] for first in range(0, len(lanes), LANES_AT_ONCE)]
    for number, part in enumerate(parts, 1):
        numbers = np.array(part, np.int64)
        totals.append(model.states.totals(numbers, start_ns, end_ns))
        doubts.append(model.attribution.half_widths(totals[-1], model.states.sampled(numbers, start_ns, end_ns)))
        yield Piece([], number / len(parts) / 2)
    used = [state for state in _STATES if any(each[:, state].any() for each in totals)]
    doubtful = {state for state in used if any(each[:, state].any() for each in doubts)}
    heads = ["lane", "process", "pid", "from s", "to s"]
    for state in used:
        heads += [f"{state_word(state)} ms", *([f"{state_word(state)} ± ms"] if state in doubtful else [])]
    yield Piece([heads], 0.5)
    span = [_seconds(model, start_ns), _seconds(model, end_ns)]
    for number, part in enumerate(parts):
        rows = [[*_place(model, lane), *span] for lane in part]
        for row, times, off in zip(rows, totals[number].tolist(), doubts[number].tolist(), strict=True):
            for state in used:
                row += [_ms(times[state]), *([_ms(off[state])] if state in doubtful else [])]
        yield Piece(rows, 0.5 + (number + 1) / len(parts) / 2)


def as_tsv(table: Table) -> str:
    """Columns parted by tabs, rows by line ends; a tab or line end within a value becomes a space."""
    return "".join("\t".join(" ".join(value.split()) for value in row) + "\n" for row in table)


def _slice_row(model: Model, item: Slice) -> list[str]:
    primitive, number = model.detail(item.detail)
    site = model.site(number) if number else None
    return [
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


def _place(model: Model, lane: int) -> list[str]:
    process = model.processes[model.lanes[lane].process]
    return [model.lane_name(lane), process.name, str(process.pid)]


def _seconds(model: Model, time_ns: int) -> str:
    return f"{(time_ns - model.start_ns) / 1e9:.9f}"


def _ms(duration_ns: float) -> str:
    return f"{duration_ns / 1e6:.6f}"

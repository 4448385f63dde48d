"""Statistics of a span follow from its slices and holds, whatever the pieces in which they are counted."""

import itertools

import numpy as np
import pytest

from engine.model.holds import HoldStore
from engine.model.model import Model
from engine.model.span import SpanStatistics
from engine.model.stepping import next_alike, previous_alike
from engine.recording.schema import HOLD_ROW, STATE_MASK, Layer, State
from engine.recording.synthetic import START_NS, Synthetic, commits, header

LANES = 6


@pytest.fixture(scope="module")
def model() -> Model:
    made = Synthetic(lanes=LANES, slices=900)
    model = Model(header(made))
    for batch in commits(made):
        model.take_in(batch)
    return model


def counted(model: Model, start: int, end: int, rows: int) -> SpanStatistics:
    span = SpanStatistics(model, start, end)
    pieces = 1
    while span.advance(rows):
        pieces += 1
    assert span.progress == 1.0
    assert pieces > 1 or rows > 90
    return span


def waits_by_hand(model: Model, start: int, end: int) -> dict[int, tuple[int, int, int]]:
    """Primitive → number, sum and longest of the waits within a span."""
    found: dict[int, list[int]] = {}
    for lane in range(LANES):
        columns = model.states.slices(lane, start, end)
        for first, last, code, detail in zip(columns.starts, columns.ends, columns.codes, columns.details, strict=True):
            primitive = model.detail(int(detail))[0]
            if primitive is not None and code & STATE_MASK in (State.LOCK_WAIT, State.WAIT):
                found.setdefault(primitive.id, []).append(int(min(last, end) - max(first, start)))
    return {key: (len(each), sum(each), max(each)) for key, each in found.items()}


def running_by_hand(model: Model, start: int, end: int) -> list[int]:
    """For how long 0, 1, 2 … lanes ran at once."""
    spans = []
    for lane in range(LANES):
        columns = model.states.slices(lane, start, end)
        for first, last, code in zip(columns.starts, columns.ends, columns.codes, strict=True):
            if code & STATE_MASK == State.RUNNING:
                spans.append((max(int(first), start), min(int(last), end)))
    times = sorted({start, end, *(time for span in spans for time in span)})
    lasted = [0] * (LANES + 1)
    for since, until in itertools.pairwise(times):
        lasted[sum(first <= since < last for first, last in spans)] += until - since
    return lasted


@pytest.mark.parametrize("rows", [7, 100, 100_000])
def test_a_span_is_counted_exactly_in_pieces_of_any_size(model: Model, rows: int) -> None:
    whole = model.end_ns - model.start_ns
    start, end = model.start_ns + whole // 5, model.start_ns + whole * 3 // 5
    span = counted(model, start, end, rows)
    waits = waits_by_hand(model, start, end)
    assert waits
    assert {
        row.primitive.id: (row.waits, row.wait_ns, row.longest_wait_ns) for row in span.primitives() if row.waits
    } == waits
    for row in span.primitives():
        lengths = [
            min(hold.end_ns, end) - max(hold.start_ns, start)
            for hold in model.holds.of_primitive(row.primitive.id, start, end)
            if hold.end_ns > start
        ]
        assert (row.holds, row.hold_ns) == (len(lengths), sum(lengths))
    expected = running_by_hand(model, start, end)
    assert span.running_ns.tolist() == expected[: len(span.running_ns)]
    assert int(span.running_ns.sum()) == end - start
    mean = sum(number * lasted for number, lasted in enumerate(expected)) / (end - start)
    assert span.mean_running == pytest.approx(mean)


def test_what_a_tenth_of_a_span_tells_is_close_to_all_of_it_and_told_as_an_estimate() -> None:
    made = Synthetic(lanes=LANES, slices=60_000)
    model, batches = Model(header(made)), list(commits(made))
    end_ns = batches[-1].watermark_ns
    for batch in batches:
        rows = batch.rows[Layer.STATES]
        calm = rows["end"] < end_ns - (end_ns - START_NS) // 4  # nobody waits for a lock but in the last quarter
        rows["code"][calm & (rows["code"] & STATE_MASK == State.LOCK_WAIT)] = State.SLEEP
        model.take_in(batch)
    span = SpanStatistics(model, model.start_ns, model.end_ns)
    whole = SpanStatistics(model, model.start_ns, model.end_ns)
    while whole.advance(10_000):
        pass
    while span.progress < 0.1:
        assert span.advance(500)
    waited = {row.primitive.id: row.wait_ns for row in whole.primitives() if row.waits > 500}
    estimated = {row.primitive.id: row.wait_ns for row in span.primitives()}
    assert waited
    for primitive, wait_ns in waited.items():
        assert estimated[primitive] == pytest.approx(wait_ns, rel=0.3)
    assert all(row.exact for row in whole.primitives())
    assert not any(row.exact for row in span.primitives())


def test_no_piece_looks_at_many_more_holds_than_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    """A lock that nobody else wants is held a million times, and all the while its thread just runs."""
    made = Synthetic(lanes=LANES, slices=900)
    model = Model(header(made))
    for batch in commits(made):
        model.take_in(batch)
    count, length = 60_000, model.end_ns - model.start_ns
    holds = np.zeros(count, HOLD_ROW)
    holds["primitive"] = next(iter(model.primitives))
    holds["start"] = model.start_ns + np.arange(count) * length // count
    holds["end"] = holds["start"] + np.uint64(length // count // 2)
    model.holds.append(holds)
    looked_at: list[int] = []
    between = HoldStore.between

    def between_and_note(store: HoldStore, start_ns: int, end_ns: int) -> np.ndarray:
        rows = between(store, start_ns, end_ns)
        looked_at.append(len(rows))
        return rows

    monkeypatch.setattr(HoldStore, "between", between_and_note)
    span = SpanStatistics(model, model.start_ns, model.end_ns)
    while span.advance(1_000):
        pass
    assert max(looked_at) <= 1_500
    assert sum(row.holds for row in span.primitives()) >= count


def test_a_span_outside_of_the_recording_is_empty(model: Model) -> None:
    span = SpanStatistics(model, model.end_ns + 1_000, model.end_ns + 2_000)
    assert not span.advance(100)
    assert not len(span.lanes)
    assert span.primitives() == []
    assert span.duration_ns == 0


def test_steps_between_slices_of_the_same_state(model: Model) -> None:
    columns = model.states.slices(2, model.start_ns, model.end_ns)
    waits = columns.starts[columns.codes & STATE_MASK == State.LOCK_WAIT].tolist()
    item = model.states.slice_at(2, waits[0])
    seen = []
    while item is not None:
        seen.append(item.start_ns)
        last, item = item, next_alike(model, item)
    assert seen == waits
    back = []
    step = last
    while step is not None:
        back.append(step.start_ns)
        step = previous_alike(model, step)
    assert back == waits[::-1]
    assert np.all(np.diff(waits) > 0)


def test_of_a_span_that_is_still_being_read_only_what_is_known_counts(model: Model) -> None:
    end, known = model.end_ns, SpanStatistics(model, model.start_ns, model.end_ns)
    model.end_ns += end - model.start_ns  # foretold
    try:
        told = SpanStatistics(model, model.start_ns, model.end_ns)
    finally:
        model.end_ns = end
    assert told.end_ns == end
    assert told.mean_running == known.mean_running

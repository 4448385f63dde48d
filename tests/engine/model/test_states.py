"""Questions to the states beyond codes: slices, totals, activity, deadlock marks."""

import numpy as np
import pytest

from engine.model.model import Model
from engine.model.states import MERGED
from engine.recording.reader import Batch
from engine.recording.schema import DEADLOCKED, OPEN_STATE_ROW, STATE_MASK, STATE_ROW, Layer, State
from tests.engine.model.reference import ORIGIN, Story, definitions, feed, random_stories

SCALES = (1, 3_000, 500_000, 90_000_000)


def random_model(seed: int, parts: int = 9) -> tuple[Model, list[Story], int, np.random.Generator]:
    random = np.random.default_rng(seed)
    stories = random_stories(random, 7, 700, SCALES)
    model, watermark = feed(stories, parts, random)
    return model, stories, watermark, random


def some_times(spans: list[tuple[int, int, int]], watermark: int, random: np.random.Generator) -> list[int]:
    edges = [edge for start, end, _ in spans for edge in (start, end, start - 1, end - 1)]
    picked = random.choice(edges, 40).tolist() if edges else []
    return [*picked, *random.integers(0, watermark + 10, 20).tolist(), 0, watermark, watermark + 5]


@pytest.mark.parametrize("seed", range(4))
def test_slices_around_any_time(seed: int) -> None:
    model, stories, watermark, random = random_model(seed)
    for lane, story in enumerate(stories):
        spans = story.spans(watermark)
        for time in some_times(spans, watermark, random):
            found = model.states.slice_at(lane, ORIGIN + time)
            here = [span for span in spans if span[0] <= time < span[1]]
            assert (found is None) == (not here)
            if found:
                assert (found.start_ns - ORIGIN, found.end_ns - ORIGIN, found.code) == here[0]
                assert found.open == (here[0] == spans[-1] and story.end is None and _is_tail(story, here[0]))
            after = [span[0] for span in spans if span[0] > time]
            following = model.states.next_slice(lane, ORIGIN + time)
            assert (following.start_ns - ORIGIN if following else None) == (after[0] if after else None)
            before = [span for span in spans if span[1] <= time]
            former = model.states.previous_slice(lane, ORIGIN + time)
            assert (former.end_ns - ORIGIN if former else None) == (before[-1][1] if before else None)


def _is_tail(story: Story, span: tuple[int, int, int]) -> bool:
    return span[0] == (story.slices[-1][0] if story.slices else story.start)


@pytest.mark.parametrize("seed", range(3))
def test_slices_of_a_span(seed: int) -> None:
    model, stories, watermark, random = random_model(seed)
    for lane, story in enumerate(stories):
        spans = story.spans(watermark)
        for _ in range(20):
            start, end = sorted(random.integers(-10, watermark + 20, 2).tolist())
            found = model.states.slices(lane, ORIGIN + start, ORIGIN + end)
            expected = [span for span in spans if span[0] < end and span[1] > start]
            columns = zip(found.starts - ORIGIN, found.ends - ORIGIN, found.codes, strict=True)
            assert [tuple(int(part) for part in row) for row in columns] == expected
            few = model.states.slices(lane, ORIGIN + start, ORIGIN + end, limit=5)
            assert few.starts.tolist() == found.starts.tolist()[:5]


@pytest.mark.parametrize("seed", range(3))
def test_totals_are_exact(seed: int) -> None:
    model, stories, watermark, random = random_model(seed)
    lanes = np.arange(len(stories))
    for _ in range(25):
        start, end = sorted(random.integers(-10, watermark + 20, 2).tolist())
        totals = model.states.totals(lanes, ORIGIN + start, ORIGIN + end)
        for lane, story in enumerate(stories):
            expected = np.zeros(len(State), np.int64)
            for first, last, code in story.spans(watermark):
                expected[code & STATE_MASK] += max(0, min(last, end) - max(first, start))
            assert totals[lane].tolist() == expected.tolist()


@pytest.mark.parametrize("seed", range(3))
def test_activity_agrees_with_totals(seed: int) -> None:
    model, stories, watermark, _ = random_model(seed)
    states = {State.RUNNING, State.LOCK_WAIT}
    for start, end, columns in ((0, watermark, 7), (watermark // 3, watermark // 2, 3), (0, 400_000, 90)):
        ns_per_column = (end - start) / columns
        found = model.states.active(ORIGIN + start, ns_per_column, columns, states)
        totals = model.states.totals(np.arange(len(stories)), ORIGIN + start, ORIGIN + end)
        expected = totals[:, [State.RUNNING, State.LOCK_WAIT]].sum() / (end - start)
        assert found.shape == (columns,)
        # Within one bucket of the series time counts as evenly spread.
        tolerance = len(stories) * 2 * min(1.0, model.states.activity.bucket_ns / (end - start))
        exact = ns_per_column < model.states.activity.bucket_ns / 2
        assert found.mean() == pytest.approx(expected, abs=1e-6 if exact else max(tolerance, 1e-6))
        assert (found >= -1e-9).all() and (found <= len(stories) + 1e-9).all()  # noqa: PT018


@pytest.mark.parametrize("seed", range(3))
def test_wide_slices_are_all_that_are_wide(seed: int) -> None:
    model, stories, watermark, random = random_model(seed)
    lanes = np.arange(len(stories))
    for _ in range(20):
        start, end = sorted(random.integers(0, watermark + 20, 2).tolist())
        least = max(2, (end - start) // int(random.choice([3, 10, 40, 200])))
        found = model.states.wide_slices(lanes, ORIGIN + start, ORIGIN + end, least)
        got = list(zip(found.lanes.tolist(), (found.starts - ORIGIN).tolist(), strict=True))
        expected = [
            (lane, span[0])
            for lane, story in enumerate(stories)
            for span in story.spans(watermark)
            if min(span[1], end) - max(span[0], start) >= least
        ]
        assert got == expected
        longest = model.states.wide_slices(lanes, ORIGIN + start, ORIGIN + end, least, limit=2)
        assert len(longest.lanes) == min(2, len(expected))


def wait_story() -> tuple[Model, np.ndarray]:
    """Lane 0 runs for 10 ms, then waits for a lock, open; lane 1 waits twice."""
    model = Model({"start_ns": ORIGIN})
    stories = [Story(0, [], None, None), Story(0, [], None, None)]
    model.take_in(Batch(definitions(stories), {}, ORIGIN))
    closed = [
        (0, ORIGIN + 10_000_000, State.RUNNING, 0),
        (1, ORIGIN + 2_000_000, State.LOCK_WAIT, 0),
        (1, ORIGIN + 12_000_000, State.RUNNING, 0),
    ]
    opened = np.array(
        [(lane, ORIGIN + since, State.LOCK_WAIT, 0) for lane, since in ((0, 10_000_000), (1, 12_000_000))],
        OPEN_STATE_ROW,
    )
    rows = {Layer.STATES: np.array(closed, STATE_ROW), Layer.OPEN_STATES: opened}
    model.take_in(Batch([], rows, ORIGIN + 20_000_000))
    return model, opened


def deadlock(**more: object) -> dict[str, object]:
    return {"type": "finding", "id": 1, "kind": "deadlock", "lanes": [0, 1], "start_ns": ORIGIN + 12_000_000, **more}


def flags_at(model: Model, lane: int, time: int) -> int:
    found = model.states.slice_at(lane, ORIGIN + time)
    assert found is not None
    return found.flags


def test_a_deadlock_marks_the_open_waits_of_its_lanes_and_no_others() -> None:
    model, _ = wait_story()
    model.take_in(Batch([deadlock()], {}, ORIGIN + 30_000_000))
    assert flags_at(model, 0, 25_000_000) == flags_at(model, 1, 25_000_000) == DEADLOCKED
    assert flags_at(model, 1, 1_000_000) == 0
    for ns_per_column in (1_000_000.0, 10_000.0):
        columns = int(30_000_000 / ns_per_column)
        dominant, worst = model.states.codes(np.arange(2), ORIGIN, ns_per_column, columns)
        stuck = worst[0] & DEADLOCKED > 0
        assert stuck.sum() == pytest.approx(columns * 2 / 3, abs=1)
        assert (dominant[0][stuck] & ~np.uint8(MERGED) == DEADLOCKED | State.LOCK_WAIT).sum() >= stuck.sum() - 1
        assert worst[1, 0] == State.LOCK_WAIT


@pytest.mark.parametrize("resolved", [False, True])
def test_the_mark_stays_when_the_wait_has_ended(resolved: bool) -> None:
    model, _ = wait_story()
    texts = [deadlock()] + ([deadlock(resolved_ns=ORIGIN + 31_000_000)] if resolved else [])
    ended = np.array([(lane, ORIGIN + 31_000_000, State.LOCK_WAIT, 0) for lane in (0, 1)], STATE_ROW)
    for text in texts:
        model.take_in(Batch([text], {}, ORIGIN + 30_000_000))
    model.take_in(Batch([], {Layer.STATES: ended}, ORIGIN + 32_000_000))
    later = np.array([(lane, ORIGIN + 40_000_000, State.LOCK_WAIT, 0) for lane in (0, 1)], STATE_ROW)
    model.take_in(Batch([], {Layer.STATES: later}, ORIGIN + 40_000_000))
    assert flags_at(model, 0, 25_000_000) == flags_at(model, 1, 25_000_000) == DEADLOCKED
    assert flags_at(model, 0, 35_000_000) == flags_at(model, 1, 35_000_000) == 0


def test_a_finding_that_comes_late_marks_what_is_closed() -> None:
    """Whole recordings are taken in with definitions first, and a finding may also come after the rows."""
    early, late = wait_story()[0], wait_story()[0]
    ended = np.array([(lane, ORIGIN + 31_000_000, State.LOCK_WAIT, 0) for lane in (0, 1)], STATE_ROW)
    early.take_in(Batch([deadlock()], {Layer.STATES: ended}, ORIGIN + 31_000_000))
    late.take_in(Batch([], {Layer.STATES: ended}, ORIGIN + 31_000_000))
    late.take_in(Batch([deadlock()], {}, ORIGIN + 31_000_000))
    for ns_per_column in (3_000.0, 100_000.0, 900_000.0):
        for one, other in zip(
            early.states.codes(np.arange(2), ORIGIN, ns_per_column, 40),
            late.states.codes(np.arange(2), ORIGIN, ns_per_column, 40),
            strict=True,
        ):
            assert (one == other).all()
    assert flags_at(late, 0, 25_000_000) == DEADLOCKED


def test_open_states_are_unknown_when_nothing_tells_them() -> None:
    model, _ = wait_story()
    more = np.array([(0, ORIGIN + 15_000_000, State.LOCK_WAIT, 0)], STATE_ROW)
    model.take_in(Batch([], {Layer.STATES: more}, ORIGIN + 20_000_000))
    found = model.states.slice_at(0, ORIGIN + 18_000_000)
    assert found is not None
    assert found.state is State.UNKNOWN
    assert found.open


def test_rows_that_make_no_sense_do_no_harm() -> None:
    model, _ = wait_story()
    rows = np.array(
        [(0, ORIGIN + 1, State.SLEEP, 0), (0, ORIGIN + 11_000_000, State.SLEEP, 0), (77, ORIGIN + 5, 4, 0)], STATE_ROW
    )
    model.take_in(Batch([{"type": "from the future"}], {Layer.STATES: rows}, ORIGIN + 20_000_000))
    assert [int(code) for code in model.states.slices(0, 0, 1 << 62).codes] == [State.RUNNING, State.SLEEP, 5]


def test_lanes_that_begin_later_and_many() -> None:
    model = Model({"start_ns": ORIGIN})
    process = {"type": "process", "id": 0, "pid": 1, "start_ns": ORIGIN}
    model.take_in(Batch([process], {}, ORIGIN))
    for number in range(300):
        start = ORIGIN + number * (1 << 20)
        lane = {"type": "lane", "id": number, "process": 0, "serial": number + 1, "start_ns": start}
        end = {"type": "lane-end", "id": number, "time_ns": start + 400_000}
        rows = np.array([(number, start + 400_000, State.RUNNING, 0)], STATE_ROW)
        model.take_in(Batch([lane, end], {Layer.STATES: rows}, start + 1_000_000))
    dominant, worst = model.states.codes(np.arange(300), ORIGIN, float(1 << 20), 300)
    assert (np.diagonal(dominant) == State.RUNNING).all()
    assert (dominant > 0).sum() == (worst > 0).sum() == 300
    assert model.states.totals(np.arange(300), ORIGIN, model.end_ns)[:, State.RUNNING].tolist() == [400_000] * 300

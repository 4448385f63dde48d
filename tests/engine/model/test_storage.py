"""What is stored comes back as it was, however it is kept."""

from pathlib import Path

import numpy as np
import pytest

from engine.model import pairs
from engine.model.columns import Table
from engine.model.coverage import Coverage
from engine.model.growing import Growing
from engine.model.keyed import SEGMENT, KeyedRows
from engine.model.levels import LANES, LONG_RUN, WIDEST, Level, parts
from engine.model.model import Model
from engine.recording.reader import Batch, RecordingReader
from engine.recording.schema import DEADLOCKED, HOLD_ROW, INFERRED, SAMPLED, STATE_MASK, STATE_ROW, Layer, State
from engine.recording.synthetic import write_synthetic
from tests.engine.model.reference import ORIGIN, Story, definitions


def test_spans_by_key_are_right_however_often_they_are_asked_for_meanwhile() -> None:
    random, kept, all_rows = np.random.default_rng(3), KeyedRows(HOLD_ROW, "start", "end"), np.zeros(0, HOLD_ROW)
    wanted = np.arange(8) % 3 == 0
    for count in (100, 200, 700, 5_000, SEGMENT, 300):
        rows = np.zeros(count, HOLD_ROW)
        rows["lane"] = random.integers(0, len(wanted), count)
        rows["end"] = ORIGIN + (len(all_rows) + np.arange(count)) * 10
        rows["start"] = rows["end"] - random.integers(0, 3_000, count).astype(np.uint64)
        kept.append(rows)
        all_rows = np.concatenate([all_rows, rows])
        for first in (ORIGIN, ORIGIN + len(all_rows) * 5, ORIGIN + len(all_rows) * 10 - 400, ORIGIN + 10**6):
            stop = first + 2_000
            seen = wanted[all_rows["lane"]] & (all_rows["start"] < stop) & (all_rows["end"] > first)
            expected = [all_rows[name][seen].astype(np.int64) for name in ("lane", "start", "end")]
            assert np.array_equal(kept.spans(first, stop, "lane", wanted), expected)


def test_growing_keeps_what_is_there_and_views_that_were_given_out() -> None:
    grown = Growing(np.int64, (3,))
    grown.reserve(10)[:10] = np.arange(30).reshape(10, 3)
    view = grown.rows[:10]
    for rows in (10_000, 100_000, 2_000_000):
        grown.reserve(rows)[rows - 1] = rows
        assert (grown.rows[:10] == view).all()
        assert (grown.rows[10:9_999] == 0).all()
    assert grown.rows[99_999, 2] == 100_000
    del view
    grown.reserve(5_000_000)
    assert (grown.rows[:10] == np.arange(30).reshape(10, 3)).all()


def test_a_table_is_what_was_appended() -> None:
    table, random, parts_added = Table(HOLD_ROW), np.random.default_rng(1), []
    for count in (1, 500, 0, 7_000, 20_000):
        rows = np.zeros(count, HOLD_ROW)
        rows["start"] = random.integers(0, 1 << 62, count)
        table.append(rows)
        parts_added.append(rows)
    assert (table.rows == np.concatenate(parts_added)).all()


@pytest.mark.parametrize("reach", [1, 200, 60_000, 1 << 31, 1 << 61])
def test_rows_by_key_come_back_as_they_were(reach: int) -> None:
    random = np.random.default_rng(reach)
    kept = KeyedRows(HOLD_ROW, "start", "end")
    rows = np.zeros(2 * SEGMENT + 777, HOLD_ROW)
    for name in ("lane", "primitive", "site", "serial"):
        most = min(reach, int(np.iinfo(HOLD_ROW[name]).max))
        rows[name] = random.integers(0, most, len(rows), endpoint=True)
    rows["start"] = random.integers(0, reach, len(rows), endpoint=True) + ORIGIN
    rows["end"] = rows["start"] + random.integers(0, reach, len(rows), endpoint=True).astype(np.uint64)
    rows["end"][5] = rows["start"][5] - np.uint64(1) if reach == 200 else rows["end"][5]  # makes no sense, and stays
    for part in np.array_split(rows, 9):
        kept.append(part)
    assert len(kept) == len(rows)
    assert (kept.rows == rows).all()
    for first, stop in ((0, 5), (SEGMENT - 3, SEGMENT + 3), (10, 3 * SEGMENT), (2 * SEGMENT, 2 * SEGMENT + 9)):
        assert (kept.part(first, stop) == rows[first:stop]).all()
    lane = int(rows["lane"][17])
    found = kept.find(0, 1 << 63, "lane", lane)
    expected = rows[(rows["lane"] == lane) & (rows["end"] > 0)]
    assert (found == expected[np.argsort(expected["start"], kind="stable")]).all()


def test_levels_hold_any_number_of_lanes() -> None:
    random = np.random.default_rng(2)
    level = Level(np.uint16)
    lanes, buckets = 3 * WIDEST + 5, 2 * LONG_RUN
    plain = np.zeros((lanes, buckets), np.uint16)
    for count in (3, LANES, LANES + 1, WIDEST + 7, lanes):  # lanes come one after another
        some = np.sort(random.choice(count, min(count, 40), replace=False))
        low = random.integers(0, buckets - 1, len(some))
        high = np.minimum(low + random.choice([1, 5, LONG_RUN + 3], len(some)), buckets)
        values = random.integers(1, 60_000, len(some)).astype(np.uint16)
        level.put(some, low, high - low, values + np.uint16(1), values)
        for lane, first, stop, value in zip(some, low, high, values, strict=True):
            plain[lane, first:stop] = value
            plain[lane, first] = value + 1
    asked = random.permutation(lanes + 70)  # of some of them nothing is known
    wanted = np.sort(random.integers(-20, buckets + 20, 300))
    for part, where in parts(asked):
        found = level.columns(part, wanted)
        for column, lane in enumerate(asked[where].tolist()):
            for row in range(0, len(wanted), 7):
                inside = lane < lanes and 0 <= wanted[row] < buckets
                assert found[row, column] == (plain[lane, wanted[row]] if inside else 0)


def test_coverage_of_many_lanes_at_every_zoom() -> None:
    random = np.random.default_rng(3)
    coverage, lanes = Coverage(), 150
    spans: list[tuple[int, int, int]] = []
    for _ in range(6):
        lane = random.integers(0, lanes, 40)
        start = random.integers(0, 1 << 29, 40)
        end = start + random.choice([1, 40_000, 3_000_000, 90_000_000], 40)
        coverage.mark(lane, start, end)
        spans += zip(lane.tolist(), start.tolist(), end.tolist(), strict=True)
        for k in (coverage.finest, coverage.finest + 2, 24):
            buckets = (1 << 30) >> k
            expected = np.zeros((lanes, buckets), np.uint8)
            for each, first, stop in spans:
                expected[each, first >> k : ((stop - 1) >> k) + 1] = 1
            asked = random.permutation(lanes)[:90]
            assert (coverage.columns(k, asked, 0.0, float(1 << k), buckets) == expected[asked]).all()


@pytest.mark.parametrize("pairs_numbered", [20, 1 << 16])
def test_great_details_and_long_slices_come_back(pairs_numbered: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pairs, "MOST", pairs_numbered)
    model = Model({"start_ns": ORIGIN})
    model.take_in(Batch(definitions([Story(0, [], None, None), Story(0, [], None, None)]), {}, ORIGIN))
    random = np.random.default_rng(4)
    lengths = random.choice([1, 70_000, 4_294_967_295, 4_294_967_296, 90_000_000_000_000], (2, 900))
    ends = ORIGIN + np.cumsum(lengths, axis=1)
    details = random.choice([0, 1, 65_535, 65_536, 3_000_000_000], (2, 900))
    codes = random.choice([State.RUNNING, State.RUNNING | SAMPLED, State.WAIT, State.IO | INFERRED], (2, 900))
    rows = [(lane, ends[lane, i], codes[lane, i], details[lane, i]) for i in range(900) for lane in (0, 1)]
    for part in np.array_split(np.array(rows, STATE_ROW), 23):
        model.take_in(Batch([], {Layer.STATES: part}, int(part["end"].max())))
    for lane in (0, 1):
        found = model.states.slices(lane, 0, 1 << 62)
        assert (found.ends[:900] == ends[lane]).all()
        assert (found.details[:900] == details[lane]).all()
        assert (found.codes[:900] == codes[lane]).all()
        at = model.states.slice_at(lane, int(ends[lane, 500]) - 1)
        assert at is not None
        assert (at.end_ns, at.detail) == (ends[lane, 500], details[lane, 500])
        spent = [lengths[lane][codes[lane] & STATE_MASK == state].sum() for state in State]
        assert model.states.totals(np.array([lane]), 0, int(ends[lane, -1]))[0].tolist() == spent
    waits = np.flatnonzero(codes[1] == State.WAIT)
    model.states.mark_deadlocked(1, int(ends[1, waits[3]]) - 1)
    marked = codes[1] | np.where(np.arange(900) == waits[3], DEADLOCKED, 0)
    found = model.states.slices(1, 0, 1 << 62)
    assert (found.codes[:900] == marked).all()
    assert (found.details[:900] == details[1]).all()


@pytest.mark.parametrize("limit", [300, 5_000, 1 << 22])
def test_a_recording_read_in_pieces_is_the_same(limit: int, tmp_path: Path) -> None:
    path = tmp_path / "some.lane"
    write_synthetic(path, lanes=7, slices=3_000)
    found: dict[Layer, list[np.ndarray]] = {}
    watermarks = []
    with RecordingReader(path) as reader:
        while batch := reader.poll(limit):
            for layer, rows in batch.rows.items():
                found.setdefault(layer, []).append(rows)
            watermarks.append(reader.watermark_ns)
            ended = reader.at_end
        assert ended
        assert reader.closed
    with RecordingReader(path) as reader:
        whole = reader.poll(1 << 24)
    assert watermarks == sorted(watermarks)
    for layer, rows in whole.rows.items():
        assert (np.concatenate(found[layer]) == rows).all()
    assert limit > 10_000 or len(watermarks) > 3

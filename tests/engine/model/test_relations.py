"""Holds, hand-offs, explanations, statistics, tasks, depths, resources."""

from itertools import pairwise

import numpy as np
import pytest

from engine.model import hand_offs, keyed
from engine.model.explain import explain
from engine.model.keyed import KeyedRows
from engine.model.model import Model
from engine.model.statistics import lane_statistics, lock_statistics, throughput
from engine.recording.reader import Batch
from engine.recording.schema import DEPTH_ROW, HOLD_ROW, OPEN_HOLD_ROW, RESOURCE_ROW, Layer, State
from engine.recording.synthetic import Synthetic, commits, header
from tests.engine.model.bank import EVENT, LOCK, MS, QUEUE, START, bank, definitions


def sentence(model: Model, lane: int, ms: float) -> str:
    found = model.states.slice_at(lane, START + int(ms * MS))
    assert found is not None
    return explain(model, found)


@pytest.mark.parametrize(
    ("lane", "ms", "expected"),
    [
        (2, 8, "Waited 8.1 ms for Lock accounts, held by worker-1, which was sleeping at bank.py:40"),
        (1, 5, "Slept for 9.0 ms at bank.py:40"),
        (1, 1.5, "Ran for 1.0 ms holding Lock accounts"),
        (1, 30, "Ran for 48.0 ms (sampled)"),
        (2, 25, "Waited 10.0 ms at Queue orders, served by worker-1, which was running"),
        (2, 90, "Has been waiting 70.0 ms for Event (bank.py:14) to be set; nobody has ended that yet"),
        (0, 10, "Waited 40.0 ms for the GIL while 2 other threads ran, worker-1 most (inferred)"),
        (0, 45, "Ready to run for 10.0 ms, but no core was free (sampled)"),
        (0, 90, "Has been waiting 50.0 ms for Thread t to end, so far"),
        (1, 90, "In I/O for 40.0 ms at bank.py:40, so far"),
    ],
)
def test_every_slice_is_explained(lane: int, ms: float, expected: str) -> None:
    assert sentence(bank(), lane, ms) == expected


def test_what_is_not_known_is_said() -> None:
    model = bank()
    wait = model.states.slice_at(2, START + 8 * MS)
    assert wait is not None
    assert explain(model, wait._replace(detail=0)) == "Waited 8.1 ms for a lock; which one was not recorded"
    early = wait._replace(start_ns=START, end_ns=START + MS // 2)
    assert explain(model, early).endswith("for Lock accounts, whose holder was not recorded")
    own = wait._replace(lane=1, start_ns=START + 2 * MS, end_ns=START + 3 * MS)
    assert explain(model, own).endswith("for Lock accounts, which it held itself")
    model.take_in(Batch([{"type": "finding", "id": 1, "kind": "deadlock", "lanes": [2], "start_ns": START + 30 * MS}]))
    assert sentence(model, 2, 90).endswith("; this is part of a deadlock and never ends")


@pytest.mark.parametrize("lane", range(16))
def test_no_slice_is_left_without_a_sentence(lane: int) -> None:
    made = Synthetic(lanes=16, slices=2_000, deadlock=True)
    model = Model(header(made))
    for batch in commits(made):
        model.take_in(batch)
    found = model.states.slices(lane, model.start_ns, model.end_ns + 1)
    for start in found.starts.tolist():
        item = model.states.slice_at(lane, start)
        assert item is not None
        text = explain(model, item)
        assert text
        assert "\n" not in text
        if item.state is State.LOCK_WAIT and item.duration_ns > 300:  # the lock is free for 200 ns between two holds
            assert "held by" in text or "just released by" in text


def test_holders_at_any_time() -> None:
    holds = bank().holds
    assert holds.holder_at(LOCK, START) is None
    for ms, lane in ((1, 1), (11, 1), (15, 2), (80, 2)):
        found = holds.holder_at(LOCK, START + ms * MS)
        assert found is not None
        assert found.lane == lane
    assert holds.holder_at(LOCK, START + 40 * MS) is None
    assert [hold.open for hold in holds.of_lane(2, START, START + 100 * MS)] == [False, True]
    assert [hold.lane for hold in holds.of_primitive(LOCK, START, START + 60 * MS)] == [1, 2]
    assert holds.open()[0].end_ns == START + 100 * MS


def test_an_open_hold_ends_by_its_row_or_by_its_lane() -> None:
    model = bank()
    gone = np.array([(2, LOCK, 0, 0)], OPEN_HOLD_ROW)
    model.take_in(Batch([], {Layer.OPEN_HOLDS: gone}, START + 101 * MS))
    assert model.holds.open() == []
    model = bank()
    model.take_in(Batch([{"type": "lane-end", "id": 2, "time_ns": START + 101 * MS}], {}, START + 101 * MS))
    assert model.holds.open() == []
    model = bank()
    closed = np.array([(2, LOCK, START + 70 * MS, START + 99 * MS, 1, 3)], HOLD_ROW)
    model.take_in(Batch([], {Layer.HOLDS: closed}, START + 101 * MS))
    assert model.holds.open() == []
    assert len(model.holds.of_lane(2, START + 60 * MS, START + 101 * MS)) == 1


def test_hand_offs_of_locks_and_signals() -> None:
    model = bank()
    wait = model.states.slice_at(2, START + 8 * MS)
    assert wait is not None
    found = hand_offs.into(model, wait)
    assert found is not None
    assert (found.releaser, found.release_ns, found.receiver) == (1, START + 12 * MS, 2)
    assert hand_offs.out_of(model, 1, START, START + 29 * MS) == [found]
    served = model.states.slice_at(2, START + 25 * MS)
    assert served is not None
    by_queue = hand_offs.into(model, served)
    assert by_queue is not None
    assert (by_queue.primitive, by_queue.releaser) == (QUEUE, 1)
    assert hand_offs.out_of(model, 1, START, START + 40 * MS) == [found, by_queue]
    still = model.states.slice_at(2, START + 90 * MS)
    assert still is not None
    assert hand_offs.into(model, still) is None


def test_a_wait_that_lasts_to_its_lanes_end_was_ended_by_nobody() -> None:
    model = bank()
    wait = model.states.slice_at(2, START + 8 * MS)
    assert wait is not None
    model.lanes[2].end_ns = wait.end_ns
    assert hand_offs.into(model, wait) is None
    assert hand_offs.out_of(model, 1, START, START + 29 * MS) == []


def test_a_wait_at_a_queue_is_ended_by_the_opposite_operation() -> None:
    model = bank()
    puts = [(1, QUEUE, START + int(ms * MS), 1, 1) for ms in (22, 29.9)]
    rows = np.array([*puts, (0, QUEUE, START + 30 * MS - 9, 0, 2), (2, QUEUE, START + 30 * MS + 50, 0, 2)], DEPTH_ROW)
    wait = model.states.slice_at(2, START + 25 * MS)
    assert wait is not None
    fresh = Model(model.header)
    fresh.take_in(Batch(definitions(), {}, START))
    assert hand_offs.into(fresh, wait) is None
    fresh.take_in(Batch([], {Layer.DEPTHS: rows}, START + 100 * MS))
    found = hand_offs.into(fresh, wait)
    assert found is not None
    assert (found.releaser, found.release_ns) == (1, START + int(29.9 * MS))
    model.take_in(Batch([], {Layer.DEPTHS: rows}, START + 100 * MS))
    assert explain(model, wait) == "Waited 10.0 ms at Queue orders, served by worker-1, which was running"


def test_every_synthetic_lock_wait_was_handed_over() -> None:
    made = Synthetic(lanes=8, slices=1_000)
    model = Model(header(made))
    for batch in commits(made, 3_000_000):
        model.take_in(batch)
    rows = model.holds.rows[np.argsort(model.holds.rows["start"])]
    for before, after in pairwise(rows):
        if before["lane"] == after["lane"]:
            continue
        wait = model.states.slice_at(int(after["lane"]), int(after["start"]) - 1)
        assert wait is not None
        found = hand_offs.into(model, wait)
        assert found is not None
        assert (found.releaser, found.release_ns) == (before["lane"], before["end"])


@pytest.mark.parametrize("parts", [1, 5])
def test_lock_statistics_count_waits_and_holds(parts: int) -> None:
    made = Synthetic(lanes=8, slices=4_000)
    model = Model(header(made))
    for batch in commits(made, None if parts == 1 else 20_000_000):
        model.take_in(batch)
    lock = next(row for row in lock_statistics(model) if row.primitive.kind == "Lock")
    rows = model.holds.rows
    lengths = np.sort((rows["end"] - rows["start"]).astype(np.int64))
    assert lock.acquisitions == len(rows) == lock.waits == 800
    assert lock.contended == 1.0
    assert lock.hold_ns == lengths.sum()
    assert lock.longest_hold_ns == lengths[-1]
    assert lock.median_hold_ns == pytest.approx(lengths[len(lengths) // 2], rel=0.1)
    assert lock.p99_hold_ns == pytest.approx(lengths[int(len(lengths) * 0.99)], rel=0.1)
    ordered = rows[np.argsort(rows["start"])]["lane"]
    assert lock.hand_offs == (np.diff(ordered.astype(int)) != 0).sum()
    waits = model.states.totals(np.arange(8), model.start_ns, model.end_ns)[:, State.LOCK_WAIT].sum()
    assert lock.wait_ns == waits


def test_open_waits_and_holds_count() -> None:
    rows = {row.primitive.id: row for row in lock_statistics(bank())}
    assert rows[EVENT].waits == 1
    assert rows[EVENT].longest_wait_ns == 70 * MS - 0
    assert rows[LOCK].hold_ns == 11 * MS + 8 * MS - 100_000 + 30 * MS
    assert rows[LOCK].acquisitions == 3


def test_lane_statistics_and_throughput() -> None:
    model = bank()
    worker = lane_statistics(model, [1])[0]
    assert worker.alive_ns == 100 * MS
    assert worker.share(State.SLEEP) == pytest.approx(0.09)
    model.take_in(Batch([{"type": "progress", "worker": 3, "items": 40, "lane": 0}], {}, START + 200 * MS))
    model.take_in(Batch([{"type": "progress", "worker": 3, "done": 1, "items": 50, "lane": 0}], {}, START + 200 * MS))
    work = throughput(model)
    assert (work.tasks, work.items) == (1, 50)
    assert work.items_per_s == pytest.approx(250)


def test_tasks_of_a_lane() -> None:
    model = bank()
    assert [model.names[task.name] for task in model.tasks.of_lane(2, START + 24 * MS, START + 26 * MS)] == ["transfer"]
    assert model.tasks.of_lane(2, START + 25 * MS, START + 90 * MS) == []
    assert model.tasks.of_lane(1, START, START + 90 * MS) == []


def test_covered_columns_are_those_with_a_hold() -> None:
    made = Synthetic(lanes=6, slices=1_500, group=3)
    model = Model(header(made))
    for batch in commits(made, 4_000_000):
        model.take_in(batch)
    lanes = np.array([4, 0, 2])
    span = model.end_ns - model.start_ns
    for ns_per_column in (700.0, 40_000.0, float(1 << 16), span / 20):
        start = model.start_ns + span // 3
        found = model.holds.covered(lanes, start, ns_per_column, 30)
        assert found.shape == (3, 30)
        slack = 0 if ns_per_column < (1 << 15) else ns_per_column  # buckets lie in the column of their middle
        for row, lane in enumerate(lanes.tolist()):
            for column in range(30):
                left, right = start + column * ns_per_column, start + (column + 1) * ns_per_column
                held = model.holds.of_lane(lane, int(left), int(np.ceil(right)))
                if not found[row, column]:
                    shrunk = [h for h in held if h.start_ns < right - slack and h.end_ns > left + slack]
                    assert not shrunk
                else:
                    assert model.holds.of_lane(lane, int(left - slack) - 1, int(right + slack) + 1)


def test_depth_and_resources_over_columns() -> None:
    model = bank()
    depths = np.array([(0, QUEUE, START + ms * MS, depth, 1) for ms, depth in ((20, 1), (40, 2), (45, 0))], DEPTH_ROW)
    samples = [(0, 10, 0, 100, 0), (0, 30, 10, 200, 0), (0, 50, 50, 300, 250)]
    rows = [(p, START + ms * MS, cpu * MS, rss, uss, 0) for p, ms, cpu, rss, uss in samples]
    batch = {Layer.DEPTHS: depths, Layer.RESOURCES: np.array(rows, RESOURCE_ROW)}
    model.take_in(Batch([], batch, START + 100 * MS))
    assert model.depths.queues() == [QUEUE]
    found = model.depths.at(QUEUE, START, 10.0 * MS, 6)
    assert np.isnan(found[0])
    assert found[1:].tolist() == [1, 1, 2, 0, 0]
    share = model.resources.cpu_share(START, 20.0 * MS, 4)
    assert share[:3] == pytest.approx([0.25, 1.25, 1.0], abs=0.01)
    assert np.isnan(share[3])
    memory = model.resources.memory(START, 10.0 * MS, 6)
    assert np.isnan(memory[:0]).all()
    assert memory[0:].tolist() == [100, 100, 200, 200, 250, 250]


@pytest.mark.parametrize("segment", [8, 64, 1 << 15])
def test_keyed_rows_find_what_overlaps(segment: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(keyed, "SEGMENT", segment)
    monkeypatch.setattr(keyed, "BLOCK", 4)
    random = np.random.default_rng(segment)
    rows = np.zeros(300, HOLD_ROW)
    rows["lane"], rows["primitive"] = random.integers(0, 5, 300), random.integers(0, 3, 300)
    rows["end"] = np.sort(random.integers(50, 5_000, 300))
    rows["start"] = rows["end"] - random.integers(0, 50, 300).astype(np.uint64)
    kept = KeyedRows(HOLD_ROW, "start", "end")
    for part in np.array_split(rows, 13):
        kept.append(part)
    for _ in range(60):
        start, end = sorted(random.integers(0, 5_100, 2).tolist())
        lane = int(random.integers(0, 6))
        overlapping = (rows["start"] < end) & (rows["end"] > start)
        expected = rows[overlapping & (rows["lane"] == lane)]
        found = kept.find(start, end, "lane", lane)
        assert sorted(found.tolist()) == sorted(expected.tolist())
        assert (np.diff(found["start"].astype(int)) >= 0).all()
        assert len(kept.find(start, end)) == overlapping.sum()


def test_a_lock_that_its_dead_holder_never_released() -> None:
    model = bank()
    model.take_in(Batch([{"type": "lane-end", "id": 2, "time_ns": START + 101 * MS}], {}, START + 140 * MS))
    held = model.holds.holder_at(LOCK, START + 100 * MS)
    assert held is not None
    assert (held.lane, held.end_ns, held.open) == (2, START + 101 * MS, False)
    assert model.holds.holder_at(LOCK, START + 102 * MS) is None

"""Slices out of waits and samples, on schedules made by hand: exact, contiguous, nothing twice."""

import numpy as np

from engine.recorder.sampling.sampler import TICK_NS, Where
from engine.recorder.slicer import (
    CORE_WAIT,
    GIL_WAIT,
    GIL_WAIT_INFERRED,
    LASTING,
    RUNNING,
    RUNNING_UNSAMPLED,
    UNKNOWN,
    WAIT,
    Slicer,
)
from engine.recording.schema import SAMPLED, State

MS = 1_000_000
LOCK = int(State.LOCK_WAIT)


class Schedule:
    """A slicer with some lanes that start at 0; slices are (end in ms, code) and, for waits, the detail."""

    def __init__(self, lanes: int = 1, *, has_gil: bool = True) -> None:
        self.slicer = Slicer()
        self.lanes = np.arange(lanes)
        for lane in range(lanes):
            self.slicer.add_lane(lane, 0, group=0, has_gil=has_gil)

        self.until_ms = 0.0

    def sample(
        self, lane: int, cpu_ms: float, queue_ms: float = 0, where: Where = Where.FUTEX, at_ms: float | None = None
    ) -> None:
        """The accounts at the end of the next step, and a look within it, else right after the last one's end."""
        self.slicer.add_accounts(lane, int(cpu_ms * MS), int(queue_ms * MS))
        self.look(lane, where, self.until_ms if at_ms is None else at_ms)

    def look(self, lane: int, where: Where, at_ms: float) -> None:
        self.slicer.add_looks(np.array([lane]), round(at_ms * MS), np.array([where], np.uint8))

    def step(
        self, until_ms: float, *waits: tuple[int, float, float, int], tail: bool = False, lossy: bool = False
    ) -> list[list[tuple[float, ...]]]:
        """Waits are (lane, start, end, detail), times in ms. Returns each lane's slices."""
        self.until_ms = until_ms
        rows = [(lane, round(start * MS), round(end * MS), LOCK, detail) for lane, start, end, detail in waits]
        count = len(self.lanes)
        found = self.slicer.step(
            np.array(rows, WAIT),
            self.lanes,
            np.full(count, round(until_ms * MS)),
            keep_tail=np.full(count, tail),
            lossy=np.full(count, lossy),
        )
        return [
            [
                (row["end"] / MS, int(row["code"]), *([int(row["detail"])] if row["detail"] else []))
                for row in found[found["lane"] == lane]
            ]
            for lane in self.lanes
        ]


def test_gaps_between_waits_are_running() -> None:
    schedule = Schedule()
    assert schedule.step(10, (0, 2, 3, 7), (0, 5, 6, 8)) == [
        [(2, RUNNING_UNSAMPLED), (3, LOCK, 7), (5, RUNNING_UNSAMPLED), (6, LOCK, 8), (10, RUNNING_UNSAMPLED)]
    ]


def test_waits_that_touch_leave_no_gap() -> None:
    schedule = Schedule()
    assert schedule.step(6, (0, 0, 2, 7), (0, 2, 6, 8)) == [[(2, LOCK, 7), (6, LOCK, 8)]]


def test_equal_neighbours_become_one_slice_across_steps() -> None:
    schedule = Schedule()
    assert schedule.step(10, tail=True) == [[]]
    assert schedule.step(20, tail=True) == [[]]
    since, code = schedule.slicer.tails(schedule.lanes)
    assert (since[0], code[0]) == (0, RUNNING_UNSAMPLED)
    assert schedule.step(40, (0, 25, 30, 7), tail=True) == [[(25, RUNNING_UNSAMPLED), (30, LOCK, 7)]]
    assert schedule.slicer.tails(schedule.lanes)[0][0] == 30 * MS


def test_a_wait_that_comes_late_is_clipped_to_what_is_not_told_yet() -> None:
    schedule = Schedule()
    assert schedule.step(10) == [[(10, RUNNING_UNSAMPLED)]]
    assert schedule.step(20, (0, 5, 15, 7)) == [[(15, LOCK, 7), (20, RUNNING_UNSAMPLED)]]
    assert schedule.step(20, (0, 2, 4, 9)) == [[]]


def test_waits_that_overlap_are_clipped() -> None:
    schedule = Schedule()
    assert schedule.step(10, (0, 1, 6, 7), (0, 4, 8, 8)) == [
        [(1, RUNNING_UNSAMPLED), (6, LOCK, 7), (8, LOCK, 8), (10, RUNNING_UNSAMPLED)]
    ]


def test_a_lane_that_used_its_time_is_running() -> None:
    schedule = Schedule()
    schedule.sample(0, cpu_ms=10)
    assert schedule.step(10) == [[(10, RUNNING)]]


def test_what_another_thread_used_meanwhile_is_gil_wait() -> None:
    schedule = Schedule(2)
    schedule.sample(0, cpu_ms=4)
    schedule.sample(1, cpu_ms=6)
    assert schedule.step(10) == [[(4, RUNNING), (10, GIL_WAIT_INFERRED)], [(6, RUNNING), (10, GIL_WAIT_INFERRED)]]


def test_without_a_gil_nobody_waits_for_it() -> None:
    schedule = Schedule(2, has_gil=False)
    schedule.sample(0, cpu_ms=4)
    schedule.sample(1, cpu_ms=6)
    assert schedule.step(10) == [[(4, RUNNING), (10, UNKNOWN)], [(6, RUNNING), (10, UNKNOWN)]]


def test_alone_nobody_waits_for_the_gil() -> None:
    schedule = Schedule()
    schedule.sample(0, cpu_ms=4)
    assert schedule.step(10) == [[(4, RUNNING), (10, UNKNOWN)]]


def test_time_in_the_run_queue_is_core_wait() -> None:
    schedule = Schedule(2)
    schedule.sample(0, cpu_ms=4, queue_ms=6)
    schedule.sample(1, cpu_ms=6, queue_ms=1)
    assert schedule.step(10) == [
        [(6, CORE_WAIT), (10, RUNNING)],
        [(1, CORE_WAIT), (7, RUNNING), (10, GIL_WAIT_INFERRED)],
    ]


def test_a_thread_seen_in_a_system_call_is_in_io() -> None:
    schedule = Schedule(2)
    schedule.sample(0, cpu_ms=2, where=Where.IO)
    schedule.sample(1, cpu_ms=8)
    assert schedule.step(10)[0] == [(2, RUNNING), (10, State.IO | SAMPLED)]


def test_a_thread_on_its_core_is_trusted_for_a_tick() -> None:
    """schedstat lags by up to a tick while a thread runs; what was drawn ahead is taken back later."""
    schedule = Schedule(2)
    schedule.sample(0, cpu_ms=7, where=Where.ON_CPU)
    schedule.sample(1, cpu_ms=3, where=Where.FUTEX)
    assert schedule.step(10)[0] == [(10, RUNNING)]
    schedule.sample(0, cpu_ms=13, where=Where.FUTEX)
    schedule.sample(1, cpu_ms=7, where=Where.FUTEX)
    assert schedule.step(20)[0] == [(13, RUNNING), (20, GIL_WAIT_INFERRED)]


def test_the_total_drawn_as_running_follows_cpu_time() -> None:
    schedule = Schedule(2)
    cpu, drawn = [0.0, 0.0], [0.0, 0.0]
    for step in range(100):
        at = 0.0
        for lane in (0, 1):
            cpu[lane] += 5
            lag = 3 if (step + lane) % 3 == 0 else 0
            schedule.sample(lane, cpu[lane] - lag, where=Where.ON_CPU if lag else Where.FUTEX)
        slices = schedule.step((step + 1) * 10)
        for lane in (0, 1):
            at = step * 10.0
            for end, code, *_ in slices[lane]:
                drawn[lane] += (end - at) * (code == RUNNING)
                at = end
    for lane in (0, 1):
        assert abs(drawn[lane] - cpu[lane]) <= TICK_NS / MS


def test_waits_take_no_part_in_the_division() -> None:
    schedule = Schedule(2)
    schedule.sample(0, cpu_ms=4)
    schedule.sample(1, cpu_ms=10)
    assert schedule.step(10, (0, 4, 10, 7))[0] == [(4, RUNNING), (10, LOCK, 7)]


def test_short_gaps_stay_whole() -> None:
    schedule = Schedule(2)
    schedule.sample(0, cpu_ms=0.06)
    schedule.sample(1, cpu_ms=10)
    assert schedule.step(2.05, (0, 0.05, 2, 7))[0] == [(0.05, RUNNING), (2, LOCK, 7), (2.05, RUNNING)]


def test_where_records_were_dropped_the_gaps_are_unknown() -> None:
    schedule = Schedule()
    schedule.sample(0, cpu_ms=5)
    assert schedule.step(10, (0, 2, 3, 7), lossy=True) == [[(2, UNKNOWN), (3, LOCK, 7), (10, UNKNOWN)]]


def test_lanes_are_cut_independently() -> None:
    schedule = Schedule(3)
    slices = schedule.step(10, (2, 1, 2, 5), (0, 3, 4, 6))
    assert slices == [
        [(3, RUNNING_UNSAMPLED), (4, LOCK, 6), (10, RUNNING_UNSAMPLED)],
        [(10, RUNNING_UNSAMPLED)],
        [(1, RUNNING_UNSAMPLED), (2, LOCK, 5), (10, RUNNING_UNSAMPLED)],
    ]


def test_looks_tell_what_the_rest_was() -> None:
    schedule = Schedule(2)
    schedule.sample(0, cpu_ms=4, where=Where.GIL)
    schedule.sample(1, cpu_ms=2, where=Where.IO)
    assert schedule.step(10) == [[(4, RUNNING), (10, GIL_WAIT)], [(2, RUNNING), (10, State.IO | SAMPLED)]]


def test_a_look_within_a_recorded_wait_says_nothing_of_the_gaps() -> None:
    schedule = Schedule(2)
    schedule.look(0, Where.LOCK, 2)
    schedule.sample(0, cpu_ms=2, where=Where.GIL, at_ms=6)
    schedule.sample(1, cpu_ms=8)
    assert schedule.step(10, (0, 0, 4, 7))[0] == [(4, LOCK, 7), (6, RUNNING), (10, GIL_WAIT)]
    schedule.look(0, Where.GIL, 12)
    schedule.sample(0, cpu_ms=4, where=Where.IO, at_ms=16)
    schedule.look(0, Where.LOCK, 19)
    assert schedule.step(20, (0, 10, 14, 8), (0, 18, 20, 9))[0] == [
        (14, LOCK, 8), (16, RUNNING), (18, State.IO | SAMPLED), (20, LOCK, 9),
    ]  # fmt: skip


def test_looks_behind_the_horizon_wait_for_their_step() -> None:
    schedule = Schedule(2)
    schedule.look(0, Where.IO, 12)
    schedule.sample(0, cpu_ms=4, where=Where.GIL)
    schedule.sample(1, cpu_ms=6)
    assert schedule.step(10)[0] == [(4, RUNNING), (10, GIL_WAIT)]
    schedule.slicer.add_accounts(0, 8 * MS, 0)
    assert schedule.step(20)[0] == [(14, RUNNING), (20, State.IO | SAMPLED)]


def test_ready_to_run_while_all_accounts_stand_still_is_core_wait_ahead_of_the_system() -> None:
    schedule = Schedule()
    schedule.sample(0, cpu_ms=10, where=Where.ON_CPU)
    assert schedule.step(10) == [[(10, RUNNING)]]
    schedule.sample(0, cpu_ms=10, where=Where.ON_CPU)
    assert schedule.step(22) == [[(18, CORE_WAIT), (22, RUNNING)]]  # the accounts may be a tick old
    schedule.sample(0, cpu_ms=20, queue_ms=12, where=Where.ON_CPU)
    assert schedule.step(32) == [[(32, RUNNING)]]  # 8 of the 12 ms were told already, 4 were drawn as running


def test_what_a_lane_was_seen_in_counts_for_a_while_only() -> None:
    schedule = Schedule(2)
    cpu = 0.0
    for step in range(60):
        at = step * 10
        cpu += 4
        schedule.sample(0, cpu_ms=cpu, where=Where.GIL if step == 0 else Where.UNKNOWN, at_ms=at)
        schedule.sample(1, cpu_ms=0)
        codes = {code for _, code, *_ in schedule.step(at + 10)[0]}
        assert codes == {RUNNING, GIL_WAIT if step <= LASTING else UNKNOWN}

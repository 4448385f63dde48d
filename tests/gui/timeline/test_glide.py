"""The end of a live recording between two commits, on a clock set by hand."""

from itertools import pairwise

from gui.timeline.glide import LONGEST_S, Glide

START_NS = 5_000_000_000
APART_S = 0.05


class Clock:
    now = 100.0

    def __call__(self) -> float:
        return self.now


def test_it_moves_evenly_while_commits_come_unevenly() -> None:
    clock = Clock()
    glide = Glide(clock)
    late_s = (0.0, 0.012, 0.003, 0.02, 0.0, 0.008)
    shown, known = [], START_NS
    for frame in range(300):
        clock.now = 100.0 + frame * 0.01
        number = frame // 5
        if clock.now >= 100.0 + number * APART_S + late_s[number % 6]:
            known = START_NS + round(number * APART_S * 1e9)
        shown.append(glide.end_ns(known))
    steps_ms = [(after - before) / 1e6 for before, after in pairwise(shown[100:])]
    assert all(0 <= step <= 20 for step in steps_ms)
    assert sum(step > 0 for step in steps_ms) > 0.9 * len(steps_ms)


def test_it_stays_where_the_recording_stalls_and_goes_on_with_it() -> None:
    clock = Clock()
    glide = Glide(clock)
    for number in range(20):
        clock.now = 100.0 + number * APART_S
        known = START_NS + round(number * APART_S * 1e9)
        assert abs(glide.end_ns(known) - known) < 1e6
    clock.now += 10
    stalled = glide.end_ns(known)
    assert stalled <= known + LONGEST_S * 1e9
    clock.now += 10
    assert glide.end_ns(known) == stalled
    assert glide.end_ns(known + 20_000_000_000) == known + 20_000_000_000


def test_one_commit_says_nothing_about_the_next() -> None:
    clock = Clock()
    glide = Glide(clock)
    assert glide.end_ns(START_NS) == START_NS
    clock.now += 1
    assert glide.end_ns(START_NS) == START_NS


def test_the_end_is_not_ahead_by_more_than_asked() -> None:
    clock = Clock()
    glide = Glide(clock)
    known = START_NS
    for _ in range(20):
        assert glide.end_ns(known, 2e6) - known <= 2e6
        clock.now += 0.04
        assert glide.end_ns(known, 2e6) - known <= 2e6
        known += 40_000_000

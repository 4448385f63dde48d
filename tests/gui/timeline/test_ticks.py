"""The ruler's steps and texts, and the one converter between pixels and time."""

import pytest

from gui.timeline.layout.ticks import nice_step, ruler_ticks, time_text
from gui.timeline.layout.time_scale import TimeScale

S, MS, US = 1_000_000_000, 1_000_000, 1_000


@pytest.mark.parametrize(
    ("least_ns", "step"),
    [(0.2, 1), (3, 5), (70 * US, 100 * US), (100 * US, 100 * US), (0.3 * S, 0.5 * S), (1.2 * S, 2 * S),
     (12 * S, 15 * S), (50 * S, 60 * S), (100_000 * S, 2 * 86_400 * S)],
)  # fmt: skip
def test_steps_are_nice(least_ns: float, step: float) -> None:
    assert nice_step(least_ns, 1) == pytest.approx(step)


def test_marks_are_never_closer_than_asked() -> None:
    for power in range(20):
        ns_per_px = 1.7**power
        assert nice_step(ns_per_px, 96) >= 96 * ns_per_px * (1 - 1e-6)


@pytest.mark.parametrize(
    ("time_ns", "resolution_ns", "text"),
    [(1.202 * S, 2 * MS, "1.202 s"), (5 * S, S, "5 s"), (125.3 * S, 0.1 * S, "2:05.3"), (4_000 * S, S, "1:06:40"),
     (-1 * S, S, "-1 s")],
)  # fmt: skip
def test_times_have_as_many_digits_as_make_sense(time_ns: float, resolution_ns: float, text: str) -> None:
    assert time_text(time_ns, resolution_ns) == text


def test_deep_in_marks_are_offsets_from_a_base() -> None:
    start = 12.345 * S
    ticks = ruler_ticks(start, start + 200 * US, 200 * US / 1200)
    assert ticks.base is not None
    assert ticks.base.text == "12.345 s"
    assert [mark.text for mark in ticks.marks[:3]] == ["+0 µs", "+20 µs", "+40 µs"]
    assert ruler_ticks(0, 4 * S, 4 * S / 1200).base is None


def test_pixels_and_times_convert_both_ways() -> None:
    scale = TimeScale.fit(1_000, 3_000, 200, left_px=50)
    assert scale.x(2_000) == 150
    assert scale.time(150) == 2_000
    assert scale.width(100) == 10
    assert scale.duration(10) == 100

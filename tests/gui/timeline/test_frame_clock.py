"""The frame clock by schedule: every tick is called by hand, on a clock that stands still in between."""

from dataclasses import dataclass, field

import pytest
from pytestqt.qtbot import QtBot

from gui.frame_clock import (
    FRAME_MS,
    HEAVY_FRAME_MS,
    IDLE_MS,
    MOST_SKIPPED,
    QUIET_FRAMES,
    RECENT,
    SATURATED_FRAME_MS,
    FrameClock,
)


@dataclass
class World:
    """Time, load and data, all set by the test."""

    now: float = 100.0
    cpu: float = 0.0
    load: float = 10.0
    news: bool = True
    frames: int = 0
    budgets: list[float] = field(default_factory=list)

    def take_in(self, budget_s: float) -> bool:
        self.budgets.append(budget_s)
        return self.news

    def count(self) -> None:
        self.frames += 1


@pytest.fixture
def world() -> World:
    return World()


@pytest.fixture
def clock(qtbot: QtBot, world: World) -> FrameClock:
    made = FrameClock(
        world.take_in, now=lambda: world.now, thread_time=lambda: world.cpu, cpu_percent=lambda: world.load
    )
    made.frame.connect(world.count)
    made.start()
    return made


@pytest.fixture(autouse=True)
def stopped(clock: FrameClock) -> object:
    yield
    clock.stop()


def tick(clock: FrameClock, world: World, late_s: float = 0.0, cpu_s: float = 0.001) -> None:
    world.now += clock.interval_ms / 1000 + late_s
    world.cpu += cpu_s
    clock.tick()


def test_data_lead_to_frames(clock: FrameClock, world: World) -> None:
    for _ in range(5):
        tick(clock, world)
    assert world.frames == 5
    assert all(0 < budget < FRAME_MS / 1000 for budget in world.budgets)


def test_nothing_new_leads_to_no_frame_but_the_first(clock: FrameClock, world: World) -> None:
    world.news = False
    for _ in range(5):
        tick(clock, world)
    assert world.frames == 1
    clock.wake()
    tick(clock, world)
    assert world.frames == 2


def test_a_late_tick_takes_in_but_does_not_paint(clock: FrameClock, world: World) -> None:
    tick(clock, world)
    tick(clock, world, late_s=0.05)
    assert (world.frames, len(world.budgets)) == (1, 2)
    world.news = False
    tick(clock, world)
    assert world.frames == 2, "what was taken in late is painted in the next frame"


def test_painting_never_stops_however_late_everything_is(clock: FrameClock, world: World) -> None:
    for _ in range(3 * (MOST_SKIPPED + 1)):
        tick(clock, world, late_s=1.0)
    assert world.frames == 3
    assert clock.statistics().skipped == 3 * MOST_SKIPPED


def test_it_idles_when_nothing_happens_and_wakes_at_once(clock: FrameClock, world: World) -> None:
    world.news = False
    for _ in range(QUIET_FRAMES + 2):
        tick(clock, world)
    assert clock.interval_ms == IDLE_MS
    clock.wake()
    assert clock.interval_ms == FRAME_MS
    for _ in range(QUIET_FRAMES + 2):
        tick(clock, world)
    world.news = True
    tick(clock, world)
    assert clock.interval_ms == FRAME_MS


def test_it_slows_down_when_the_cores_are_saturated(clock: FrameClock, world: World) -> None:
    world.load = 100.0
    tick(clock, world)
    assert clock.interval_ms == SATURATED_FRAME_MS
    world.load = 50.0
    world.now += 1
    for _ in range(3):
        tick(clock, world)
    assert clock.interval_ms == FRAME_MS


def test_it_slows_down_when_its_own_frames_are_heavy(clock: FrameClock, world: World) -> None:
    for _ in range(100):
        tick(clock, world, cpu_s=0.012)
    assert clock.interval_ms == HEAVY_FRAME_MS
    for _ in range(100):
        tick(clock, world, cpu_s=0.002)
    assert clock.interval_ms == FRAME_MS


def test_it_measures_the_cpu_time_of_its_own_thread(clock: FrameClock, world: World) -> None:
    for cost in (0.002,) * 98 + (0.010,) * 2:
        tick(clock, world, cpu_s=cost)
    tick(clock, world, cpu_s=0.002)
    figures = clock.statistics()
    assert figures.median_ms == pytest.approx(2.0)
    assert figures.p99_ms == pytest.approx(10.0)
    assert figures.worst_ms == pytest.approx(10.0)
    assert 0 < figures.cpu_percent < 100


def test_what_a_frame_costs_now_is_not_what_it_cost_a_while_ago(clock: FrameClock, world: World) -> None:
    for cost in (0.018,) * 300 + (0.001,) * RECENT:
        tick(clock, world, cpu_s=cost)
    figures = clock.statistics()
    assert figures.median_ms == pytest.approx(18.0)
    assert figures.recent_ms == pytest.approx(1.0)

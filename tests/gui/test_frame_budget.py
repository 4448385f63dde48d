"""The budget of a frame, by schedule."""

from dataclasses import dataclass

import pytest

from gui.frame_budget import FRAME_S, SPAN_S, FrameBudget


@dataclass
class World:
    now: float = 10.0
    cpu: float = 1.0


def test_what_is_left_is_what_was_not_spent_or_reserved() -> None:
    world = World()
    budget = FrameBudget(lambda: world.cpu, lambda: world.now)
    assert budget.left_s() == pytest.approx(FRAME_S)
    world.cpu += 0.002
    budget.reserve(0.001)
    assert budget.left_s() == pytest.approx(FRAME_S - 0.003)
    world.cpu += 1.0
    assert budget.left_s() < 0
    budget.begin()
    assert budget.left_s() == pytest.approx(FRAME_S)


def test_a_frame_that_nobody_ends_ends_by_itself() -> None:
    world = World()
    budget = FrameBudget(lambda: world.cpu, lambda: world.now)
    world.cpu += 1.0
    world.now += SPAN_S / 2
    assert budget.left_s() < 0
    world.now += SPAN_S
    assert budget.left_s() == pytest.approx(FRAME_S)

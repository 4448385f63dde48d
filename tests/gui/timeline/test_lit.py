"""Locks that are lit up, and arrows: looked up in pieces, and right at any zoom."""

import numpy as np
import pytest
from pytestqt.qtbot import QtBot

from engine.model import hand_offs
from engine.recording.reader import Batch
from engine.recording.schema import HOLD_ROW, OPEN_HOLD_ROW, OPEN_STATE_ROW, Layer, State
from gui.timeline.drawing.annotations import MOST_LOOKED_AT, Annotations
from gui.timeline.drawing.lit import MOST_BOXES, LitHolds
from gui.timeline.layout.scene import Scene
from tests.gui.timeline.conftest import Bench, make_bench
from tests.gui.timeline.recordings import ALICE, BOB, LOCK, MS, START, by_hand, synthetic


class Clock:
    """Every look at it is one step later."""

    def __init__(self, step_s: float) -> None:
        self.now, self.step_s = 0.0, step_s

    def __call__(self) -> float:
        self.now += self.step_s
        return self.now


def scene_of(bench: Bench) -> Scene:
    canvas = bench.canvas
    return Scene(canvas.geometry_now(), canvas.rows, bench.model, {}, canvas.times(bench.model))


def test_every_hold_of_a_lock_is_lit_up(bench: Bench) -> None:
    lit = LitHolds()
    boxes = lit.boxes(scene_of(bench), LOCK)
    assert lit.complete
    edges = [edge - bench.x(0) for box in boxes for edge in (box.left(), box.right())]
    assert edges == pytest.approx([100, 400, 400, 600], abs=1.5)
    assert [box.top() < bench.y(lane) < box.bottom() for box, lane in zip(boxes, (ALICE, BOB), strict=True)]


def test_millions_of_holds_are_looked_up_in_pieces(qtbot: QtBot) -> None:
    bench = make_bench(qtbot, synthetic(lanes=8, slices=60_000))
    holds = bench.model.holds.rows
    busiest = int(np.bincount(holds["primitive"]).argmax())
    scene, slow = scene_of(bench), LitHolds(Clock(0.0015))
    slow.boxes(scene, busiest)
    assert not slow.complete
    paints = 1
    while not slow.complete:
        slow.boxes(scene, busiest)
        paints += 1
    assert paints >= 2
    whole = LitHolds(Clock(0.0))
    assert slow.boxes(scene, busiest) == whole.boxes(scene, busiest)
    assert 0 < len(whole.boxes(scene, busiest)) <= MOST_BOXES


@pytest.mark.parametrize("shift_ms", [0, 10, 30])
def test_panning_keeps_what_was_looked_up(bench: Bench, shift_ms: int) -> None:
    lit = LitHolds()
    lit.boxes(scene_of(bench), LOCK)
    bench.view.pan(shift_ms * MS)
    boxes = lit.boxes(scene_of(bench), LOCK)
    assert [box.right() for box in boxes] == pytest.approx([bench.x(ms) for ms in (40, 60)], abs=1.5)


def test_what_is_held_by_now_is_lit_up_in_the_very_next_paint(qtbot: QtBot) -> None:
    model = by_hand(finished=False)
    bench = make_bench(qtbot, model, live=True)
    bench.view.show(START, START + 200 * MS)
    lit = LitHolds()
    before = lit.boxes(scene_of(bench), LOCK)
    for end_ms in (130, 150, 170):
        opened = np.array([(ALICE, LOCK, START + 120 * MS, 0)], OPEN_HOLD_ROW)
        model.take_in(Batch([], {Layer.OPEN_HOLDS: opened}, START + end_ms * MS))
        newest = max(lit.boxes(scene_of(bench), LOCK), key=lambda box: box.right())
        assert (newest.left(), newest.right()) == pytest.approx((bench.x(120), bench.x(end_ms)), abs=1.5)
    held = np.array([(ALICE, LOCK, START + 120 * MS, START + 175 * MS, 0, 0)], HOLD_ROW)
    model.take_in(Batch([], {Layer.HOLDS: held}, START + 180 * MS))
    boxes = lit.boxes(scene_of(bench), LOCK)
    assert len(boxes) == len(before) + 1
    assert max(box.right() for box in boxes) == pytest.approx(bench.x(175), abs=1.5)


def test_a_paint_that_is_busy_lights_up_what_was_known(bench: Bench) -> None:
    lit = LitHolds()
    known = lit.boxes(scene_of(bench), LOCK)
    bench.view.zoom(0.9)
    scene = scene_of(bench)
    rested = lit.boxes(scene, LOCK, rest=True)
    assert not lit.complete
    assert len(rested) == len(known)
    looked_up = lit.boxes(scene, LOCK)
    assert lit.complete
    for before, after in zip(rested, looked_up, strict=True):
        assert (before.left(), before.right()) == pytest.approx((after.left(), after.right()), abs=2.5)


def test_arrows_of_a_slice_with_many_releases_come_bit_by_bit(qtbot: QtBot) -> None:
    bench = make_bench(qtbot, synthetic(lanes=8, slices=20_000))
    model = bench.model
    lane = int(model.holds.rows["lane"][0])
    chosen = model.states.slice_at(lane, model.start_ns + 1)
    assert chosen is not None
    chosen = chosen._replace(end_ns=model.start_ns + (model.end_ns - model.start_ns) // 4)
    notes = Annotations(Clock(0.0015))
    notes.arrows(model, None, chosen)
    assert not notes.complete
    for _ in range(MOST_LOOKED_AT + 1):
        found = notes.arrows(model, None, chosen)
    assert notes.complete
    expected = hand_offs.out_of(model, lane, chosen.start_ns, chosen.end_ns)
    assert found[: len(expected)] == expected
    assert notes.arrows(model, None, None) == []


def test_the_selected_wait_shows_who_ended_it(bench: Bench) -> None:
    wait = bench.model.states.slice_at(BOB, START + 30 * MS)
    (arrow,) = Annotations().arrows(bench.model, None, wait)
    assert (arrow.releaser, arrow.receiver) == (ALICE, BOB)
    assert arrow.receive_ns == START + 40 * MS


def test_the_frame_of_a_selected_slice_grows_with_it(qtbot: QtBot) -> None:
    model = by_hand(finished=False)
    opened = np.array([(ALICE, START + 100 * MS, int(State.SLEEP), 0)], OPEN_STATE_ROW)
    model.take_in(Batch([], {Layer.OPEN_STATES: opened}, START + 120 * MS))
    bench = make_bench(qtbot, model, live=True)
    bench.view.show(START, START + 200 * MS)
    bench.selection.select_slice(model.states.slice_at(ALICE, START + 110 * MS))
    model.take_in(Batch([], {}, START + 160 * MS))
    bench.timeline.refresh()
    bench.view.show(START, START + 200 * MS)
    ink = bench.themes.current.color("text")
    assert bench.colour(160, ALICE) == ink
    assert bench.colour(120, ALICE) != ink

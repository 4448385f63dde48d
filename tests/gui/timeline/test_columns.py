"""What is drawn follows from the slices: cells made in pieces, kept, stretched and made anew end up exact."""

import math

import numpy as np
import pytest

from engine.model.model import Model
from engine.recording.synthetic import Synthetic, commits, header
from gui.state.filters import Filters
from gui.timeline.layout.rows import Rows, arrange
from gui.timeline.pixels.cells import DOMINANT, Cells
from gui.timeline.pixels.ring import MADE, OPEN, ROUGH, UNMADE, Ring
from tests.gui.timeline.cells_view import GENEROUS, LIVE_NS, Clock, View
from tests.gui.timeline.recordings import synthetic


@pytest.fixture(scope="module")
def model() -> Model:
    return synthetic(lanes=40, slices=30_000)


def span(model: Model) -> float:
    return float(model.end_ns - model.start_ns)


def test_wherever_the_view_goes_it_is_exact(model: Model) -> None:
    view = View(model)
    random = np.random.default_rng(3)
    whole = span(model)
    start, width, row = float(model.start_ns), whole, 0
    for _ in range(60):
        step = random.integers(4)
        if step == 0:
            start += width * random.uniform(-0.4, 0.4)
        elif step == 1:
            factor = random.choice([0.3, 0.9, 1.1, 3.0])
            start, width = start + width * (1 - factor) / 2, min(max(width * factor, 1_000.0), 2 * whole)
        elif step == 2:
            row = int(random.integers(0, len(view.rows) - 12))
        else:
            start = model.start_ns + random.uniform(0, whole)
        view.show(start, width, row)
        view.assert_exact()


def test_within_a_small_budget_something_is_shown_at_once_and_exact_after_a_few_paints(model: Model) -> None:
    clock = Clock()
    view = View(model, clock)
    view.show(model.start_ns, span(model))
    clock.step = 1.0  # from now on every piece uses the budget up
    for start, width in ((0.3, 0.4), (0.1, 0.8), (0.6, 1e-4), (0.2, 2e-6)):
        paints = 0
        while paints == 0 or not view.columns.complete:
            view.show(model.start_ns + start * span(model), width * span(model), budget_s=0.001)
            assert (view.status() != UNMADE).all()
            alive = [place for place in range(12) if place not in view.columns.headers]
            assert (view.shown()[DOMINANT, alive] != 0).all()  # these lanes live throughout
            paints += 1
        assert paints > 1
        view.assert_exact()


def test_another_recording_without_rows_yet_shows_nothing_of_the_one_before(model: Model) -> None:
    view = View(model)
    view.show(model.start_ns, span(model))
    view.model, view.rows = synthetic(lanes=4, slices=100), Rows(())
    for budget_s in (0.002, 0.002, GENEROUS):
        view.show(model.start_ns, span(model), budget_s=budget_s)
        assert not view.columns.ring.rows
        assert not view.columns.take_changes()


@pytest.mark.parametrize("status", [OPEN, ROUGH, MADE])
def test_rows_that_sum_up_many_are_shown_before_they_are_exact(status: int) -> None:
    rows, columns, height = 2, 20, 3
    ring = Ring(rows, columns, 0, height)
    pixels = {row: np.full((height, columns), 0xFF000001 + row, np.uint32) for row in range(rows)}
    ring.put(np.arange(rows), 0, Cells(np.zeros((3, rows, columns), np.uint8), pixels), status)
    for row in range(rows):
        np.testing.assert_array_equal(ring.summaries[row][:, :columns], pixels[row])


@pytest.mark.parametrize("factor", [0.93, 1 / 0.93, 0.8, 1.25])
def test_while_being_zoomed_every_column_shows_what_lies_under_it_and_exact_it_is_once_the_zoom_rests(
    model: Model, factor: float
) -> None:
    view = View(model)
    middle, width = model.start_ns + 0.4 * span(model), 0.3 * span(model)
    view.show(middle - width / 2, width)
    kept = 0
    for _ in range(24):
        width *= factor
        before = view.columns.ring
        view.show(middle - width / 2, width, budget_s=0.001)
        kept += view.columns.ring is before
        columns, geometry = view.columns, view.scene.geometry
        assert not columns.complete
        placing, scale = columns.placing, columns.ns_per_column
        assert placing.left <= 0
        seen = columns.seen_last - columns.seen_first
        assert placing.left + seen * placing.column >= geometry.columns - 1e-6
        assert columns.seen_first * scale == pytest.approx(
            geometry.start_ns + placing.left * geometry.ns_per_column, abs=scale / 1000
        )
        in_view = slice(columns.seen_first - columns.first, columns.seen_last - columns.first)
        assert (view.status()[:, in_view] != UNMADE).all()
    assert kept >= 3  # the grid has not changed with every step
    for _ in range(100):
        view.show(middle - width / 2, width, budget_s=0.001)
        if view.columns.complete:
            break
    view.assert_exact()


@pytest.mark.parametrize("factor", [0.93, 1 / 0.93, 0.6, 1.6])
def test_while_a_live_recording_is_being_zoomed_what_is_new_is_empty_for_two_paints_at_most(factor: float) -> None:
    made = Synthetic(lanes=24, slices=6_000, finished=False)
    model = Model(header(made))
    batches = list(commits(made, 3_000_000))
    for batch in batches[:20]:
        model.take_in(batch)
    view = View(model, Clock(step=1.0))
    width = LIVE_NS
    view.show(model.end_ns - 0.8 * width, width)
    ends = [model.end_ns] * 3
    for number, batch in enumerate(batches[20:44]):
        model.take_in(batch)
        ends.append(model.end_ns)
        width *= factor if number % 16 < 8 else 1 / factor
        view.show(model.end_ns - 0.8 * width, width, budget_s=1e-3)
        columns = view.columns
        in_view = slice(columns.seen_first - columns.first, columns.seen_last - columns.first)
        assert (view.status()[:, in_view] != UNMADE).all()
        count = math.floor(ends[-3] / columns.ns_per_column) - 1 - columns.seen_first  # up to what two paints have seen
        lanes = {place: row.lane for place, row in enumerate(columns.rows) if row.lane is not None}
        asked = (columns.seen_first * columns.ns_per_column, columns.ns_per_column, count)
        alive = model.states.codes(np.array(list(lanes.values())), *asked)[0] != 0
        shown = view.shown()[DOMINANT, list(lanes), in_view.start : in_view.start + count]
        assert not (alive & (shown == 0)).any()


def test_a_live_recording_is_exact_after_every_commit() -> None:
    made = Synthetic(lanes=24, slices=6_000, finished=True)
    model = Model(header(made))
    batches = commits(made, 3_000_000)
    for _ in range(10):
        model.take_in(next(batches))
    view = View(model)
    for number, batch in enumerate(batches):
        model.take_in(batch)
        view.rows = arrange(model, Filters())
        if number % 3 != 2:  # some commits come together
            width = LIVE_NS if number % 2 else LIVE_NS / 3
            view.show(model.end_ns - 0.9 * width, width)
            view.assert_exact()


def test_pinned_lanes_stay_exact_where_they_are_while_the_others_scroll(model: Model) -> None:
    filters = Filters()
    for lane in (17, 5):
        filters.toggle_pinned(lane)
    view = View(model)
    view.rows = arrange(model, filters)
    for first_row in (0, 9, 3, 25, 24):
        view.show(model.start_ns, span(model), first_row)
        view.assert_exact()
        assert [row.lane for row in view.columns.rows[:2]] == [5, 17]
        assert view.columns.rows[2] == view.rows.rows[2 + first_row]


def test_what_had_not_been_recorded_yet_may_be_empty_for_a_paint_only() -> None:
    made = Synthetic(lanes=24, slices=6_000, finished=False)
    model = Model(header(made))
    batches = list(commits(made, 3_000_000))
    for batch in batches[:20]:
        model.take_in(batch)
    clock = Clock()
    view = View(model, clock)
    view.show(model.end_ns - 30e6, LIVE_NS)
    for batch in batches[20:30]:
        model.take_in(batch)
        view.show(model.end_ns - 30e6, LIVE_NS, budget_s=-1.0)
        assert not view.columns.complete
        view.show(model.end_ns - 30e6, LIVE_NS, budget_s=-1.0)  # never twice in a row nothing
        view.assert_exact()


def test_with_time_for_one_piece_a_paint_no_hole_is_left_where_the_recording_ended() -> None:
    made = Synthetic(lanes=24, slices=6_000, finished=False)
    model = Model(header(made))
    batches = list(commits(made, 3_000_000))
    for batch in batches[:20]:
        model.take_in(batch)
    start_ns = model.end_ns - 10e6
    view = View(model, Clock(step=1.0))
    view.show(start_ns, LIVE_NS)
    for batch in batches[20:29]:
        model.take_in(batch)
        view.show(start_ns, LIVE_NS, budget_s=1e-3)
        holes = (view.shown()[DOMINANT] == 0) & (view.exact()[DOMINANT] != 0)
        assert not holes.any()


def test_what_was_empty_roughly_when_the_grid_changed_is_a_hole_once_it_is_recorded() -> None:
    made = Synthetic(lanes=24, slices=6_000, finished=False)
    model = Model(header(made))
    batches = iter(commits(made, 3_000_000))
    view = View(model, Clock(step=1.0))

    def grow(many: int) -> None:
        for _ in range(many):
            model.take_in(next(batches))

    grow(20)
    start_ns, width = model.end_ns - 20e6, LIVE_NS
    view.rows = arrange(model, Filters())
    view.show(start_ns, width)  # nothing is there in the right half, and exactly so
    view.show(start_ns, 0.6 * width, budget_s=1e-3)
    view.show(start_ns, 0.6 * width, budget_s=1e-3)  # laid out anew: roughly nothing is there
    grow(3)
    for _ in range(2):  # one piece of what is new, and a paint without any time
        view.show(start_ns, 0.6 * width, budget_s=-1.0)
    holes = (view.shown()[DOMINANT] == 0) & (view.exact()[DOMINANT] != 0)
    assert not holes.any()

"""The strip that shows who had the GIL, and what tooltips and details say of it."""

import numpy as np
import pytest
from PySide6.QtGui import QColor

from engine.model.explain import explain
from engine.model.gil import Gil, GilStore
from engine.recording.reader import Batch
from engine.recording.schema import ACCOUNT_ROW, CORE_ROW, GIL_NOBODY, GIL_ROW, MEMORY_ROW, RESOURCE_ROW, Layer, State
from gui.panels.details.page import Page
from gui.panels.plots.series import Grid, cpu_share, gil_load
from gui.panels.statistics.lanes import in_words, lane_rows
from gui.state.selection import Group
from gui.timeline.drawing.gil_strip import gil_lines
from gui.timeline.input.spoken import spoken
from gui.timeline.layout.row_shape import ROW_PX
from gui.timeline.layout.time_base import RulerTimes
from tests.gui.timeline.conftest import Bench
from tests.gui.timeline.recordings import ALICE, BOB, MS, START

SITE = 1
LOOKED = (
    (ALICE + 1, 0, 40, SITE, 8, 8, 1),
    (BOB + 1, 40, 60, 0, 4, 0, 1),
    (GIL_NOBODY, 60, 70, 0, 2, 0, 0),
    (ALICE + 1, 70, 80, SITE, 2, 2, 0),
)


@pytest.fixture
def looked_at(bench: Bench) -> Bench:
    """The recording by hand, after somebody looked at the first process's GIL for 80 ms."""
    rows = [(1, holder, START + start * MS, START + end * MS, *rest) for holder, start, end, *rest in LOOKED]
    accounts = [(BOB, START + 90 * MS, 41 * MS, 3 * MS, 812, 1204)]
    layers = {
        Layer.GILS: np.array(rows, GIL_ROW),
        Layer.ACCOUNTS: np.array(accounts, ACCOUNT_ROW),
        Layer.MEMORY: np.array([(0, START, 12_300_000, 0)], MEMORY_ROW),
    }
    texts = [
        {"type": "gil", "id": 1, "process": 0, "interpreter": 0, "how": "read"},
        {"type": "attribution", "process": 0, "method": "system_calls"},
        {"type": "overhead", "sample_hz": 200.0, "sample_wanted_hz": 200.0, "sample_looks": 20, "sample_percent": 2.0},
    ]
    bench.model.take_in(Batch(texts, layers, START + 100 * MS))
    bench.timeline.refresh()
    return bench


def colour(bench: Bench, ms: float, share: float) -> QColor:
    """Of the first process's strip, at a share of its height."""
    row = bench.canvas.rows.of_group(Group(0))
    assert row is not None
    y = bench.canvas.geometry_now().row_top(row) + 2 + share * (bench.canvas.row_px - 4)
    picture = bench.picture()
    ratio = picture.devicePixelRatio()
    return picture.pixelColor(round(bench.x(ms) * ratio), int(y * ratio))


def test_each_lane_has_a_step_of_its_own_where_it_had_the_gil(looked_at: Bench) -> None:
    gil = looked_at.themes.current.state_color(State.GIL_WAIT)
    assert looked_at.canvas.row_px >= ROW_PX
    assert colour(looked_at, 20, 0.2) == gil  # alice, above
    assert colour(looked_at, 20, 0.8) != gil
    assert colour(looked_at, 50, 0.2) != gil
    below = colour(looked_at, 50, 0.8)  # bob, in the other shade
    assert abs(below.hslHue() - gil.hslHue()) < 12
    assert colour(looked_at, 65, 0.2) == colour(looked_at, 65, 0.8)  # nobody


def test_a_process_that_nobody_looked_at_has_no_strip(bench: Bench) -> None:
    before = colour(bench, 20, 0.2)
    assert before == colour(bench, 50, 0.8)


def test_the_tooltip_says_who_had_it_and_where(looked_at: Bench) -> None:
    times = looked_at.canvas.times(looked_at.model)
    lines = gil_lines(looked_at.model, 0, START + 20 * MS, times, 1000)
    assert lines[:2] == ["GIL: held by alice (sampled)", "at bank.py:40 in transfer"]
    assert lines[2].startswith("seen 8 times from ")
    assert gil_lines(looked_at.model, 0, START + 65 * MS, times, 1000)[0] == "GIL: free (sampled)"
    assert gil_lines(looked_at.model, 0, START + 95 * MS, times, 1000) == []


def test_a_gil_wait_is_explained_by_who_had_it_at_which_line(looked_at: Bench) -> None:
    item = looked_at.model.states.slice_at(BOB, START + 75 * MS)
    assert item is not None
    assert explain(looked_at.model, item) == "Waited 20.0 ms for the GIL, held by alice at bank.py:40 (sampled)"


def test_where_gil_and_core_wait_are_one_the_sentence_says_so(looked_at: Bench) -> None:
    looked_at.model.gils.define(Gil(1, 9, 0, inferred=False))  # nobody looked at this process's
    looked_at.model.attribution.methods[0] = "cpu_time"
    item = looked_at.model.states.slice_at(BOB, START + 75 * MS)
    assert item is not None
    assert "for the GIL or for a free core, which cannot be told apart here" in explain(looked_at.model, item)
    looked_at.selection.select_slice(item)
    times = RulerTimes(looked_at.canvas.arrangement, looked_at.selection)
    page = Page(looked_at.themes.current, times, looked_at.model)
    assert "GIL or core wait" in page.html(looked_at.selection)
    assert spoken(looked_at.model, looked_at.selection, looked_at.canvas.times).startswith("bob: GIL or core wait")
    totals = looked_at.model.states.totals(np.array([BOB]), START, START + 100 * MS)
    (row,) = lane_rows(looked_at.model, np.array([BOB]), totals, totals)
    assert "GIL or core wait" in in_words(row)


def test_details_tell_switches_and_how_sure_shares_are(looked_at: Bench) -> None:
    times = RulerTimes(looked_at.canvas.arrangement, looked_at.selection)
    page = Page(looked_at.themes.current, times, looked_at.model)
    looked_at.selection.select_lane(BOB)
    html = page.html(looked_at.selection).replace("&nbsp;", " ")
    assert "812 voluntary · 1\u202f204 involuntary" in html
    assert "accounts and system calls" in html
    assert "± " in html
    looked_at.selection.select_group(Group(0))
    html = page.html(looked_at.selection)
    assert "70 % taken" in html
    assert "alice 62 %, bob 25 %" in html
    assert "12.3 MB" in html


def test_the_gil_has_a_plot_of_its_own(looked_at: Bench) -> None:
    waiting, taken = gil_load(looked_at.model, Grid(START, 10 * MS, 10))
    np.testing.assert_allclose(waiting.values, [0] * 6 + [1, 1, 0, 0], atol=0.01)  # bob
    np.testing.assert_allclose(taken.values, [1] * 6 + [0, 1, 0, 0], atol=0.01)
    looked_at.model.gils = GilStore()
    assert [curve.name for curve in gil_load(looked_at.model, Grid(START, 10 * MS, 10))] == ["waiting"]


def test_the_programs_cpu_stands_beside_the_whole_machines(looked_at: Bench) -> None:
    cores = [(core, START + at * MS, at * MS * (core + 1) // 2) for core in (0, 1) for at in (0, 100)]
    used = [(0, START + at * MS, at * MS // 4, 0, 0, 0) for at in (0, 100)]
    layers = {Layer.CORES: np.array(cores, CORE_ROW), Layer.RESOURCES: np.array(used, RESOURCE_ROW)}
    looked_at.model.take_in(Batch([], layers, START + 100 * MS))
    curves = cpu_share(looked_at.model, Grid(START, 25 * MS, 4))
    assert [curve.name for curve in curves] == ["program", "machine"]
    np.testing.assert_allclose([curve.values for curve in curves], [[0.25] * 4, [1.5] * 4])

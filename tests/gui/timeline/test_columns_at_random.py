"""Whatever a user does while a recording grows, however little time paints have: no hole lasts, the end is exact."""

import math

import numpy as np
import pytest

from engine.model.model import Model
from engine.recording.synthetic import Synthetic, commits, header
from gui.state.filters import Filters
from gui.timeline.layout.rows import arrange
from gui.timeline.pixels.cells import DOMINANT
from gui.timeline.pixels.ring import UNMADE
from tests.gui.timeline.cells_view import LIVE_NS, Clock, View

PAINTS = 4  # that a hole may last when most of them have no time at all
MOST_PAINTS = 400


class Walk:
    """A live recording, watched by somebody who does things at random."""

    def __init__(self, seed: int) -> None:
        self.random = np.random.default_rng(seed)
        made = Synthetic(lanes=int(self.random.choice([6, 24])), slices=4_000, finished=bool(self.random.integers(2)))
        self.model = Model(header(made))
        self.batches = commits(made, 3_000_000)
        self.clock = Clock()
        self.view = View(self.model, self.clock)
        self.grow(10)
        self.width = LIVE_NS * float(self.random.choice([0.2, 1, 3]))
        self.start_ns = self.model.end_ns - 0.8 * self.width
        self.row, self.follows = 0, True
        self.known_ns = [self.model.end_ns] * PAINTS  # by the last paints, the latest first

    def grow(self, commits_at_once: int) -> None:
        for _, batch in zip(range(commits_at_once), self.batches, strict=False):
            self.model.take_in(batch)

    def act(self) -> None:
        random, action = self.random, self.random.integers(10)
        if action <= 2:
            self.grow(int(random.integers(1, 4)))
        elif action == 3:
            self.grow(int(random.integers(4, 12)))
        elif action == 4:
            self.start_ns, self.follows = self.start_ns + self.width * random.uniform(-0.6, 0.6), False
        elif action == 5:
            factor = float(random.choice([0.93, 1 / 0.93, 0.6, 1.6]))
            self.start_ns += self.width * (1 - factor) / 2
            self.width = min(max(self.width * factor, 1e5), 2e8)
        elif action == 6:
            self.follows = True
        elif action == 7:
            self.row = int(random.integers(100))
        if random.integers(4) == 0:
            self.clock.step = float(random.choice([0.0, 1e-4, 1.0]))

    def paint(self, budget_s: float) -> None:
        view = self.view
        if self.follows:
            self.start_ns = self.model.end_ns - 0.9 * self.width
        view.rows = arrange(self.model, Filters())
        view.show(self.start_ns, self.width, min(self.row, max(0, len(view.rows) - 12)), budget_s)
        self.known_ns = [self.model.end_ns, *self.known_ns[: PAINTS - 1]]

    def assert_no_hole(self) -> None:
        """All columns in view show something, and none is empty that was known so many paints ago; but for one where
        the recording ended when its grid was laid out anew, which shows what lay at its middle."""
        columns = self.view.columns
        in_view = slice(columns.seen_first - columns.first, columns.seen_last - columns.first)
        assert (self.view.status()[:, in_view] != UNMADE).all()
        # The last columns that were known may have been known in part.
        until = min(math.floor(self.known_ns[-1] / columns.ns_per_column) - 2, columns.seen_last)
        lanes = {place: row.lane for place, row in enumerate(columns.rows) if row.lane is not None}
        if until <= columns.seen_first or not lanes:
            return
        asked = (columns.seen_first * columns.ns_per_column, columns.ns_per_column, until - columns.seen_first)
        alive = self.model.states.codes(np.array(list(lanes.values())), *asked)[0] != 0
        shown = self.view.shown()[DOMINANT, list(lanes), in_view.start : in_view.start + alive.shape[1]]
        # A single lane may be empty where it begins or ends, as long as that is shown roughly.
        holes = ((shown == 0) | ~alive).all(axis=0) & alive.all(axis=0)
        assert holes.sum() <= 1


FOUND_HOLES = (24, 34, 48)  # once
OTHERS = [pytest.param(seed, marks=pytest.mark.full) for seed in range(60) if seed not in FOUND_HOLES]


@pytest.mark.parametrize("seed", [*FOUND_HOLES, *OTHERS])
def test_no_hole_lasts_and_in_the_end_all_is_exact(seed: int) -> None:
    walk = Walk(seed)
    for _ in range(100):
        walk.act()
        walk.paint(float(walk.random.choice([-1.0, 1e-4, 1e-3, 1e-3, math.inf])))
        walk.assert_no_hole()
    for _ in range(MOST_PAINTS):
        walk.paint(1e-3)
        if walk.view.columns.complete:
            break
    walk.view.assert_exact()

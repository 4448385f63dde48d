"""What a frame of the timeline costs, against a bare blit of the same size. Prints JSON; times: ms of thread CPU.

    python -m benchmarks.frame_cost [--frames N] [--slices 100000,1000000] [--lanes 64] [--rate 50000] [--no-live]

`static`: recordings are panned, zoomed and pointed at. `live`: so many lanes at so many records a second are taken in
while the view follows, pans and zooms. A frame is 16 ms of recording; its cost is all of it. Between frames the machine
is asked how fast it is: `p99_at_reference_pace_ms` is about what the percentile would be at the pace of
benchmarks/pace.py, the machine was `times_reference` slower.
"""

import argparse
import gc
import os
import time
from collections.abc import Callable, Iterator
from typing import NamedTuple

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
os.environ.setdefault("NUMPY_MADVISE_HUGEPAGE", "0")  # as gui/__init__.py does it
import numpy as np
from PySide6.QtCore import QPointF
from PySide6.QtGui import QImage, QPainter, QPaintEvent
from PySide6.QtWidgets import QApplication, QVBoxLayout, QWidget

from benchmarks.machine import report
from benchmarks.pace import Pace
from engine.model.model import Model
from engine.recording.reader import Batch
from engine.recording.synthetic import Synthetic, commits, header
from gui.dresser import Dresser
from gui.frame_budget import FrameBudget
from gui.panels.legend import Legend
from gui.panels.plots import Plots
from gui.state.filters import Filters
from gui.state.selection import Selection
from gui.state.view_window import ViewWindow
from gui.theme import ActiveTheme
from gui.timeline.timeline import Timeline

WIDTH, HEIGHT = 1920, 1080
FRAME_NS = 16_000_000
RECORDS_PER_SLICE = 1.67  # of a synthetic recording: states, holds, tasks, signals, depths
WARM_UP = 10
SLOW_MS = 16.0
BUDGET = FrameBudget()
PACE = Pace()


class Blit(QWidget):
    """The least that a frame can be: one image of the window's size."""

    def __init__(self) -> None:
        super().__init__()
        # Lines longer than the window's: where both lie alike in their pages, copying takes eight times as long on some
        # processors (https://sourceware.org/bugzilla/show_bug.cgi?id=30994).
        self._pixels = np.full((HEIGHT, WIDTH + 80), 0xFF204060, np.uint32)
        self._image = QImage(self._pixels.data, WIDTH, HEIGHT, self._pixels.strides[0], QImage.Format.Format_RGB32)
        self.resize(WIDTH, HEIGHT)

    def paintEvent(self, _event: QPaintEvent) -> None:
        QPainter(self).drawImage(0, 0, self._image)


class Centre(QWidget):
    """The middle of the window: timeline, legend and plots, or the timeline alone."""

    def __init__(self, themes: ActiveTheme, *, alone: bool) -> None:
        super().__init__()
        self.view, self.selection, self.filters = ViewWindow(), Selection(), Filters()
        self.timeline = Timeline(self.view, self.selection, self.filters, themes, budget=BUDGET)
        self.legend = Legend(self.view, self.filters, themes)
        self.plots = Plots(self.view, self.selection, themes, budget=BUDGET)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        layout.addWidget(self.timeline, 1)
        if not alone:
            layout.addWidget(self.legend)
            self.plots.setFixedHeight(220)
            layout.addWidget(self.plots)
        self.plots.draw()  # their library is loaded now, and not in the midst of the frames
        self.parts = [self.timeline] if alone else [self.timeline, self.legend, self.plots]
        self.resize(WIDTH, HEIGHT)
        self.show()

    def show_model(self, model: Model, *, live: bool) -> None:
        self.timeline.show_model(model, live=live)
        for part in self.parts[1:]:
            part.show_model(model)
        QApplication.processEvents()

    def refresh(self) -> None:
        for part in self.parts:
            part.refresh()


class Cost(NamedTuple):
    """What a frame cost, ms of thread CPU, and the last look at the machine's pace before it."""

    ms: float
    look: int


def measure(frame: Callable[[int], object], frames: int, into: list[Cost] | None = None) -> dict[str, float]:
    """Runs frames, painting included; the first WARM_UP don't count. `into` is given each one's cost."""
    gc.collect()
    gc.freeze()  # what the benchmark itself has prepared is no part of the window
    costs = []
    for number in range(frames + WARM_UP):
        look = PACE.look_now_and_then()
        BUDGET.begin()
        begun = time.thread_time()
        frame(number)
        QApplication.processEvents()
        costs.append(Cost((time.thread_time() - begun) * 1000, look))
    costs = costs[WARM_UP:]
    if into is not None:
        into += costs
    return summary(costs)


def summary(costs: list[Cost]) -> dict[str, float]:
    ms = np.array([cost.ms for cost in costs])
    at_reference = PACE.at_reference([cost.ms for cost in costs], [cost.look for cost in costs])
    return {
        "median_ms": round(float(np.median(ms)), 3),
        "p99_ms": round(float(np.percentile(ms, 99)), 3),
        "worst_ms": round(float(ms.max()), 3),
        "slow_percent": round(float((ms > SLOW_MS).mean()) * 100, 2),
        "p99_at_reference_pace_ms": round(float(np.percentile(at_reference, 99)), 3),
    }


def against(blit: dict[str, float], costs: dict[str, float]) -> dict[str, float]:
    return {**costs, "times_blit": round(costs["median_ms"] / blit["median_ms"], 1)}


def back_and_forth(number: int) -> float:
    return 0.004 if number % 40 < 20 else -0.004


def synthetic_model(slices: int, lanes: int) -> Model:
    made = Synthetic(lanes=lanes, slices=slices)
    model = Model(header(made))
    for batch in commits(made):
        model.take_in(batch)
    return model


def measure_static(
    themes: ActiveTheme, slices: int, frames: int, blit: dict[str, float], *, lanes: int
) -> dict[str, object]:
    model = synthetic_model(slices, lanes)
    centre = Centre(themes, alone=True)
    centre.show_model(model, live=False)
    view, canvas = centre.view, centre.timeline.canvas
    middle = (model.start_ns + model.end_ns) / 2
    whole = model.end_ns - model.start_ns
    found: dict[str, object] = {"slices": model.states.slice_count, "lanes": lanes}
    for name, span in (("whole", whole * 0.9), ("merged", whole / 10), ("labelled", 20e6)):
        view.show(middle - span / 2, middle + span / 2)
        found[f"pan_{name}"] = against(
            blit, measure(lambda n: view.pan(view.span_ns * (0.004 if n % 40 < 20 else -0.004)), frames)
        )
    view.show(middle - whole / 4, middle + whole / 4)
    found["zoom"] = against(blit, measure(lambda n: view.zoom(0.93 if n % 80 < 40 else 1 / 0.93, middle), frames))
    found["hover"] = against(blit, measure(lambda n: canvas.point_at(QPointF(300 + 7 * (n % 200), 200)), frames))
    centre.close()
    return found


def live_batches(seconds: float, lanes: int, rate: int) -> Iterator[Batch]:
    slices_per_s = rate / RECORDS_PER_SLICE
    made = Synthetic(
        lanes=lanes,
        slices=round(slices_per_s * seconds),
        mean_slice_ns=round(lanes / slices_per_s * 1e9),
        finished=False,
    )
    return commits(made, FRAME_NS)


def measure_live(
    themes: ActiveTheme, frames: int, blit: dict[str, float], *, alone: bool, lanes: int, rate: int
) -> dict[str, object]:
    """A third of the frames follow, a third pan back and forth, a third zoom in and out."""
    batches = list(live_batches((3 * (frames + 4 * WARM_UP) + 125) * FRAME_NS / 1e9, lanes, rate))
    model = Model(header(Synthetic(lanes=lanes)))
    for batch in batches[:120]:
        model.take_in(batch)
    centre = Centre(themes, alone=alone)
    centre.show_model(model, live=True)
    coming = iter(batches[120:])
    view = centre.view
    taken = {"records": 0, "ns": 0.0}
    taking: list[float] = []

    def take_in() -> None:
        batch = next(coming)
        before = model.end_ns
        begun = time.thread_time()
        model.take_in(batch)
        taking.append((time.thread_time() - begun) * 1000)
        centre.refresh()
        taken["records"] += sum(len(rows) for layer, rows in batch.rows.items() if not layer.name.startswith("OPEN"))
        taken["ns"] += model.end_ns - before

    def pan(number: int) -> None:
        take_in()
        view.pan(view.span_ns * (0.01 if number % 40 < 20 else -0.01))

    def zoom(number: int) -> None:
        take_in()
        view.zoom(0.93 if number % 80 < 40 else 1 / 0.93)

    view.zoom(0.2)
    costs: list[Cost] = []
    found: dict[str, object] = {"lanes": lanes, "follow": against(blit, measure(lambda _: take_in(), frames, costs))}
    found["pan"] = against(blit, measure(pan, frames, costs))
    view.resume_following()
    found["zoom"] = against(blit, measure(zoom, frames, costs))
    found["all"] = against(blit, summary(costs))
    found["records_per_s"] = round(taken["records"] / taken["ns"] * 1e9)
    found["taking_in"] = {
        "median_ms": round(float(np.median(taking)), 3),
        "p99_ms": round(float(np.percentile(taking, 99)), 3),
        "us_per_record": round(sum(taking) * 1e3 / taken["records"], 3),
    }
    centre.close()
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--frames", type=int, default=300)
    parser.add_argument("--slices", default="100000,1000000")
    parser.add_argument("--lanes", type=int, default=64)
    parser.add_argument("--rate", type=int, default=50_000, help="records a second, live")
    parser.add_argument("--no-live", action="store_true")
    arguments = parser.parse_args()
    application = QApplication([])
    themes = ActiveTheme(dark=True)
    Dresser(application, themes)
    floor = Blit()
    floor.show()
    blit = measure(lambda _: floor.update(), arguments.frames)
    floor.close()
    result: dict[str, object] = {"size": [WIDTH, HEIGHT], "blit": blit}
    result["static"] = [
        measure_static(themes, int(slices), arguments.frames, blit, lanes=arguments.lanes)
        for slices in arguments.slices.split(",")
        if slices
    ]
    if not arguments.no_live:
        for name, alone in (("live_timeline", True), ("live_all", False)):
            result[name] = measure_live(
                themes, arguments.frames, blit, alone=alone, lanes=arguments.lanes, rate=arguments.rate
            )
    report({"times_reference": round(PACE.times_reference(), 2), **result})


if __name__ == "__main__":
    main()

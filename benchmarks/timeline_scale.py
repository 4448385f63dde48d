"""Frames of the timeline over ten million slices, and live at 200 000 records a second. Prints JSON; ms of thread CPU.

    python -m benchmarks.timeline_scale [--slices 10000000] [--lanes 64,1000] [--frames N] [--rate 200000] [--no-live]

Each part of the script has its frames' percentiles and their median as a multiple of a bare blit of the whole frame
(an opaque widget that draws one image), measured before and after, one right after the other. Such a blit finds what it
copies in the caches; `blit_between_ms` is what one takes that comes after every tenth frame, as a frame comes after
other work, and `times_blit_between` the ratio to that. `other_threads_ms` is what the process spent
besides the window's thread, per frame. `--repeat` runs the script so often and takes each frame's least cost: what
other programs on the machine add to it (cold caches) is left out. `p99_at_reference_pace_ms` is about what the
percentile would be at the pace of benchmarks/pace.py, the machine was `times_reference` slower.
"""

import argparse
import os
import time
from collections.abc import Callable, Iterator
from typing import NamedTuple

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
os.environ.setdefault("NUMPY_MADVISE_HUGEPAGE", "0")  # as gui/__init__.py does it
import numpy as np
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication

from benchmarks.frame_cost import BUDGET, PACE, SLOW_MS, WARM_UP, Blit, Centre, measure_live, synthetic_model
from benchmarks.machine import report
from engine.model.model import Model
from gui.dresser import Dresser
from gui.theme import ActiveTheme

NARROWEST_NS = 1_000.0
BLIT_EVERY = 10  # frames

Part = tuple[str, Callable[[int], object]]


class OpaqueBlit(Blit):
    """Nothing is painted below it."""

    def __init__(self) -> None:
        super().__init__()
        self.setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)


class Costs(NamedTuple):
    """Of each frame, painting included, as it was and at the reference pace: (2, frames) ms. Of blits in between, ms.
    And what other threads of the process spent per frame (ms)."""

    frames: np.ndarray
    blits: list[float]
    others: float


def costs_of(frame: Callable[[int], object], frames: int, floor: OpaqueBlit | None = None) -> Costs:
    """Makes so many frames, and blits of `floor` between them."""
    costs, looks, blits = [], [], []
    for number in range(frames + WARM_UP):
        if number == WARM_UP:
            all_begun, own_begun = time.process_time(), time.thread_time()
        looks.append(PACE.look_now_and_then())
        if floor is not None and number >= WARM_UP and number % BLIT_EVERY == 0:
            begun = time.thread_time()
            floor.update()
            QApplication.processEvents()
            blits.append((time.thread_time() - begun) * 1000)
        BUDGET.begin()
        begun = time.thread_time()
        frame(number)
        QApplication.processEvents()
        costs.append((time.thread_time() - begun) * 1000)
    others = (time.process_time() - all_begun) - (time.thread_time() - own_begun)
    return Costs(np.array([costs, PACE.at_reference(costs, looks)])[:, WARM_UP:], blits, others * 1000 / frames)


def script(centre: Centre, model: Model, frames: int) -> Iterator[Part]:
    """What is done with the view, part by part."""
    view = centre.view
    start, whole = float(model.start_ns), float(model.end_ns - model.start_ns)
    random = np.random.default_rng(5)
    view.fit_all()
    yield "whole", lambda _: centre.timeline.canvas.invalidate()
    span = whole / 2
    while span > NARROWEST_NS:
        middle = start + random.uniform(0.3, 0.7) * whole
        view.show(middle - span / 2, middle + span / 2)
        yield f"pan_{span:.0e}_ns", lambda number: view.pan(view.span_ns * (0.013 if number % 80 < 40 else -0.013))
        span /= 30
    middle = start + 0.61 * whole
    view.fit_all()
    factor = (NARROWEST_NS / whole) ** (2 / frames)

    def sweep(number: int) -> None:
        view.zoom(factor if number % frames < frames / 2 else 1 / factor, middle)

    yield "zoom", sweep

    def jump(_: int) -> None:
        width = NARROWEST_NS * (whole / NARROWEST_NS) ** random.uniform()
        place = start + random.uniform() * (whole - width)
        view.show(place, place + width)

    yield "jumps", jump


def summary(both: np.ndarray, blit_ms: float) -> dict[str, float]:
    """Of costs as `costs_of` gives them."""
    costs, at_reference = both
    return {
        "median_ms": round(float(np.median(costs)), 3),
        "p90_ms": round(float(np.percentile(costs, 90)), 3),
        "p99_ms": round(float(np.percentile(costs, 99)), 3),
        "worst_ms": round(float(costs.max()), 3),
        "times_blit": round(float(np.median(costs)) / blit_ms, 2),
        "slow_percent": round(float((costs > SLOW_MS).mean() * 100), 2),
        "p99_at_reference_pace_ms": round(float(np.percentile(at_reference, 99)), 3),
    }


def measure_blit(frames: int) -> float:
    """Median ms."""
    floor = OpaqueBlit()
    floor.show()
    costs = costs_of(lambda _: floor.update(), frames).frames
    floor.close()
    return float(np.median(costs[0]))


def measure_scale(themes: ActiveTheme, slices: int, lanes: int, frames: int, repeat: int) -> dict[str, object]:
    begun = time.thread_time()
    model = synthetic_model(slices, lanes)
    made_s = time.thread_time() - begun
    best: dict[str, np.ndarray] = {}
    others, between = [], []
    blits = [measure_blit(frames)]
    for _ in range(repeat):
        centre, floor = Centre(themes, alone=True), OpaqueBlit()
        floor.show()
        centre.show_model(model, live=False)
        for name, frame in script(centre, model, frames):
            costs = costs_of(frame, frames, floor)
            best[name] = np.minimum(best.get(name, np.inf), costs.frames)
            others.append(costs.others)
            between += costs.blits
        centre.close()
        floor.close()
        blits.append(measure_blit(frames))
    blit, blit_between = min(blits), float(np.median(between))
    everything = np.concatenate(list(best.values()), axis=1)
    return {
        "slices": model.states.slice_count,
        "lanes": lanes,
        "taking_in_s": round(made_s, 1),
        "blit_ms": round(blit, 3),
        "blit_between_ms": round(blit_between, 3),
        "times_blit_between": round(float(np.median(everything[0])) / blit_between, 2),
        "other_threads_ms": round(float(np.mean(others)), 3),
        "all": summary(everything, blit),
        **{name: summary(costs, blit) for name, costs in best.items()},
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--slices", type=int, default=10_000_000)
    parser.add_argument("--lanes", default="64,1000")
    parser.add_argument("--frames", type=int, default=200, help="of each part")
    parser.add_argument("--repeat", type=int, default=1)
    parser.add_argument("--rate", type=int, default=200_000, help="records a second, live")
    parser.add_argument("--no-live", action="store_true")
    arguments = parser.parse_args()
    application = QApplication([])
    themes = ActiveTheme(dark=True)
    Dresser(application, themes)
    result: dict[str, object] = {"platform": application.platformName()}
    for lanes in (int(number) for number in arguments.lanes.split(",")):
        if arguments.slices:
            found = measure_scale(themes, arguments.slices, lanes, arguments.frames, arguments.repeat)
            result[f"loaded_{lanes}"] = found
        if not arguments.no_live:
            blit = {"median_ms": measure_blit(arguments.frames)}
            result[f"live_{lanes}"] = measure_live(
                themes, arguments.frames, blit, alone=True, lanes=lanes, rate=arguments.rate
            )
    report({"times_reference": round(PACE.times_reference(), 2), **result})


if __name__ == "__main__":
    main()

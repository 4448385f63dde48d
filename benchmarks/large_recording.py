"""Large recordings: bytes a slice, taking in, steps, answers at every scale, opening. Prints JSON.

    python -m benchmarks.large_recording [--slices 10_000_000] [--lanes 64|1000] [--recording FILE] [--runs N]

Times are CPU time of the thread in ms, or µs a slice or an event. An event is a row that stays: a state slice, a hold,
a task, a signal, a queue's depth, a sample of resources. Rows that say what is open now come with every commit too and
are no events; what they cost is counted. `copies` divides by what it costs to copy a picture of 1920×1080 pixels in
the same run. FILE is made when it does not exist yet, and kept; without it a temporary one is. `live` has all runs,
each from a new recording's first second on; with `--slices 0` there is nothing else.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.machine import report
from engine.model.model import Model
from engine.recording.chunks import HEADER_SIZE, MAGIC, decode_header
from engine.recording.overview import read_overview
from engine.recording.reader import Batch, RecordingReader
from engine.recording.schema import Layer, State
from engine.recording.synthetic import Synthetic, commits, header, write_synthetic

COLUMNS = 1920
STEP = 1 << 15  # bytes of the file a step
SCALES = 24
REPEATS = 5
LIVE_COMMIT_NS = 16_000_000
LIVE_EVENTS_PER_S = 200_000
LIVE_S = 15.0
YOUNG_S = 3.0  # levels that are given up soon afterwards still fill: the dearest time of a recording
EVENTS_PER_SLICE = 1.52  # states, holds, tasks, signals, depths of a synthetic recording


def measure(path: Path, lanes: int) -> dict[str, Any]:
    """All figures of one recording."""
    model, loading = load(path)
    slices = model.states.slice_count
    return {
        "slices": slices,
        "lanes": lanes,
        "file": file_bytes(path, slices),
        "opening": opening(path),
        "loading": loading,
        "memory": memory(model, slices),
        "answers": answers(model),
    }


def file_bytes(path: Path, slices: int) -> dict[str, float]:
    """Bytes of the file a slice, by layer."""
    sizes: dict[str, int] = {}
    with path.open("rb") as file:
        file.seek(len(MAGIC))
        while head := file.read(HEADER_SIZE):
            chunk = decode_header(head)
            name = Layer(chunk.layer).name.lower() if chunk.layer else "header"
            sizes[name] = sizes.get(name, 0) + HEADER_SIZE + chunk.size
            file.seek(chunk.size, os.SEEK_CUR)
    found = {name: round(size / slices, 3) for name, size in sizes.items()}
    return {**found, "all": round(path.stat().st_size / slices, 2)}


def load(path: Path) -> tuple[Model, dict[str, Any]]:
    """Takes the whole recording in, in the window's steps."""
    before = resident()
    steps, events = [], 0
    with RecordingReader(path) as reader:
        model = Model(reader.header)
        while True:
            begun = time.thread_time()
            batch = reader.poll(STEP)
            if not batch:
                break
            model.take_in(batch)
            steps.append((time.thread_time() - begun) * 1e3)
            events += event_count(batch)
    slices = model.states.slice_count
    return model, {
        "events": events,
        "us_per_slice": round(sum(steps) * 1e3 / slices, 3),
        "us_per_event": round(sum(steps) * 1e3 / events, 3),
        "steps": len(steps),
        "step_ms": percentiles(steps),
        "resident_bytes_per_slice": round((resident() - before) / slices, 2),
    }


def memory(model: Model, slices: int) -> dict[str, float]:
    """Bytes in memory a slice, by layer."""
    parts = {
        "slices": model.states.pages.nbytes,
        "pyramid": model.states.pyramid.nbytes,
        "holds": model.holds.nbytes,
        "tasks": model.tasks.nbytes,
        "signals": model.signals.nbytes,
        "depths": model.depths.nbytes,
    }
    found = {name: round(size / slices, 2) for name, size in parts.items()}
    return {
        **found,
        "slices_pyramid_holds": round(sum(parts[name] for name in ("slices", "pyramid", "holds")) / slices, 2),
        "all": round(sum(parts.values()) / slices, 2),
    }


def answers(model: Model) -> dict[str, Any]:
    """What a frame asks, from everything down to single slices: median cost; the first time, and when asked again."""
    span = model.end_ns - model.start_ns
    copied = np.zeros((1080, COLUMNS), np.uint32)
    copy_ms = float(np.median([spent(copied.copy) for _ in range(25)]))
    found: dict[str, list[dict[str, float]]] = {"from_sums": [], "exact": []}
    for step in range(SCALES):
        width = span / 1.6**step
        start, scale = model.start_ns + 0.3 * (span - width), width / COLUMNS
        if width < 100_000:
            break
        costs: dict[str, float] = {"ns_per_column": round(scale, 1)}
        for name, ask in questions(model, start, width).items():
            costs[f"{name}_first"] = round(spent(ask), 2)
            again = float(np.median([spent(ask) for _ in range(REPEATS)]))
            costs[name] = round(again, 2)
            if name == "codes":
                costs["codes_copies"] = round(again / copy_ms, 2)
        found["from_sums" if scale >= model.states.summed_ns else "exact"].append(costs)
    worst = {
        f"{kind}_{name}_worst": max((row[name] for row in rows), default=0.0)
        for kind, rows in found.items()
        for name in ("codes", "codes_first", "covered", "totals", "wide_slices", "active")
    }
    return {"copy_ms": round(copy_ms, 3), **worst, **found}


def questions(model: Model, start: float, width: float) -> dict[str, Callable[[], object]]:
    """What is asked for one view."""
    states, lanes, scale, end = model.states, np.arange(len(model.lanes)), width / COLUMNS, int(start + width)
    return {
        "codes": lambda: states.codes(lanes, start, scale, COLUMNS),
        "covered": lambda: model.holds.covered(lanes, start, scale, COLUMNS),
        "totals": lambda: states.totals(lanes, int(start), end),
        "wide_slices": lambda: states.wide_slices(lanes, int(start), end, int(width / 60)),
        "active": lambda: states.active(start, width / 800, 800, (State.RUNNING,)),
    }


def live(lanes: int) -> dict[str, Any]:
    """Commits of 16 ms at 200 k events a second, and what the whole view asks after each."""
    slices_per_s = LIVE_EVENTS_PER_S / EVENTS_PER_SLICE
    made = Synthetic(
        lanes=lanes,
        slices=round(slices_per_s * LIVE_S),
        mean_slice_ns=round(lanes / slices_per_s * 1e9),
        finished=False,
    )
    model, ids = Model(header(made)), np.arange(lanes)
    taking, asking, events = [], [], 0
    young_ms = young_events = 0.0
    for batch in commits(made, LIVE_COMMIT_NS):
        taking.append(spent(partial(model.take_in, batch)))
        events += event_count(batch)
        if batch.watermark_ns - model.start_ns <= YOUNG_S * 1e9:
            young_ms, young_events = sum(taking), events
        scale = max(model.end_ns - model.start_ns, 1) / COLUMNS
        asking.append(spent(partial(model.states.codes, ids, model.start_ns, scale, COLUMNS)))
    return {
        "events": events,
        "us_per_event": round(sum(taking) * 1e3 / events, 3),
        "us_per_event_at_first": round(young_ms * 1e3 / young_events, 3),
        "commit_ms": percentiles(taking),
        "codes_after_commit_ms": percentiles(asking),
    }


def event_count(batch: Batch) -> int:
    """Rows of a batch that are events."""
    return sum(len(rows) for layer, rows in batch.rows.items() if not layer.name.startswith("OPEN"))


def opening(path: Path) -> dict[str, Any]:
    """From opening, and from the start of the process, to the first full picture, without the window around it."""
    begun = time.time()
    command = [sys.executable, "-m", "benchmarks.large_recording", "--first-picture", str(path)]
    output = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    facts: dict[str, Any] = json.loads(output)
    facts["wall_ms_since_process_start"] = round((facts.pop("shown_at") - begun) * 1e3, 1)
    return facts


def first_picture(path: Path) -> dict[str, Any]:
    """Opens a recording and paints its timeline once."""
    os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
    from PySide6.QtWidgets import QApplication

    from gui.dresser import Dresser
    from gui.state.filters import Filters
    from gui.state.selection import Selection
    from gui.state.view_window import ViewWindow
    from gui.theme import ActiveTheme
    from gui.timeline.timeline import Timeline

    application = QApplication([])
    themes = ActiveTheme(dark=True)
    Dresser(application, themes)
    timeline = Timeline(ViewWindow(), Selection(), Filters(), themes)
    timeline.resize(1920, 1080)
    timeline.show()
    application.processEvents()
    imported, wall, cpu = time.process_time(), time.perf_counter(), time.thread_time()
    with RecordingReader(path) as reader:
        model = Model(reader.header)
        if overview := read_overview(path):
            model.foretell(overview)
        known = time.thread_time()
        timeline.show_model(model, live=False)
        timeline.refresh()
        timeline.grab()
    return {
        "overview": overview is not None,
        "start_cpu_ms": round(imported * 1e3, 1),
        "open_cpu_ms": round((known - cpu) * 1e3, 2),
        "open_and_paint_cpu_ms": round((time.thread_time() - cpu) * 1e3, 1),
        "open_and_paint_wall_ms": round((time.perf_counter() - wall) * 1e3, 1),
        "shown_at": time.time(),
    }


def spent(work: Callable[[], object]) -> float:
    """CPU time of the work in ms."""
    start = time.thread_time()
    work()
    return (time.thread_time() - start) * 1e3


def percentiles(costs: list[float]) -> dict[str, float]:
    """Median, 99th and 99.9th percentile, worst."""
    found = np.percentile(costs, [50, 99, 99.9, 100])
    return dict(zip(("median", "p99", "p99.9", "worst"), (round(float(each), 2) for each in found), strict=True))


def resident() -> int:
    """Bytes this process has in memory; 0 where the system does not tell."""
    try:
        return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")
    except (OSError, ValueError, AttributeError):
        return 0


def main() -> None:
    """Measures and prints."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--slices", type=int, default=10_000_000)
    parser.add_argument("--lanes", type=int, default=64)
    parser.add_argument("--recording", type=Path)
    parser.add_argument("--runs", type=int, default=3, help="of taking in live")
    parser.add_argument("--first-picture", type=Path, help=argparse.SUPPRESS)
    parser.add_argument("--make", type=Path, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.first_picture:
        json.dump(first_picture(options.first_picture), sys.stdout)
        return
    if options.make:
        write_synthetic(options.make, lanes=options.lanes, slices=options.slices)
        return
    runs = {"live": [live(options.lanes) for _ in range(options.runs)]}
    if not options.slices and options.recording is None:
        report({"lanes": options.lanes, **runs})
        return
    with tempfile.TemporaryDirectory() as folder:
        path = options.recording or Path(folder) / "large.lane"
        if not path.exists():  # made by another process, whose memory must not count
            making = ["--make", str(path), "--lanes", str(options.lanes), "--slices", str(options.slices)]
            subprocess.run([sys.executable, "-m", "benchmarks.large_recording", *making], check=True)
        report({**measure(path, options.lanes), **runs})


if __name__ == "__main__":
    main()

"""The recording file and the model: bytes a slice, time to write, to read, to take in, to answer. Prints JSON.

    python benchmarks/recording_file.py [--slices 1000000] [--lanes 64]

Times are CPU time of the thread. `ratio_to_sort` divides by what sorting their ends takes.
"""

import argparse
import json
import os
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

import numpy as np

from engine.model.model import Model
from engine.recording.reader import Batch, RecordingReader
from engine.recording.schema import Layer, State
from engine.recording.synthetic import Synthetic, append, commits, header
from engine.recording.writer import RecordingWriter

COLUMNS = 1920
VIEWS = 24
LIVE_COMMIT_NS = 16_000_000


def measure(slices: int, lanes: int) -> dict[str, Any]:
    """All figures for one recording."""
    made = Synthetic(lanes=lanes, slices=slices)
    batches = list(commits(made))
    count = sum(len(batch.rows.get(Layer.STATES, ())) for batch in batches)
    _, sorting = spent(lambda: [np.sort(batch.rows[Layer.STATES]["end"]) for batch in batches])
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "bench.lane"
        _, writing = spent(lambda: write(path, made, batches, with_states_only=False))
        size = path.stat().st_size
        states_path = Path(folder) / "states.lane"
        write(states_path, made, batches, with_states_only=True)
        states_size = states_path.stat().st_size
        before = resident()
        with RecordingReader(path) as reader:
            opening = spent(lambda: RecordingReader(path).close())[1]
            model = Model(reader.header)
            reading = taking = 0.0
            steps = []
            while True:
                batch, step = spent(reader.poll)
                reading += step
                if not batch:
                    break
                _, step = spent(lambda batch=batch: model.take_in(batch))
                taking += step
                steps.append(step)
        after = resident()
    live = Model(header(made))
    small = list(commits(made, LIVE_COMMIT_NS))
    live_taking = sum(spent(lambda batch=batch: live.take_in(batch))[1] for batch in small)
    per_slice = 1e6 / count
    return {
        "slices": count,
        "lanes": lanes,
        "file": {
            "bytes_per_slice_states_alone": round(states_size / count, 2),
            "bytes_per_slice_all_layers": round(size / count, 2),
            "write_us_per_slice": round(writing * per_slice, 3),
            "open_ms": round(opening * 1e3, 2),
            "read_us_per_slice": round(reading * per_slice, 3),
        },
        "model": {
            "take_in_us_per_slice": round(taking * per_slice, 3),
            "take_in_longest_step_ms": round(max(steps) * 1e3, 1),
            "take_in_live_us_per_slice": round(live_taking * per_slice, 3),
            "live_slices_per_commit": round(count / len(small)),
            "ratio_to_sort": round(taking / sorting, 1),
            "bytes_per_slice_states": round(model.states.nbytes / count, 2),
            "resident_bytes_per_slice_all_layers": round((after - before) / count, 2),
        },
        "answers_ms": answers(model),
    }


def write(path: Path, made: Synthetic, batches: list[Batch], *, with_states_only: bool) -> None:
    """Writes the recording."""
    writer = RecordingWriter(path, header(made))
    for batch in batches:
        rows = {Layer.STATES: batch.rows[Layer.STATES]} if with_states_only else batch.rows
        append(writer, Batch(batch.texts, rows, batch.watermark_ns))
    writer.close(batches[-1].watermark_ns)


def answers(model: Model) -> dict[str, Any]:
    """CPU times of what a frame asks, over VIEWS views from everything to single slices: median, longest."""
    lanes = np.arange(len(model.lanes))
    span = model.end_ns - model.start_ns
    finest = 1 << model.states.pyramid.finest
    widths = [span / 1.5**step for step in range(VIEWS)]
    starts = [model.start_ns + 0.3 * (span - width) for width in widths]
    views = list(zip(starts, widths, strict=True))

    def codes(start: float, width: float) -> float:
        return spent(lambda: model.states.codes(lanes, start, width / COLUMNS, COLUMNS))[1] * 1e3

    pyramid = [codes(*view) for view in views if view[1] / COLUMNS >= finest]
    exact = [codes(*view) for view in views if view[1] / COLUMNS < finest]
    ends = [(int(start), int(start + width)) for start, width in views]
    totals = [spent(lambda e=e: model.states.totals(lanes, *e))[1] * 1e3 for e in ends]
    wide = [spent(lambda e=e: model.states.wide_slices(lanes, *e, (e[1] - e[0]) // 60))[1] * 1e3 for e in ends]
    active = [spent(lambda v=v: model.states.active(v[0], v[1] / 800, 800, (State.RUNNING,)))[1] * 1e3 for v in views]
    found = {
        "codes_from_pyramid": pyramid,
        "codes_exact": exact,
        "totals": totals,
        "wide_slices": wide,
        "active": active,
    }
    return {name: [round(float(np.median(times)), 2), round(max(times), 2)] for name, times in found.items() if times}


def spent(work: Callable[[], Any]) -> tuple[Any, float]:
    """What the work returns, and the CPU time (s) it took."""
    start = time.thread_time()
    result = work()
    return result, time.thread_time() - start


def resident() -> int:
    """Bytes this process has in memory; 0 where the system does not tell."""
    try:
        return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")
    except (OSError, ValueError, AttributeError):
        return 0


def main() -> None:
    """Measures and prints."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--slices", type=int, default=1_000_000)
    parser.add_argument("--lanes", type=int, default=64)
    options = parser.parse_args()
    json.dump(
        {"python": sys.version.split()[0], "numpy": np.__version__, **measure(options.slices, options.lanes)},
        sys.stdout,
        indent=1,
    )
    print()


if __name__ == "__main__":
    main()

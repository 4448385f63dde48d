"""What the recorder process costs: 64 lanes at about 50 000 events/s, that compute, and that all wait. Prints JSON.

    python benchmarks/recorder_cost.py [--seconds 5] [--lanes 64] [--rate 50000]

Shares are of one core, from the recorder's own CPU time between the first and the last of its overhead texts.
"""

import argparse
import json
import sys
import tempfile
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from engine.recording.reader import RecordingReader
from engine.recording.schema import Layer
from engine.session import RunRequest, Session

BUSY = """
import sys, threading, time
lanes, rate, seconds = int(sys.argv[1]), float(sys.argv[2]), float(sys.argv[3])
BURST = 15
pause = lanes * (BURST + 1) / rate
end = time.perf_counter() + seconds
def work():
    lock = threading.Lock()
    due = time.perf_counter()
    while due < end:
        for _ in range(BURST):
            with lock:
                pass
        due += pause
        time.sleep(max(0.0001, due - time.perf_counter()))
threads = [threading.Thread(target=work) for _ in range(lanes)]
for thread in threads: thread.start()
for thread in threads: thread.join()
"""
COMPUTING = """
import sys, threading, time
seconds = float(sys.argv[3])
begin = threading.Event()
def work():
    begin.wait()
    end = time.perf_counter() + seconds
    while time.perf_counter() < end:
        for _ in range(10000): pass
threads = [threading.Thread(target=work) for _ in range(int(sys.argv[1]))]
for thread in threads: thread.start()
begin.set()
for thread in threads: thread.join()
"""
IDLE = """
import sys, threading, time
over = threading.Event()
threads = [threading.Thread(target=over.wait) for _ in range(int(sys.argv[1]))]
for thread in threads: thread.start()
time.sleep(float(sys.argv[3]))
over.set()
"""


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--seconds", type=float, default=5)
    parser.add_argument("--lanes", type=int, default=64)
    parser.add_argument("--rate", type=float, default=50_000)
    arguments = parser.parse_args()
    figures = [str(arguments.lanes), str(arguments.rate), str(arguments.seconds)]
    programs = {"busy": BUSY, "computing": COMPUTING, "idle": IDLE}
    print(json.dumps({name: measure(program, figures) for name, program in programs.items()}, indent=1))


def measure(source: str, figures: list[str]) -> dict[str, Any]:
    """Runs a program under the recorder."""
    with tempfile.TemporaryDirectory() as folder:
        recording = Path(folder) / "run.lane"
        session = Session(RunRequest([sys.executable, "-c", source, *figures], recording, Path(folder)))
        session.start()
        session.wait()
        session.close()
        overhead: list[dict[str, Any]] = []
        slices = 0
        with RecordingReader(recording) as reader:
            while batch := reader.poll():
                overhead += [text for text in batch.texts if text["type"] == "overhead"]
                slices += len(batch.rows.get(Layer.STATES, ()))
        size = recording.stat().st_size
    first, last = overhead[1], overhead[-2]  # without the start of the recorder and the last clearing up
    seconds = (last["time_ns"] - first["time_ns"]) / 1e9
    return {
        "events_per_s": round((last["events"] - first["events"]) / seconds),
        "recorder_share_percent": round((last["recorder_cpu_ns"] - first["recorder_cpu_ns"]) / seconds / 1e7, 2),
        "sampling_percent": last["sample_percent"],
        "looks_per_s": last["sample_hz"],
        "dropped": last["dropped"],
        "slices": slices,
        "bytes_per_event": round(size / max(last["events"], 1), 1),
    }


if __name__ == "__main__":
    main()

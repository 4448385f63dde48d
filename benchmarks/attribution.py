"""Where the time of threads went, as recorded, against what the kernel and another sampler say of the same run.

    python -m benchmarks.attribution [--seconds 2] [--repeat 1] [--threads 1 2 4 8] [PYTHON ...]

Interpreters: those named, else this one and those in LANESCOPE_TEST_PYTHONS. Each is asked to compute in N threads, to
sleep, to do work that releases the GIL, to wait for locks, and to compute in sub-interpreters and in processes. Points
are percents of a thread's time; of several threads and repeats the mean and the worst are told.

`kernel`: how far running and core wait, and all three together, are from the kernel's CPU time and run-queue delay of
the same threads in the same span (/proc/PID/task/TID/schedstat); time in the run queue that began before the span and
is told within it, which would make more than 100 %, does not count. `other`: how far GIL wait is from what the
unwinder of CPython's `profiling.sampling` sees of the same run, where the interpreter is 3.15 or newer: threads that
ask for the GIL, have not got it and are not ready to run (those that are ready are waiting for a core). `load` is the
machine's during the run: numbers taken on a busy machine say so.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from benchmarks.machine import report
from benchmarks.traced import describe
from engine.analysis.reading import read_model
from engine.model.model import Model
from engine.recording.reader import RecordingReader
from engine.recording.schema import State
from engine.session import RunRequest, Session

PROGRAM = '''
import sys, threading, time, zlib
kind, count, seconds = sys.argv[1], int(sys.argv[2]), float(sys.argv[3])
end = time.perf_counter() + seconds
def compute():
    x = 0
    while time.perf_counter() < end:
        for number in range(1000): x += number
def sleep():
    while time.perf_counter() < end: time.sleep(0.01)
def release():
    data = bytes(range(256)) * 4000
    while time.perf_counter() < end: zlib.compress(data, 6)
lock = threading.Lock()
def lock_wait():
    while time.perf_counter() < end:
        with lock: time.sleep(0.004)
CODE = """
import time
x = 0
while time.perf_counter() < %r:
    for number in range(1000): x += number
""" % end
def interpreters():
    import _interpreters
    number = _interpreters.create()
    _interpreters.exec(number, CODE)
    _interpreters.destroy(number)
def work_of_process(): compute()
if kind == "processes":
    import multiprocessing
    workers = [multiprocessing.get_context("fork").Process(target=work_of_process) for _ in range(count)]
else:
    workers = [threading.Thread(target=globals()[kind], name="work") for _ in range(count)]
for worker in workers: worker.start()
for worker in workers: worker.join()
'''
OTHER = """
import json, random, sys, time
import _remote_debugging as remote
unwinder = remote.RemoteUnwinder(int(sys.argv[1]), all_threads=True, mode=3, skip_non_matching_threads=False)
seen, end = {}, time.monotonic() + float(sys.argv[2])
while time.monotonic() < end:
    try:
        found = unwinder.get_stack_trace()
    except (OSError, RuntimeError):
        continue
    now = time.perf_counter_ns()
    for interpreter in found:
        for thread in interpreter.threads:
            counts = seen.setdefault(thread.thread_id, [now, now, 0, 0, 0])
            counts[1] = now
            counts[2] += 1
            asks = thread.status & remote.THREAD_STATUS_GIL_REQUESTED
            counts[3] += bool(asks and not thread.status & remote.THREAD_STATUS_ON_CPU)
            counts[4] += bool(thread.status & remote.THREAD_STATUS_HAS_GIL)
    time.sleep(random.uniform(0.002, 0.006))
print(json.dumps(seen))
"""
STATES = (
    State.RUNNING,
    State.GIL_WAIT,
    State.CORE_WAIT,
    State.LOCK_WAIT,
    State.WAIT,
    State.SLEEP,
    State.IO,
    State.UNKNOWN,
)
NEVER_WAITING = ("compute", "release", "interpreters", "processes")  # else what a recorded wait holds is within it
START_S = 0.3  # of a run that the other sampler leaves out


def record(
    python: str, kind: str, count: int, seconds: float, folder: Path
) -> tuple[Model, dict[int, list[int]], float]:
    """A run's model, what the other sampler counted by native id (where there is one), and the load meanwhile."""
    path = folder / "run.lane"
    path.unlink(missing_ok=True)
    session = Session(RunRequest([python, "-c", PROGRAM, kind, str(count), str(seconds)], path, folder))
    seen: dict[int, list[int]] = {}
    try:
        session.start()
        while (status := session.poll()).pid is None and not status.over:
            time.sleep(0.02)
        time.sleep(START_S)
        length = str(max(0.2, seconds - 2 * START_S))
        done = subprocess.run(
            [python, "-c", OTHER, str(status.pid), length], capture_output=True, text=True, check=False
        )
        if done.returncode == 0:
            seen = {int(native): counts for native, counts in json.loads(done.stdout).items()}
        session.wait()
    finally:
        session.close()
    with RecordingReader(path) as reader:
        return read_model(reader), seen, os.getloadavg()[0]


def judge(model: Model, seen: dict[int, list[int]], kind: str) -> dict[str, Any]:
    """Shares of the working threads in percent, and how far they are from the kernel's and the other sampler's."""
    roles = {"processes": "worker", "interpreters": "interpreter"}
    working = [
        lane
        for lane in model.lanes
        if (model.processes[lane.process].role == roles[kind] if kind in roles else lane.name == "work")
    ]
    shares, kernel, together, other = [], [], [], []
    for lane in working:
        used = model.accounts.between(lane.id)
        if used is None:
            continue
        times = totals(model, lane.id, used.start_ns, used.end_ns)
        span = used.end_ns - used.start_ns
        shares.append(100 * times / span)
        running, core, gil = (100 * times[state] / span for state in (State.RUNNING, State.CORE_WAIT, State.GIL_WAIT))
        cpu = 100 * used.cpu_ns / span
        queue = min(100 * used.queue_ns / span, 100 - cpu)
        if kind in NEVER_WAITING:
            kernel.append((running - cpu, core - queue))
        if kind == "compute":
            together.append(running + core + gil - 100)
        if lane.native_id in seen and (counts := seen[lane.native_id])[2]:
            first, last, looks, asleep, _ = counts
            mine = totals(model, lane.id, first, last)
            other.append(100 * float(mine[State.GIL_WAIT]) / max(1, last - first) - 100 * asleep / looks)
    found: dict[str, Any] = {"threads_measured": len(shares)}
    if shares:
        mean = np.mean(shares, axis=0)
        found["percent"] = {state.name.lower(): round(float(mean[state]), 1) for state in STATES if mean[state] >= 0.05}
    if kernel:
        found["kernel_running"] = spread([error for error, _ in kernel])
        found["kernel_core_wait"] = spread([error for _, error in kernel])
    if together:
        found["sum_to_100"] = spread(together)
    if other:
        found["other_gil_wait"] = spread(other)
    return found


def totals(model: Model, lane: int, start_ns: int, end_ns: int) -> np.ndarray:
    """ns by State."""
    return np.asarray(model.states.totals(np.array([lane]), start_ns, end_ns)[0], float)


def spread(errors: Sequence[float]) -> dict[str, float]:
    """Of errors in points: their mean, and the worst."""
    return {"mean": round(float(np.mean(errors)), 2), "worst": round(float(max(errors, key=abs)), 2)}


def measure(python: str, seconds: float, repeat: int, counts: Sequence[int], folder: Path) -> dict[str, Any]:
    """All cases on one interpreter."""
    cores = len(os.sched_getaffinity(0))
    cases = [("compute", count) for count in counts] + [("sleep", 4), ("lock_wait", 4)]
    cases += [("release", count) for count in counts if count <= cores]
    found: dict[str, Any] = dict(describe(python))
    if tuple(map(int, found["version"].split(".")[:2])) >= (3, 13):  # older ones share one GIL
        cases.append(("interpreters", cores))
    cases.append(("processes", cores))
    for kind, count in cases:
        runs = []
        for _ in range(repeat):
            model, seen, load = record(python, kind, count, seconds, folder)
            sampling = model.attribution
            runs.append(
                {
                    **judge(model, seen, kind),
                    "looks_per_s": round(sampling.rate_hz),
                    "looks_percent_of_a_core": sampling.cost_percent,
                    "load": round(load, 1),
                }
            )
        found[f"{kind} x {count}"] = runs[0] if repeat == 1 else runs
    return found


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--seconds", type=float, default=2.0)
    parser.add_argument("--repeat", type=int, default=1)
    parser.add_argument("--threads", type=int, nargs="+", default=[1, 2, 4, 8])
    parser.add_argument("pythons", nargs="*", metavar="PYTHON")
    arguments = parser.parse_args()
    others = [python for python in os.environ.get("LANESCOPE_TEST_PYTHONS", "").split(os.pathsep) if python]
    with tempfile.TemporaryDirectory() as name:
        report(
            {
                python: measure(python, arguments.seconds, arguments.repeat, arguments.threads, Path(name))
                for python in arguments.pythons or [sys.executable, *others]
            }
        )


if __name__ == "__main__":
    main()

"""What an instrumented primitive costs against the raw one, and against VizTracer on the same loops. Prints JSON.

    python -m benchmarks.lock_cycle [--rounds 5]

Interpreters: this one and those in LANESCOPE_TEST_PYTHONS. Each round runs the loops plain, traced (rings drained
meanwhile) and, on this interpreter, under VizTracer, one after the other; ns are the best of all rounds, ratios the
median of the rounds' ratios. VizTracer, written in C, records that a call was made (of a `with` block: that it was
left); neither holder, nor hold, nor wait, nor line. Records a cycle: locks one HOLD, `simple_queue` two DEPTHs,
`write_nothing` one WAIT, from which engine/recorder/costs.py has its weights.
"""

import argparse
import os
import sys
from pathlib import Path
from statistics import median
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from benchmarks.machine import report
from benchmarks.traced import describe, run_child

LOOPS = """
import json, os, queue, sys, threading, time
if sys.argv[1] == "viztracer":
    from viztracer import VizTracer
    tracer = VizTracer(tracer_entries=1000000, verbose=0)
    tracer.start()
lock, rlock, items, simple = threading.Lock(), threading.RLock(), queue.Queue(), queue.SimpleQueue()
null = os.open(os.devnull, os.O_WRONLY)
def with_lock(n):
    for _ in range(n):
        with lock: pass
def acquire_release(n):
    for _ in range(n):
        lock.acquire(); lock.release()
def two_sites(n):
    for _ in range(n // 2):
        with lock: pass
        with lock: pass
def with_rlock(n):
    for _ in range(n):
        with rlock: pass
def queue_put_get(n):
    for _ in range(n):
        items.put(1); items.get()
def simple_queue(n):
    for _ in range(n): simple.put(1)
    for _ in range(n): simple.get_nowait()
def write_nothing(n):
    for _ in range(n): os.write(null, b"")
def hand_off(n):
    ping, pong = threading.Lock(), threading.Lock()
    ping.acquire(); pong.acquire()
    def other():
        for _ in range(n):
            ping.acquire(); pong.release()
    thread = threading.Thread(target=other); thread.start()
    for _ in range(n):
        ping.release(); pong.acquire()
    thread.join()
def best(loop, n, repeat=7):
    found = []
    for _ in range(repeat):
        start = time.perf_counter(); loop(n); found.append((time.perf_counter() - start) / n * 1e9)
    return min(found)
many, some = 20000, 4000
loops = {
    with_lock: many, acquire_release: many, two_sites: many, with_rlock: many,
    queue_put_get: some, simple_queue: some, write_nothing: some, hand_off: 1000,
}
print(json.dumps({loop.__name__: best(loop, n) for loop, n in loops.items()}))
if sys.argv[1] == "viztracer": tracer.stop(); tracer.clear()
"""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=5)
    rounds = parser.parse_args().rounds
    others = [python for python in os.environ.get("LANESCOPE_TEST_PYTHONS", "").split(os.pathsep) if python]
    report({"interpreters": [measure(python, rounds) for python in [sys.executable, *others]]})


def measure(python: str, rounds: int) -> dict[str, Any]:
    """All loops on one interpreter."""
    ways = ["plain", "traced"] + (["viztracer"] if python == sys.executable else [])
    found = [{way: run_child(python, LOOPS, way, traced=way == "traced")[0] for way in ways} for _ in range(rounds)]
    loops: dict[str, dict[str, float]] = {}
    for loop in found[0]["plain"]:
        loops[loop] = {f"{way}_ns": round(min(each[way][loop] for each in found)) for way in ways}
        for way in ways[1:]:
            loops[loop][f"{way}_ratio"] = round(median(each[way][loop] / each["plain"][loop] for each in found), 2)
    return {**describe(python), "loops": loops}


if __name__ == "__main__":
    main()

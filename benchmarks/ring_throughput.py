"""Events per second through the rings, what is lost, and what recording costs the traced process. Prints JSON.

    python -m benchmarks.ring_throughput [--seconds 3]

Interpreters: this one and those in LANESCOPE_TEST_PYTHONS. `flood`: one thread writes records as fast as it can while
this process drains, polling every 16 ms. `lock_cycles`: the same with real lock cycles. `at_100k_records` and
`at_100k_lock_cycles`: 100 000 of these a second in bursts, with the tracer and without it (of records: without writing
any): the difference of the process's CPU time, in percent of a core. A lock cycle is one record, two calls, and finding
out who took which lock where.
"""

import argparse
import os
import sys
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from benchmarks.machine import report
from benchmarks.traced import describe, run_child

FLOOD = """
import json, sys, time
state = sys.modules["_lanescope.state"].current()
record, end, written = state.record, time.perf_counter() + float(sys.argv[1]), 0
start = time.perf_counter()
while time.perf_counter() < end:
    for _ in range(10000): record(2, 0, 1, 1, 1, 1)
    written += 10000
seconds = time.perf_counter() - start
state.count_dropped()
print(json.dumps({"written": written, "seconds": seconds, "dropped": state.dropped}))
time.sleep(0.2)
"""
CYCLES = """
import json, sys, threading, time
lock, end, written = threading.Lock(), time.perf_counter() + float(sys.argv[1]), 0
start = time.perf_counter()
while time.perf_counter() < end:
    for _ in range(10000):
        with lock: pass
    written += 10000
print(json.dumps({"written": written, "seconds": time.perf_counter() - start}))
time.sleep(0.2)
"""
PACED = """
import json, sys, threading, time
seconds = float(sys.argv[1])
{prepare}
start, cpu, due, written = time.perf_counter(), time.process_time(), time.perf_counter(), 0
while due < start + seconds:
    for _ in range(1000):
        {event}
    written += 1000
    due += 0.01
    time.sleep(max(0, due - time.perf_counter()))
wall = time.perf_counter() - start
print(json.dumps(dict(written=written, cpu=time.process_time() - cpu, seconds=wall)))
"""
LOCK_CYCLES = PACED.format(prepare="lock = threading.Lock()", event="with lock: pass")
RECORDS = PACED.format(
    prepare="""
tracer = sys.modules.get("_lanescope.state")
record, clock = tracer.current().record if tracer else None, time.perf_counter_ns
""",
    event="if record: record(2, 0, 1, 1, 1, clock())",
)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=float, default=3)
    seconds = parser.parse_args().seconds
    others = [python for python in os.environ.get("LANESCOPE_TEST_PYTHONS", "").split(os.pathsep) if python]
    report({"interpreters": [measure(python, str(seconds)) for python in [sys.executable, *others]]})


def measure(python: str, seconds: str) -> dict[str, Any]:
    """All three on one interpreter."""
    results: dict[str, Any] = describe(python)
    for name, source in (("flood", FLOOD), ("lock_cycles", CYCLES)):
        told, drained = run_child(python, source, seconds, traced=True)
        results[name] = {
            "events_per_s": round(told["written"] / told["seconds"]),
            "written": told["written"],
            "drained": drained.records,
            "dropped": told.get("dropped", drained.dropped),
            "percent_of_a_core_per_100k_events": round(told["seconds"] / told["written"] * 1e7, 2),
        }
    for name, source in (("at_100k_records", RECORDS), ("at_100k_lock_cycles", LOCK_CYCLES)):
        plain, _ = run_child(python, source, seconds, traced=False)
        traced, drained = run_child(python, source, seconds, traced=True)
        shares = [each["cpu"] / each["seconds"] * 100 for each in (plain, traced)]
        results[name] = {
            "events_per_s": round(traced["written"] / traced["seconds"]),
            "plain_percent_of_a_core": round(shares[0], 2),
            "overhead_percent_of_a_core": round(shares[1] - shares[0], 2),
            "dropped": drained.dropped,
        }
    return results


if __name__ == "__main__":
    main()

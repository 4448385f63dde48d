"""How long after the fact a deadlock is reported: two locks in opposite order, between threads and between processes;
and a lock held across an `await` whose job wants it, which the system tells rather than a cell.

    python benchmarks/deadlock_latency.py [--runs 20]

The fact is the instant at which the last participant began to wait; a report is confirmed and written by then. Prints
JSON, in ms.
"""

import argparse
import statistics
import sys
import tempfile
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from benchmarks.machine import report
from engine.recording.reader import RecordingReader
from engine.session import RunRequest, Session

PROGRAM = """
import multiprocessing, sys, threading, time
module = threading if sys.argv[1] == "threads" else multiprocessing.get_context(sys.argv[1])
start = module.Thread if sys.argv[1] == "threads" else module.Process
def work(first, second, both):
    with first:
        both.wait()
        with second:
            pass
def main():
    accounts, audit, both = module.Lock(), module.Lock(), module.Barrier(2)
    busy = sys.argv[2] == "busy"
    workers = [start(target=work, args=args) for args in ((accounts, audit, both), (audit, accounts, both))]
    for worker in workers: worker.start()
    while busy: sum(range(1000))
    for worker in workers: worker.join()
if __name__ == "__main__":
    main()
"""
LOOP = """
import asyncio, threading
lock = threading.Lock()
def job():
    with lock:
        pass
async def main():
    with lock:
        await asyncio.to_thread(job)
asyncio.run(main())
"""


def latency_ms(folder: Path, how: str, rest: str) -> float | None:
    """Of one run; None when nothing was found."""
    script, recording = folder / "program.py", folder / "run.lane"
    script.write_text(LOOP if how == "loop" else PROGRAM)
    command = [sys.executable, str(script), how, rest]
    session = Session(RunRequest(command, recording, folder, time_limit_s=10, end_on_deadlock=True))
    try:
        session.start()
        session.wait(20)
    finally:
        session.close()
    with RecordingReader(recording) as reader:
        while batch := reader.poll():
            for text in batch.texts:
                if text["type"] == "finding" and text["kind"] == "deadlock":
                    return float(text["end_ns"] - text["start_ns"]) / 1e6
    return None


def measure(how: str, rest: str, runs: int) -> dict[str, Any]:
    """Many runs of one kind."""
    with tempfile.TemporaryDirectory() as folder:
        found = [latency_ms(Path(folder), how, rest) for _ in range(runs)]
    known = sorted(each for each in found if each is not None)
    return {
        "runs": runs,
        "found": len(known),
        "median_ms": round(statistics.median(known), 1) if known else None,
        "worst_ms": round(known[-1], 1) if known else None,
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--runs", type=int, default=20, help="of each kind (20)")
    runs = parser.parse_args().runs
    report(
        {
            "threads": measure("threads", "wait", runs),
            "threads, another one busy": measure("threads", "busy", runs),
            "processes by fork": measure("fork", "wait", runs),
            "processes by spawn": measure("spawn", "wait", runs),
            "an event loop": measure("loop", "wait", runs),
        }
    )


if __name__ == "__main__":
    main()

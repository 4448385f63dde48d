"""How long Stop takes: from the request until nothing of the program is left, and until the run is over.

    python benchmarks/stopping.py [--runs 20] [--processes 300] [--beside 2] [KIND ...]

The programs start processes all the time and ignore what they are asked. Each bounds itself, in number and in time, so
that a failure does the machine no harm. `--beside` puts so many busy processes beside them that are none of the run's.
Prints JSON, in ms.
"""

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from benchmarks.machine import report
from engine.session import RunRequest, Session

GROWS_S = 1.0  # before Stop
PATIENCE_S = 20.0

# A token is one process more. `alive` is a pipe that ends when the last process is gone.
PRELUDE = """
import os, signal, subprocess, sys, threading, time
for number in (signal.SIGINT, signal.SIGTERM): signal.signal(number, signal.SIG_IGN)
tokens, end, processes = 3, float(sys.argv[1]), int(sys.argv[2])
if len(sys.argv) == 3:
    alive = os.open("alive", os.O_WRONLY)
    tokens, writer = os.pipe()
    os.set_blocking(tokens, False)
    os.write(writer, b"." * processes)
    for each in (alive, tokens, writer): os.set_inheritable(each, True)
else:
    tokens, writer = map(int, sys.argv[3:])
def may_start():
    try:
        return bool(os.read(tokens, 1))
    except BlockingIOError:
        return False
"""
KINDS = {
    "one group": """
while time.time() < end:
    if may_start(): os.fork()
""",
    "a session each": """
while time.time() < end:
    if may_start() and os.fork() == 0: os.setsid()
""",
    # Whoever is seen is gone: it has left an orphan, in another session, that does the same.
    "daemons": """
while may_start():
    if os.fork() == 0: break
while time.time() < end:
    if os.fork() == 0: os.setsid()
    else: os._exit(0)
""",
    "forks and exits": """
signal.signal(signal.SIGCHLD, signal.SIG_IGN)
while time.time() < end:
    if may_start() and os.fork() == 0: continue
    if os.fork() == 0: os._exit(0)
""",
    "programs that start programs": """
def start():
    while time.time() < end:
        if may_start():
            subprocess.Popen([sys.executable, *sys.argv[:3], str(tokens), str(writer)], close_fds=False)
for _ in range(3): threading.Thread(target=start).start()
""",
    "busy": """
while may_start() and os.fork(): pass
while time.time() < end: pass
""",
}


def stop_ms(folder: Path, kind: str, processes: int) -> tuple[float, float]:
    """Of one run: until nobody is left, until the run is over."""
    (folder / "program.py").write_text(PRELUDE + KINDS[kind])
    os.mkfifo(folder / "alive")
    alive = os.open(folder / "alive", os.O_RDONLY | os.O_NONBLOCK)
    command = [sys.executable, "program.py", str(time.time() + GROWS_S + 10), str(processes)]
    session = Session(RunRequest(command, folder / "run.lane", folder))
    try:
        session.start()
        while (running := session.poll()).phase == "starting":
            time.sleep(0.01)
        if running.over:
            raise SystemExit(running.message)
        while not (folder / "run.lane").stat().st_size or not _anybody(alive):
            time.sleep(0.01)
        time.sleep(GROWS_S)
        began = time.perf_counter()
        session.stop()
        gone = over = 0.0
        while not (gone and over) and time.perf_counter() - began < PATIENCE_S:
            gone = gone or (0.0 if _anybody(alive) else time.perf_counter())
            over = over or (time.perf_counter() if session.poll().over else 0.0)
            time.sleep(0.002)
    finally:
        session.close()
        os.close(alive)
        (folder / "alive").unlink()
    return 1000 * (gone - began), 1000 * (over - began)


def _anybody(alive: int) -> bool:
    try:
        return os.read(alive, 1) != b""
    except BlockingIOError:
        return True


def measure(kind: str, runs: int, processes: int) -> dict[str, Any]:
    """Many runs of one kind."""
    found = []
    for _ in range(runs):
        with tempfile.TemporaryDirectory() as folder:
            found.append(stop_ms(Path(folder), kind, processes))
    gone, over = (sorted(each) for each in zip(*found, strict=True))
    return {
        "gone_ms": {"median": round(statistics.median(gone)), "worst": round(gone[-1])},
        "over_ms": {"median": round(statistics.median(over)), "worst": round(over[-1])},
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("kinds", nargs="*", choices=[[], *KINDS], metavar="KIND", help=", ".join(KINDS))
    parser.add_argument("--runs", type=int, default=20, help="of each kind (20)")
    parser.add_argument("--processes", type=int, default=300, help="of the program at most (300)")
    parser.add_argument("--beside", type=int, default=0, help="busy processes that are none of the run's (0)")
    chosen = parser.parse_args()
    beside = [subprocess.Popen([sys.executable, "-c", "while True: pass"]) for _ in range(chosen.beside)]
    try:
        report({kind: measure(kind, chosen.runs, chosen.processes) for kind in chosen.kinds or KINDS})
    finally:
        for process in beside:
            process.kill()
            process.wait()


if __name__ == "__main__":
    main()

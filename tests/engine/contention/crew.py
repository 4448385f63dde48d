"""What these programs are made of: workers that are threads or processes, and work that takes its time."""

import hashlib
import multiprocessing
import sys
import threading
import time
from types import SimpleNamespace

_BLOCK = bytes(1 << 14)
FORM = sys.argv[1]
METHOD = sys.argv[2] if len(sys.argv) > 2 else "threads"


def kit() -> SimpleNamespace:
    """Workers and primitives: of threads, or of processes when METHOD is a start method of these."""
    if METHOD == "threads":
        made = SimpleNamespace(Worker=threading.Thread, numbers=lambda count: [0] * count)
        source = threading
    else:
        source = multiprocessing.get_context(METHOD)
        made = SimpleNamespace(Worker=source.Process, numbers=lambda count: source.Array("i", count, lock=False))
    made.Lock, made.Event, made.Condition = source.Lock, source.Event, source.Condition
    made.Semaphore = source.Semaphore
    return made


def run(kit, *works) -> None:
    """Each of these (what, arguments) by a worker of its own, until all are done."""
    workers = [kit.Worker(target=work, args=args, name=f"worker-{n}") for n, (work, args) in enumerate(works, 1)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()


def compute(ms: float) -> None:
    """Busy for so long by the clock of its own thread, mostly without the GIL."""
    end = time.thread_time() + ms / 1000
    while time.thread_time() < end:
        hashlib.sha256(_BLOCK)

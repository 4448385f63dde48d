"""Separate memory: a global changed in a thread is changed; in a process, only that process sees it."""

import multiprocessing
import os
import threading
import time
from typing import Any

from engine.backends.worker import take_name
from engine.scenarios.base import Parameter, Scenario, Settings, main, say
from engine.tasks.progress import Reporter

SCENARIO = Scenario(
    name="separate_memory",
    title="Separate memory",
    group="Processes and memory",
    summary="Each thread and each process appends to a global list. Afterwards only the threads' entries are there.",
    explanation="""\
visits is a global list. First a few threads append to it, then a few processes run the very same function.

Threads live in one process and share all of its memory: the list has an entry from each of them. A process
has memory of its own. The child appends to its own copy of the list, prints it, and when it ends, the copy is
gone. The parent's list has not changed.

What the child's copy holds at its start depends on the start method. fork copies the parent's memory as it
is, threads' entries included. spawn and forkserver import the program anew, so the child's list starts empty.

To bring something back from a process it must be sent: through a queue, a pipe, shared memory, or as the
result of a future.""",
    look_for=(
        "In Output, the lists: what each thread and each process sees, and what the parent sees at the end.",
        "Threads as lanes of the main process; processes as groups of their own.",
        "The difference between start methods: run it with fork and with spawn.",
    ),
    parameters=(Parameter("pause_ms", "Pause in each worker", "float", 300.0, 0.0, 10_000.0, unit="ms"),),
    backends=("processes",),
    default_backend="processes",
    default_workers=3,
    max_workers=16,
    tags=("global", "shared memory", "fork", "spawn", "copy"),
)

visits: list[str] = []


def visit(name: str, pause_s: float) -> None:
    """Runs in a thread or in a process: the same function."""
    take_name(name)
    visits.append(name)
    time.sleep(pause_s)
    say(f"{name} in process {os.getpid()} sees {visits}")
    Reporter().progress(name, label="visited", done=1, total=1, result=f"{len(visits)} entries")


def run(settings: Settings) -> None:
    context: Any = multiprocessing.get_context(settings.start_method)
    pause_s = settings.pause_ms / 1000
    say(f"main is process {os.getpid()}")

    for number in range(1, settings.workers + 1):
        thread = threading.Thread(target=visit, args=(f"thread-{number}", pause_s), name=f"thread-{number}")
        thread.start()
        thread.join()
    after_threads = len(visits)
    say(f"main sees {after_threads} of {settings.workers} entries from threads")

    for number in range(1, settings.workers + 1):
        process = context.Process(target=visit, args=(f"process-{number}", pause_s), name=f"process-{number}")
        process.start()
        process.join()
    say(f"main sees {len(visits) - after_threads} of {settings.workers} entries from processes")


if __name__ == "__main__":
    main(SCENARIO, run)

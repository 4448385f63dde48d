"""A hard crash in a worker process: killed, gone, or a segmentation fault."""

import ctypes
import os
import signal
import time
from types import SimpleNamespace

from engine.backends.worker import Context
from engine.scenarios.base import Parameter, Scenario, Settings, main, run_workers, say

SCENARIO = Scenario(
    name="worker_crash",
    title="A hard crash in a worker process",
    group="Errors",
    summary="A worker process dies without a word. Somebody has to notice, or everybody waits for ever.",
    explanation="""\
A process can die in ways that no except clause sees: the system kills it (SIGKILL, often for lack of memory),
a fault in C code touches memory that is not there (SIGSEGV), or someone calls os._exit(). Nothing is cleaned
up, no traceback is printed, no result is sent.

A thread cannot die like this alone. Such a crash takes the whole process with it, all threads included. That
processes are separate is their great advantage here: the others go on.

Who notices? multiprocessing.Process has an exit code (minus the signal's number) and a sentinel to wait on.
ProcessPoolExecutor watches its processes: when one dies, all futures that are still open fail with
BrokenProcessPool. multiprocessing.Pool replaces the process and forgets what it was doing; result() of that
task then waits for ever, if nobody looks.

The coordinator of this program waits for reports and for sentinels at once, so it learns of the death at the
moment it happens.""",
    look_for=(
        "One lane simply stops, marked with the signal or the exit code.",
        "Processes and Pool: the other workers go on to the end. With Pool, a new process takes the dead one's place.",
        "ProcessPoolExecutor: all the others are ended as well; the pool is broken.",
    ),
    parameters=(
        Parameter(
            "how",
            "How it dies",
            "choice",
            "kill",
            choices=("kill", "exit", "segfault"),
            help="SIGKILL, os._exit(3), or a bad pointer.",
        ),
        Parameter("steps", "Steps", "int", 40, 2, 10_000),
        Parameter("step_ms", "Length of a step", "float", 50.0, 0.0, 1_000.0, unit="ms"),
    ),
    backends=("processes", "process-pool", "process-executor"),
    default_backend="processes",
    default_workers=4,
    min_workers=2,
    max_workers=64,
    expects="crash",
    tags=("crash", "kill", "segfault", "signal", "exit code", "BrokenProcessPool"),
)


def die(how: str) -> None:
    """Ends this process at once. Does not return."""
    if how == "kill":
        os.kill(os.getpid(), getattr(signal, "SIGKILL", signal.SIGTERM))  # Windows has no SIGKILL
        time.sleep(60)  # the signal takes a moment to arrive
    elif how == "segfault":
        ctypes.string_at(0)
    os._exit(3)


def work(context: Context) -> int:
    shared = context.shared
    for step in range(1, shared.steps + 1):
        time.sleep(shared.step_s)
        context.progress(step, shared.steps, label="steps", items=step)
        if context.index == 1 and step == shared.steps // 2:
            context.say(f"process {os.getpid()} dies now ({shared.how})")
            die(shared.how)
    return int(shared.steps)


def run(settings: Settings) -> None:
    say(f"{settings.workers} workers; one of them will die half-way")
    shared = SimpleNamespace(how=settings.how, steps=settings.steps, step_s=settings.step_ms / 1000)
    outcome = run_workers(settings, work, shared, may_fail=True)
    for error in outcome.errors:
        say(f"main: {error.worker} is lost: {error.message}")
    say(f"main: {settings.workers - len(outcome.errors)} of {settings.workers} workers finished")


if __name__ == "__main__":
    main(SCENARIO, run)

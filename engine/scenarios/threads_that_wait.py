"""Threads that are started, wait for a signal, sleep, and are joined."""

import threading
import time

from engine.scenarios.base import Parameter, Scenario, Settings, main, say
from engine.tasks.progress import Reporter

SCENARIO = Scenario(
    name="threads_that_wait",
    title="Threads that wait",
    group="First threads",
    summary="Start threads, let them wait for an event, let them sleep, and join them: a thread's life, step by step.",
    explanation="""\
A thread begins with start() and ends when its function returns. Between the two it is either doing something
or waiting for something, and most threads of most programs wait most of the time.

Here every worker first waits for an event, go. The main thread sets it once all workers have been started,
and all of them wake at about the same moment. Then each one naps, the first briefly, every further one a
little longer.

The main thread calls join() on one worker after another. join() waits until that one thread has ended; it
does not make the thread end, and it does not hurry it. When a thread has already ended, join() returns at
once.""",
    look_for=(
        "Each worker's lane: wait (for go), then sleep, then its end.",
        "MainThread's lane: one wait a join; each ends exactly when the worker's lane ends.",
        "A staircase of ends, and nearly no green: waiting costs no CPU time.",
    ),
    parameters=(
        Parameter("nap_ms", "First nap", "float", 400.0, 1.0, 10_000.0, unit="ms"),
        Parameter("more_ms", "Longer for each further worker", "float", 300.0, 0.0, 10_000.0, unit="ms"),
    ),
    default_workers=5,
    max_workers=64,
    tags=("start", "join", "event", "basics"),
)


def nap(go: threading.Event, seconds: float) -> None:
    name = threading.current_thread().name
    Reporter().progress(name, label="waiting for go", total=1)
    go.wait()
    Reporter().progress(name, label="napping", total=1)
    time.sleep(seconds)
    say(f"{name}: slept {seconds * 1000:.0f} ms")
    Reporter().progress(name, label="done", done=1, total=1, result=f"{seconds * 1000:.0f} ms")


def run(settings: Settings) -> None:
    go = threading.Event()
    threads = []
    for number in range(settings.workers):
        seconds = (settings.nap_ms + number * settings.more_ms) / 1000
        threads.append(threading.Thread(target=nap, args=(go, seconds), name=f"worker-{number + 1}"))

    for thread in threads:
        thread.start()
    say(f"main: {len(threads)} threads started, all waiting")
    time.sleep(settings.nap_ms / 1000)
    go.set()
    for thread in threads:
        thread.join()
        say(f"main: {thread.name} has ended")


if __name__ == "__main__":
    main(SCENARIO, run)

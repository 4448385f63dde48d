"""A pool whose tasks wait on tasks of the same pool."""

import threading
import time
from concurrent.futures import ThreadPoolExecutor

from engine.scenarios.base import Parameter, Scenario, Settings, main, say
from engine.tasks.progress import Reporter

SCENARIO = Scenario(
    name="pool_waits_on_itself",
    title="A pool that waits on itself",
    group="Deadlocks",
    summary="Every thread of a pool waits for the result of a task that no thread is left to run.",
    explanation="""\
A page needs its pictures, so the task that builds a page submits a task for each picture to the same pool and
waits for the result. With few pages at a time that works: some thread of the pool is free and runs the inner
task.

Once there are as many pages under way as the pool has threads, all threads wait for pictures, and the tasks
for the pictures wait in the pool's queue for a thread. No lock is involved, only futures; and no order of
locks would help.

With chance left in, it would happen under load only. Here the pages meet at a barrier before they ask for
their pictures, so that all threads of the pool are taken.

Cures: a second pool for the inner tasks ("A pool for each level"); or do not wait in a task, but hand on the
work when the result is there (add_done_callback).""",
    look_for=(
        "Calm pages first: outer and inner tasks in turn.",
        "Then every worker of the pool in wait, each for a future.",
        "The futures it waits for are in the queue of the very pool whose threads all wait.",
        "MainThread waits as well, but it is only the last in the row.",
    ),
    parameters=(
        Parameter("pages", "Pages before the deadlock", "int", 6, 0, 1000, help="One after another."),
        Parameter("work_ms", "Time for a picture", "float", 25.0, 0.0, 1000.0, unit="ms"),
    ),
    backends=("thread-pool",),
    default_backend="thread-pool",
    default_workers=3,
    min_workers=2,
    max_workers=64,
    expects="deadlock",
    repaired="pool_for_each_level",
    tags=("deadlock", "executor", "future", "pool starvation", "nested"),
)


class Press:
    """Builds pages in a pool of `workers` threads."""

    def __init__(self, workers: int, work_s: float) -> None:
        self.pool = ThreadPoolExecutor(workers, thread_name_prefix="worker")
        self.pages_together = threading.Barrier(workers)
        self.work_s = work_s

    def picture(self, page: int) -> str:
        with Reporter().task(f"picture {page}"):
            time.sleep(self.work_s)
        return f"picture of page {page}"

    def page(self, number: int, meet: bool) -> str:
        with Reporter().task(f"page {number}"):
            if meet:
                self.pages_together.wait()  # all threads of the pool now build a page
                say(f"{threading.current_thread().name}: page {number} waits for its picture")
            picture = self.pool.submit(self.picture, number)
            return picture.result()


def run(settings: Settings) -> None:
    press = Press(settings.workers, settings.work_ms / 1000)
    say(f"a pool of {settings.workers} threads")
    for number in range(1, settings.pages + 1):
        say(press.pool.submit(press.page, number, False).result())
        Reporter().progress("press", label="pages", done=number, items=number)
    last = [press.pool.submit(press.page, settings.pages + n, True) for n in range(1, settings.workers + 1)]
    for page in last:
        say(page.result())  # does not return
    press.pool.shutdown()


if __name__ == "__main__":
    main(SCENARIO, run)

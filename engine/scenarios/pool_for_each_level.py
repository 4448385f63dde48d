"""Nested tasks, repaired: the inner tasks have a pool of their own."""

import threading
import time
from concurrent.futures import ThreadPoolExecutor

from engine.scenarios.base import Parameter, Scenario, Settings, main, say
from engine.tasks.progress import Reporter

SCENARIO = Scenario(
    name="pool_for_each_level",
    title="A pool for each level",
    group="Deadlocks",
    summary="Tasks that wait run in one pool, the tasks they wait for in another: there is always a thread for those.",
    explanation="""\
Pages wait for their pictures, as in "A pool that waits on itself", and at the same barrier. But the pictures
are made in a pool of their own. However many pages wait, the threads that make pictures are free to do so,
and a picture waits for nobody.

The rule behind it is an order once more: a task may wait only for tasks of a pool further down. As with
locks, an order without exceptions leaves no room for a circle.""",
    look_for=(
        "Threads page_0 … in wait, threads picture_0 … at work: two levels.",
        "Each wait of a page ends with the task of its picture.",
        "In Output, all pages are made, and the pools shut down.",
    ),
    parameters=(
        Parameter("pages", "Pages per worker", "int", 20, 1, 10_000),
        Parameter("work_ms", "Time for a picture", "float", 80.0, 0.0, 1000.0, unit="ms"),
    ),
    backends=("thread-pool",),
    default_backend="thread-pool",
    default_workers=3,
    min_workers=2,
    max_workers=64,
    tags=("executor", "future", "nested", "repaired"),
)


class Press:
    """Builds pages in one pool and pictures in another, of `workers` threads each."""

    def __init__(self, workers: int, work_s: float) -> None:
        self.pages = ThreadPoolExecutor(workers, thread_name_prefix="page")
        self.pictures = ThreadPoolExecutor(workers, thread_name_prefix="picture")
        self.pages_together = threading.Barrier(workers)
        self.work_s = work_s

    def picture(self, page: int) -> str:
        with Reporter().task(f"picture {page}"):
            time.sleep(self.work_s)
        return f"picture of page {page}"

    def page(self, number: int) -> str:
        with Reporter().task(f"page {number}"):
            self.pages_together.wait()
            return self.pictures.submit(self.picture, number).result()


def run(settings: Settings) -> None:
    press = Press(settings.workers, settings.work_ms / 1000)
    say(f"a pool of {settings.workers} threads for pages, another for pictures")
    total = settings.pages * settings.workers
    pages = [press.pages.submit(press.page, number) for number in range(1, total + 1)]
    for number, page in enumerate(pages, 1):
        page.result()
        Reporter().progress("press", label="pages", done=number, total=total, items=number)
    press.pages.shutdown()
    press.pictures.shutdown()
    say(f"all {total} pages are done")


if __name__ == "__main__":
    main(SCENARIO, run)

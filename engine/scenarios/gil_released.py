"""Hashing and compression let go of the GIL: threads that really run side by side."""

import time
from types import SimpleNamespace

from engine.backends.worker import Context
from engine.scenarios.base import Parameter, Scenario, Settings, main, run_workers, say
from engine.tasks import native_cpu

SCENARIO = Scenario(
    name="gil_released",
    title="Work that releases the GIL",
    group="The GIL",
    summary="hashlib and zlib compute without the GIL, so even threads use all cores. Compare with pure Python.",
    explanation="""\
The GIL guards the interpreter and its objects. C code that works on a block of bytes needs neither, so it may
let go of the GIL while it computes. hashlib (from 2 KiB on) and zlib do, and so do most operations of
numerical libraries, image decoders and cryptography.

Each worker hashes or compresses the same block again and again. Between two blocks it needs the GIL for some
microseconds, which is nothing beside the milliseconds of computing. Threads therefore run side by side on as
many cores as there are.

Make the blocks small and the picture changes: the share of time that needs the GIL grows, and so does GIL
wait.""",
    look_for=(
        "Threads: several lanes green at the same time, as many as there are cores, and next to no GIL wait.",
        "More workers than cores: core wait, not GIL wait.",
        "In Output, how many workers were at work on average: about the number of cores, also with threads.",
        "With blocks of 1 KiB: GIL wait comes back.",
    ),
    parameters=(
        Parameter("kind", "Work", "choice", "hashing", choices=("hashing", "compression")),
        Parameter("size_kib", "Size of a block", "int", 4096, 1, 65_536, unit="KiB"),
        Parameter("blocks", "Blocks per worker", "int", 400, 1, 100_000),
    ),
    backends=("threads", "serial", "thread-pool", "sub-interpreters", "processes", "process-pool", "process-executor"),
    default_workers=4,
    tags=("gil", "hashlib", "zlib", "c extension", "parallel"),
)


def work(context: Context) -> float:
    """Returns the CPU time it took this thread, in seconds."""
    blocks = context.shared.blocks
    started = time.thread_time()
    with native_cpu.TASK.open(context.shared.values) as process_block:
        for done in range(1, blocks + 1):
            process_block()
            context.progress(done, blocks, label=context.shared.values["kind"], items=done)
    cpu_s = time.thread_time() - started
    context.conclude(f"{cpu_s:.2f} s of CPU time")
    return cpu_s


def run(settings: Settings) -> None:
    values = {"kind": settings.kind, "size_kib": settings.size_kib}
    say(f"{settings.workers} workers, {settings.kind} of {settings.blocks} blocks of {settings.size_kib} KiB each")
    started = time.perf_counter()
    outcome = run_workers(settings, work, SimpleNamespace(values=values, blocks=settings.blocks))
    elapsed = time.perf_counter() - started
    cpu = sum(outcome.results)
    mib = settings.workers * settings.blocks * settings.size_kib / 1024
    say(f"{mib / elapsed:,.0f} MiB a second")
    say(f"{cpu:.2f} s of CPU time in {elapsed:.2f} s: {cpu / elapsed:.1f} workers at work on average")


if __name__ == "__main__":
    main(SCENARIO, run)

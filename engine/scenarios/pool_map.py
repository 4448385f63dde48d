"""multiprocessing.Pool.map and its chunk size."""

import multiprocessing
import time
from collections import Counter

from engine.backends.worker import take_name
from engine.scenarios.base import Parameter, Scenario, Settings, main, say
from engine.tasks.progress import Reporter
from engine.tasks.python_cpu import collatz_length

SCENARIO = Scenario(
    name="pool_map",
    title="Pool.map with a chunk size",
    group="Pools and futures",
    summary="A pool of processes maps a function over a list. The chunk size decides between overhead and uneven load.",
    explanation="""\
multiprocessing.Pool starts its processes once. map() cuts the list into chunks, sends them to the processes
through one queue, and puts the results back into the order of the list. A process that is done with its chunk
takes the next one.

Small chunks cost a round trip through the queues each: pickling, a pipe, waking up. Large chunks cost
balance: the items of this list get harder towards its end, and whoever draws the last large chunk works on
while the others are idle.

Left to itself (chunksize=None), map() makes about four chunks per process. For items of very different cost,
small chunks are better; for very many tiny items, large ones.""",
    look_for=(
        "Named task slices, one an item, in each process's lane; idle in between.",
        "A large chunk size: one lane works on alone at the end.",
        "Chunk size 1 with few numbers per item: more idle between the items than work in them.",
        "The pool's three service threads in the main process, marked internal.",
    ),
    parameters=(
        Parameter("items", "Items", "int", 120, 1, 100_000),
        Parameter(
            "numbers",
            "Numbers per item",
            "int",
            60,
            1,
            100_000,
            help="The n-th item follows n times as many sequences.",
        ),
        Parameter("chunk_size", "Chunk size", "int", 10, 1, 100_000, unit="items"),
    ),
    backends=("process-pool",),
    default_backend="process-pool",
    default_workers=4,
    max_workers=64,
    tags=("pool", "map", "chunksize", "load balance", "idle"),
)

done: Counter[str] = Counter()  # of this process


def name_lane() -> None:
    """Runs first in each process of the pool."""
    take_name(multiprocessing.current_process().name)


def longest_sequence(item: tuple[int, int]) -> tuple[str, int]:
    """Runs in a process of the pool; returns that process's name and the length of the longest Collatz sequence."""
    number, count = item
    worker = multiprocessing.current_process().name
    with Reporter().task(f"item {number}"):
        longest = max(map(collatz_length, range(1, count + 1)))
    done[worker] += 1
    Reporter().progress(worker, label=f"item {number}", done=done[worker], items=done[worker])
    return worker, longest


def run(settings: Settings) -> None:
    context = multiprocessing.get_context(settings.start_method)
    items = [(number, number * settings.numbers) for number in range(1, settings.items + 1)]
    say(f"{settings.workers} processes, {settings.items} items in chunks of {settings.chunk_size}")
    with context.Pool(settings.workers, initializer=name_lane) as pool:
        started = time.perf_counter()
        results = pool.map(longest_sequence, items, settings.chunk_size)
        elapsed = time.perf_counter() - started
        pool.close()
        pool.join()
    shares = Counter(worker for worker, _ in results)
    for worker, share in sorted(shares.items()):
        say(f"{worker}: {share} items")
    longest = max(length for _, length in results)
    say(f"{len(results)} of {settings.items} items in {elapsed:.2f} s; longest sequence {longest} steps")


if __name__ == "__main__":
    main(SCENARIO, run)

"""What each scenario must show, with settings small enough for a test."""

import re
from dataclasses import dataclass, field
from subprocess import CompletedProcess

from tests.engine.scenarios.programs import Hanging


@dataclass(frozen=True)
class Effect:
    """Settings that make a scenario quick, and lines (regular expressions) that it must print with them.

    For deadlocks, `lines` are what is printed before it hangs; `times`: how often (None: once for each worker).
    """

    settings: tuple[str, ...] = ()
    lines: tuple[str, ...] = ()
    workers: int | None = None
    times: int | None = 1
    more_than: dict[str, int] = field(default_factory=dict)  # pattern with one number → what that must exceed

    def arguments(self) -> list[str]:
        count = ["--workers", str(self.workers)] if self.workers else []
        return [*count, *(part for setting in self.settings for part in ("--set", setting))]

    def check_finished(self, done: CompletedProcess[str]) -> None:
        assert done.returncode == 0, done.stdout + done.stderr
        for pattern in self.lines:
            assert re.search(pattern, done.stdout), f"no {pattern!r} in {done.stdout!r}"
        for pattern, bound in self.more_than.items():
            found = re.search(pattern, done.stdout)
            assert found, f"no {pattern!r} in {done.stdout!r}"
            assert int(found[1].replace(",", "")) > bound, done.stdout

    def check_hangs(self, program: Hanging, workers: int) -> None:
        for text in self.lines:
            program.read_until(text, self.times if self.times is not None else workers)
        assert program.threads_at_rest()
        assert program.process.poll() is None


EFFECTS: dict[str, Effect] = {
    "threads_that_wait": Effect(("nap_ms=20", "more_ms=10"), ("worker-5 has ended",)),
    "io_bound": Effect(("requests=3", "latency_ms=2"), ("24 requests in",)),
    "cpu_under_gil": Effect(("numbers=3000",), ("each found 430 primes", "workers at work on average")),
    "gil_released": Effect(("blocks=5", "size_kib=64"), ("MiB a second", "workers at work on average")),
    "switch_storm": Effect(
        ("seconds=0.1",), ("work done with the short interval",), workers=8, more_than={r"([\d,]+) context switches": 0}
    ),
    "shared_counter": Effect(("updates=1000000",), (), more_than={r"lost ([\d,]+) of 4,000,000 updates": 0}),
    "shared_counter_locked": Effect(("updates=3000",), ("lost 0 of 12,000 updates",)),
    "lock_contention": Effect(("bookings=8",), ("bookings a second", "went into waiting for the lock")),
    "sharded_state": Effect(("bookings=8",), ("bookings a second", "went into waiting for locks")),
    "convoy": Effect(("lines=12", "every=5", "slow_ms=20"), ("waits of the others: median",)),
    "producer_consumer": Effect(("jobs=10", "produce_ms=1", "consume_ms=1"), ("20 of 20 jobs processed",)),
    "producer_consumer_processes": Effect(("jobs=10", "produce_ms=1", "consume_ms=1"), ("20 of 20 jobs processed",)),
    "pool_map": Effect(("items=12", "numbers=5", "chunk_size=3"), ("12 of 12 items",)),
    "executor_map": Effect(("items=8", "size=50"), ("8 of 8 items",)),
    "five_processes": Effect(
        ("numbers=200",), ("worker-5 found a sequence of 124 steps", "all 5 processes have ended")
    ),
    "separate_memory": Effect(
        ("pause_ms=1",), ("main sees 3 of 3 entries from threads", "main sees 0 of 3 entries from processes")
    ),
    "memory_cost": Effect(("stay_ms=1",), ("4 threads: ", "4 processes: "), workers=4),
    "worker_exception": Effect(
        ("steps=4", "step_ms=5"),
        ("main: worker-. failed: IndexError: list index out of range", "in price_of", "3 of 4 workers finished"),
    ),
    "worker_crash": Effect(("steps=4", "step_ms=20"), ("main: worker-. is lost: process .* was killed by SIGKILL",)),
    "two_locks": Effect(("deposits=2", "hold_ms=1"), (": holds ",), times=2),
    "two_locks_ordered": Effect(("deposits=2", "transfers=3", "hold_ms=1"), ("all 6 transfers made",)),
    "dining_philosophers": Effect(("meals=1", "eat_ms=1"), ("holds the left fork, wants the right one",), times=None),
    "dining_ordered": Effect(("meals=5", "eat_ms=1", "think_ms=1"), ("all 25 meals eaten",)),
    "dining_timeout": Effect(("meals=3", "eat_ms=2", "patience_ms=20"), ("all 15 meals eaten; [1-9]",)),
    "relock": Effect(("items=2", "hold_ms=1"), ("holds cart_lock and asks for the total",)),
    "relock_rlock": Effect(("items=5", "hold_ms=1"), ("all 10 items added",)),
    "pool_waits_on_itself": Effect(("pages=2", "work_ms=1"), ("waits for its picture",), times=None),
    "pool_for_each_level": Effect(("pages=3", "work_ms=2"), ("all 9 pages are done",)),
    "undrained_queue": Effect(("results=4",), ("wants to end",), times=None),
    "drained_queue": Effect(("results=4",), ("524,288 bytes of results", "worker-2 has ended")),
    "readers_writers": Effect(("rounds=4", "read_ms=1", "write_ms=1"), ("longest wait of writers", "of readers")),
    "barrier_phases": Effect(("phases=3", "part_ms=5"), ("3 phases in",)),
    "semaphore_limited": Effect(("uses=3", "use_ms=40"), ("30 uses, at most [23] at the same time",)),
    "straggler": Effect(("pieces=3", "piece_ms=5"), ("pieces done: 3, 3, 3, 3",)),
}

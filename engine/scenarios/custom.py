"""Runs a custom workload: groups of workers on their backends, all at once, with the locks and queues they share.

python -m engine.scenarios.custom --workload FILE.json
python -m engine.scenarios.custom --workload '{"version": 1, ...}' --start-method spawn
"""

import argparse
import multiprocessing
import queue
import sys
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from engine.backends import registry
from engine.backends.base import Job, Outcome
from engine.backends.channel import Channel, ProcessChannel, ThreadChannel
from engine.backends.coordinator import coordinate
from engine.backends.worker import INTERRUPTED, Context
from engine.scenarios.base import say
from engine.tasks import registry as tasks
from engine.tasks import workload as workloads
from engine.tasks.progress import Reporter
from engine.tasks.workload import WorkerGroup, Workload

START_TIME_S = 60.0  # for the slowest process to start, before the others give up waiting for it
END = None  # in a queue: no more items for whoever takes this one


@dataclass(frozen=True)
class NamedLock:
    name: str
    lock: Any
    hold_s: float


@dataclass(frozen=True)
class Line:
    """A queue between groups. Those who feed it meet at `all_fed` when done, and one of them ends the queue.

    Items of different processes may overtake each other on their way through a multiprocessing queue. Hence the end is
    put in only after all items have been handled.
    """

    items: Any
    all_fed: Any
    drainers: int

    def end(self) -> None:
        if self.all_fed.wait() == 0:  # whoever gets number 0
            self.items.join()
            for _ in range(self.drainers):
                self.items.put(END)


@dataclass(frozen=True)
class GroupRun:
    """What the workers of one group share."""

    group: WorkerGroup
    start: Any  # barrier at which all workers of all groups meet
    locks: tuple[NamedLock, ...]
    feeds: Line | None
    drains: Line | None


def work(context: Context) -> int:
    """One worker of one group; returns how many iterations it did."""
    run: GroupRun = context.shared
    serial = run.group.backend == "serial"
    task = tasks.get(run.group.task)
    if not serial or context.index == 0:
        run.start.wait(START_TIME_S)
    try:
        with task.open({**task.defaults(), **run.group.parameters}) as step:
            return iterate(context, run, step)
    finally:
        if run.feeds and (not serial or context.index == context.count - 1):
            run.feeds.end()


def iterate(context: Context, run: GroupRun, step: Callable[[], None]) -> int:
    total = None if run.drains else run.group.iterations
    done = 0
    while done != total:
        if run.drains and run.drains.items.get() is END:
            break
        try:
            take_locks(run.locks)
            step()
        finally:
            if run.drains:
                run.drains.items.task_done()
        done += 1
        if run.feeds:
            run.feeds.items.put((context.name, done))
        context.progress(done, total, label=run.group.task, items=done)
    return done


def take_locks(locks: Sequence[NamedLock]) -> None:
    """Takes the locks in order, holding each for its time before reaching for the next; gives them back in reverse."""
    if locks:
        first, *others = locks
        with first.lock:
            time.sleep(first.hold_s)
            take_locks(others)


class Build:
    """Makes what the groups share: of `multiprocessing` where processes use it, else of `threading` and `queue`."""

    def __init__(self, workload: Workload, start_method: str | None) -> None:
        self.workload = workload
        self.context: Any = multiprocessing.get_context(start_method)
        # Processes first: a process that has threads should not be forked.
        self.groups = sorted(workload.groups, key=lambda group: _START_ORDER.index(group.backend))
        self.start = self._kit(self.groups).Barrier(_parties(self.groups))
        self.locks = {name: self._make_lock(name) for name in _lock_names(self.groups)}
        self.lines = {entry.name: self._make_line(entry.name, entry.capacity) for entry in workload.queues}

    def _kit(self, groups: Sequence[WorkerGroup]) -> Any:
        with_processes = any(registry.get(group.backend).uses_processes for group in groups)
        return self.context if with_processes else threading

    def _make_lock(self, name: str) -> Any:
        lock = self._kit([group for group in self.groups if any(use.name == name for use in group.locks)]).Lock()
        Reporter().name(lock, name)
        return lock

    def _make_line(self, name: str, capacity: int) -> Line:
        feeders = [group for group in self.groups if group.feeds == name]
        drainers = [group for group in self.groups if group.drains == name]
        kit = self._kit(feeders + drainers)
        items: Any = queue.Queue(capacity) if kit is threading else self.context.JoinableQueue(capacity)
        Reporter().name(items, name)
        return Line(items, kit.Barrier(_parties(feeders)), sum(group.workers for group in drainers))

    def channel(self) -> Channel:
        return ThreadChannel() if self._kit(self.groups) is threading else ProcessChannel(self.context)

    def group_run(self, group: WorkerGroup) -> GroupRun:
        return GroupRun(
            group,
            self.start,
            tuple(NamedLock(use.name, self.locks[use.name], use.hold_ms / 1000) for use in group.locks),
            self.lines[group.feeds] if group.feeds else None,
            self.lines[group.drains] if group.drains else None,
        )


_START_ORDER = ("processes", "process-pool", "process-executor", "threads", "thread-pool", "serial")


def _parties(groups: Sequence[WorkerGroup]) -> int:
    """How many workers can be there at the same time: those of a serial group come one after another."""
    return sum(1 if group.backend == "serial" else group.workers for group in groups)


def _lock_names(groups: Sequence[WorkerGroup]) -> list[str]:
    return list(dict.fromkeys(use.name for group in groups for use in group.locks))


def run_workload(workload: Workload, start_method: str | None = None) -> list[Outcome]:
    """Runs a workload until all of its workers have ended; one outcome a group, groups of processes first.

    ValueError when this system does not have the start method.
    """
    build = Build(workload, start_method or workload.start_method)
    channel = build.channel()
    say(f"{workload.title}: {len(workload.groups)} groups, {sum(group.workers for group in workload.groups)} workers")
    crews = []
    for number, group in enumerate(build.groups):
        job = Job(work, group.workers, channel, build.context, build.group_run(group), crew=number, prefix=group.name)
        crews.append(registry.get(group.backend).start(job))
    outcomes = coordinate(crews, channel, Reporter())
    if any(outcome.interrupted for outcome in outcomes):
        raise KeyboardInterrupt
    for group, outcome in zip(build.groups, outcomes, strict=True):
        iterations = sum(result for result in outcome.results if result is not None)
        say(f"{group.name}: {iterations} iterations by {group.workers} workers, {group.backend}, {group.task}")
        for error in outcome.errors:
            say(f"{error.worker} failed: {error.message}")
    return outcomes


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m engine.scenarios.custom", description="Runs a custom workload.")
    parser.add_argument(
        "--workload", required=True, metavar="FILE", help="JSON file of the workload, or the JSON itself"
    )
    parser.add_argument("--start-method", choices=multiprocessing.get_all_start_methods())
    arguments = parser.parse_args()
    try:
        given = arguments.workload
        text = given if given.lstrip().startswith("{") else Path(given).read_text(encoding="utf-8")
        outcomes = run_workload(workloads.loads(text), arguments.start_method)
    except OSError as error:
        return _refuse(f"{arguments.workload} cannot be read: {error.strerror}")
    except UnicodeDecodeError:
        return _refuse(f"{arguments.workload} is not a text file")
    except ValueError as error:  # an invalid workload, or a start method that this system does not have
        return _refuse(str(error))
    except KeyboardInterrupt:
        return INTERRUPTED
    return 1 if any(outcome.errors for outcome in outcomes) else 0


def _refuse(reason: str) -> int:
    print(f"custom workload: {reason}", file=sys.stderr)
    return 2


if __name__ == "__main__":
    sys.exit(main())

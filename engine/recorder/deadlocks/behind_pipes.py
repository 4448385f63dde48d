"""Who could let go on what is stuck at a pipe, by way of programs that nobody follows and that are stuck at others."""

from collections.abc import Iterable, Mapping
from typing import NamedTuple

from engine.analysis.deadlock import ALONE_AT_PIPE, Reason, stuck_at_pipe
from engine.model.wait_for import Crowd, Node
from engine.recorder.deadlocks.full_pipes import FullPipes, StuckAtPipe
from engine.recorder.deadlocks.outsiders import Outsiders
from engine.recorder.definitions.registry import Registry, TracedProcess, main_thread


class Behind(NamedTuple):
    """All threads that could; `reason`: why nobody else, or else nobody, can."""

    crowd: Crowd
    reason: Reason | None


class BehindPipes:
    """Answers for one moment. `ordinary`: threads that act of their own accord, by process. One that has none may be
    coming up, or going down, and counts as one that nobody follows.
    """

    def __init__(
        self,
        registry: Registry,
        outsiders: Outsiders,
        full_pipes: FullPipes,
        ordinary: Mapping[int | None, Crowd],
    ) -> None:
        self._registry = registry
        self._outsiders = outsiders
        self._full_pipes = full_pipes
        self._ordinary = ordinary

    def of_program(self, pid: int, waiter: TracedProcess) -> Behind | None:
        """Of one that this process waits for the end of; None: it is not stuck, or there may be others."""
        stuck = self._full_pipes.stuck(pid, waiter.pid)
        awaited = self._living(pid)
        if stuck is None or (awaited is None and not stuck.for_good):  # nothing is known of its threads
            return None
        found = self._crowd([*stuck.others, *([pid] if awaited is not None else [])], stands=pid)
        if found is None:
            return None
        mine: set[Node] = {(awaited.number, main_thread(awaited))} if awaited is not None else set()
        return Behind(found - mine, stuck_at_pipe(is_writing=stuck.is_writing))

    def of_itself(self, process: TracedProcess) -> Behind | None:
        """Of this one, whose main thread is; None: there may be others."""
        stuck = self._full_pipes.stuck(process.pid)
        found = self._crowd(stuck.others) if stuck is not None else None
        if stuck is None or found is None:
            return None
        crowd = found - {(process.number, main_thread(process))}
        return Behind(crowd, None if crowd else self._of_others(stuck))

    def _of_others(self, stuck: StuckAtPipe) -> Reason:
        """What those are doing whom nobody follows."""
        others = [self._full_pipes.stuck(pid) for pid in sorted(stuck.others)]
        return next((stuck_at_pipe(is_writing=other.is_writing) for other in others if other), ALONE_AT_PIPE)

    def _crowd(self, pids: Iterable[int], *, stands: int = 0) -> Crowd | None:
        """The threads of those, or of whoever could let them go on; None: there may be others. `stands`: this one is
        known to be stuck.
        """
        processes = self._followed_behind(pids)
        if processes is None or any(self._outsiders.may_act_in(each) for each in processes if not each.is_service):
            return None
        strangers = self._outsiders.strangers({process.pid for process in self._registry.processes})
        if not all(pid == stands or self._followed_behind([pid]) is not None for pid in strangers):
            return None  # who does anything at all may end a process
        return frozenset(node for each in processes for node in self._ordinary[each.number])

    def _followed_behind(self, pids: Iterable[int]) -> list[TracedProcess] | None:
        """Those of them that have threads to show, and in place of the others, each stuck for good, those behind them;
        None: there may be others.
        """
        found: list[TracedProcess] = []
        left, seen = list(pids), set[int]()
        while left:
            pid = left.pop()
            if pid in seen:
                continue
            seen.add(pid)
            process = self._living(pid)
            if process is not None and self._ordinary.get(process.number):
                found.append(process)
                continue
            stuck = self._full_pipes.stuck(pid)
            if stuck is None or not stuck.for_good:
                return None
            left += stuck.others
        return found

    def _living(self, pid: int) -> TracedProcess | None:
        process = self._registry.process_of_pid(pid)
        return process if process is not None and process.end_ns is None else None

"""Who may act besides the threads that show: signal handlers, threads that Python did not start, and whole processes
that nobody follows.

A handler runs in the main thread, whose own wait it may end by raising, whatever that is for. Where a timer is set
whose signal the program handles itself, or code of the program sends such signals, that may happen yet. (A signal that
merely kills lets nobody go on, and one that might come from elsewhere is none of the program's.)

The first two may set or notify what nobody else would (Linux; other systems do not tell). A native thread does not
count while it sleeps in a futex of its own process without a timeout, as the idle helpers of numerical libraries do:
only a thread of the process can wake it. So where all the others wait as well, it waits with them.
"""

import contextlib
import os
import platform
import signal
import time
from collections.abc import Collection, Iterable
from pathlib import Path

from engine.recorder.definitions.registry import TracedProcess
from engine.recorder.processes import tree
from engine.recorder.processes.open_files import OpenFiles

LASTS_NS = 1_000_000_000  # an answer is good for so long
# Not counted: the faults that faulthandler writes its traces at; the two that the C library keeps for itself.
_NOT_COUNTED = (signal.SIGSEGV, signal.SIGFPE, signal.SIGABRT, signal.SIGBUS, signal.SIGILL, 32, 33)
# Counted only where the tracer tells of a handler of the program's own. Python always catches SIGINT, and raises;
# readline and curses, which pdb and many a prompt bring along, note a window's new size; pytest's plugin for timeouts
# ends a test at SIGALRM.
_TOLD = (signal.SIGINT, signal.SIGWINCH, signal.SIGALRM)
_TIMERS = (signal.SIGALRM, signal.SIGVTALRM, signal.SIGPROF)  # by signal.ITIMER_…
_HANDLED_NS = 1_000_000_000  # after the time of a timer: its handler has run by then
_FUTEX = {"x86_64": 202, "aarch64": 98}.get(platform.machine())  # number of the system call
_FUTEX_PRIVATE = 128
_FUTEX_WAITS = (0, 9)  # FUTEX_WAIT, FUTEX_WAIT_BITSET
_FUTEX_COMMAND = 127


class Outsiders:
    """Remembers the answers for a while."""

    def __init__(self, files: OpenFiles, test_signal: int | None = None) -> None:
        """`test_signal`: Lanescope's own in a run of tests, whose handler ends only what is known to be stuck."""
        self._files = files
        of_tests = () if test_signal is None else (test_signal,)
        self._counted = ~_bits((*_NOT_COUNTED, *of_tests))
        self._answers: dict[tuple[int, int], tuple[int, bool]] = {}  # by process, and signals that loops handle
        self._strangers: tuple[int, frozenset[int]] = 0, frozenset()

    def ask_anew(self, since_ns: int) -> None:
        """Whoever waits since then may have set a handler before, later than the last answer was given."""
        self._answers = {key: answer for key, answer in self._answers.items() if answer[0] >= since_ns}
        if self._strangers[0] < since_ns:
            self._strangers = 0, frozenset()

    def may_act_in(self, process: TracedProcess, in_loops: int = 0) -> bool:
        """Whether there is anybody of that kind. `in_loops`: signals (as `_bits`) that the program may have event loops
        handle, of which the tracer does not tell.
        """
        now_ns = time.perf_counter_ns()
        key = process.number, in_loops
        asked_ns, answer = self._answers.get(key, (0, False))
        if now_ns - asked_ns > LASTS_NS:
            untold = _bits({*_TOLD, *_dumps_at(process)}) & ~_bits(_handled(process)) & ~in_loops
            caught = _caught_signals(process.pid) & self._counted & ~untold
            answer = bool(caught) or _has_others(process, now_ns)
            self._answers[key] = now_ns, answer
        return answer

    def may_ring(self, process: TracedProcess) -> bool:
        """Whether a timer may yet end what the process's main thread waits for."""
        latest_ns = time.perf_counter_ns() - _HANDLED_NS
        due = [each for each, rings_ns in zip(_TIMERS, process.timers(), strict=False) if rings_ns > latest_ns]
        return bool(due) and bool(self.ended_by(process) & _bits(due))

    def ended_by(self, process: TracedProcess) -> int:
        """Signals (as `_bits`) that may end what the process's main thread waits for: that of SIGINT always raises,
        and what the program's own handlers do is not known.
        """
        return _caught_signals(process.pid) & (_bits(_handled(process)) | _bits([signal.SIGINT]))

    def strangers(self, followed: Collection[int]) -> frozenset[int]:
        """The other processes of the run than these (pids), which may have inherited whatever is shared."""
        now_ns = time.perf_counter_ns()
        asked_ns, answer = self._strangers
        if now_ns - asked_ns > LASTS_NS:
            others = set(self._files.of_run).difference(followed)
            answer = frozenset(pid for pid in others if not tree.is_resource_tracker(pid))
            self._strangers = now_ns, answer
        return answer


def _handled(process: TracedProcess) -> set[int]:
    """Signals for which the program has set handlers of its own, there or where the process was forked."""
    inherited = _handled(process.parent) if process.forked and process.parent else set()
    return process.handles | inherited


def _dumps_at(process: TracedProcess) -> set[int]:
    """Signals at which it only writes tracebacks, as `_handled`."""
    inherited = _dumps_at(process.parent) if process.forked and process.parent else set()
    return process.dumps_at | inherited


def _bits(numbers: Iterable[int]) -> int:
    """One each, the lowest for signal 1."""
    return sum(1 << (number - 1) for number in set(numbers))


def has_timer(pid: int) -> bool:
    """Whether a process catches a timer's signal."""
    return bool(_caught_signals(pid) & _bits(_TIMERS))


def _caught_signals(pid: int) -> int:
    """As `_bits`."""
    with contextlib.suppress(OSError, ValueError):
        for line in Path(f"/proc/{pid}/status").read_text("latin-1").splitlines():
            if line.startswith("SigCgt:"):
                return int(line.split()[1], 16)
    return 0


def _has_others(process: TracedProcess, now_ns: int) -> bool:
    """Threads of the process that have no lane. One that has just ended may still be listed."""
    known = {
        str(lane.native_id) for lane in process.lanes.values() if lane.end_ns is None or now_ns - lane.end_ns < LASTS_NS
    }
    try:
        others = set(os.listdir(f"/proc/{process.pid}/task")) - known
    except OSError:
        return False
    return not all(sleeps_for_good(process.pid, thread) for thread in others)


def sleeps_for_good(pid: int, thread: str) -> bool:
    """Whether only its own process can wake this thread: it is in a private futex's wait without timeout."""
    try:
        words = Path(f"/proc/{pid}/task/{thread}/syscall").read_text("utf-8").split()
        number, _, operation, _, timeout = (int(word, 0) for word in words[:5])
    except FileNotFoundError:
        return True  # it has ended
    except (OSError, ValueError):  # not allowed to know; "running"
        return False
    waits = operation & _FUTEX_PRIVATE and operation & _FUTEX_COMMAND in _FUTEX_WAITS
    return number == _FUTEX and bool(waits) and timeout == 0

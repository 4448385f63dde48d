"""Who may act in a traced process besides the threads it shows: signal handlers, and threads that Python did not start.

Both may set or notify what nobody else would (Linux; other systems do not tell).
"""

import contextlib
import os
import signal
import time
from pathlib import Path

from engine.recorder.registry import TracedProcess

LASTS_NS = 1_000_000_000  # an answer is good for so long
# Not counted: SIGINT, which Python always catches (the tracer tells of handlers of the program's own); the faults that
# faulthandler writes its traces at; the two that the C library keeps for itself.
_NOT_COUNTED = (signal.SIGINT, signal.SIGSEGV, signal.SIGFPE, signal.SIGABRT, signal.SIGBUS, signal.SIGILL, 32, 33)
_COUNTED = ~sum(1 << (number - 1) for number in _NOT_COUNTED)


class Outsiders:
    """Remembers the answers for a while."""

    def __init__(self) -> None:
        self._answers: dict[int, tuple[int, bool]] = {}

    def may_act_in(self, process: TracedProcess) -> bool:
        """Whether there is anybody of that kind."""
        now_ns = time.perf_counter_ns()
        asked_ns, answer = self._answers.get(process.number, (0, False))
        if now_ns - asked_ns > LASTS_NS:
            answer = _handles_interrupt(process) or _handles_signals(process.pid) or _has_others(process, now_ns)
            self._answers[process.number] = now_ns, answer
        return answer


def _handles_interrupt(process: TracedProcess) -> bool:
    return process.handles_interrupt or bool(process.forked and process.parent and _handles_interrupt(process.parent))


def _handles_signals(pid: int) -> bool:
    with contextlib.suppress(OSError, ValueError):
        for line in Path(f"/proc/{pid}/status").read_text().splitlines():
            if line.startswith("SigCgt:"):
                return bool(int(line.split()[1], 16) & _COUNTED)
    return False


def _has_others(process: TracedProcess, now_ns: int) -> bool:
    """Threads of the process that have no lane. One that has just ended may still be listed."""
    known = {
        str(lane.native_id) for lane in process.lanes.values() if lane.end_ns is None or now_ns - lane.end_ns < LASTS_NS
    }
    try:
        return not known.issuperset(os.listdir(f"/proc/{process.pid}/task"))
    except OSError:
        return False

"""How long after the fact a deadlock is told, for each of its forms: programs of the tests' corpus.

    python benchmarks/deadlock_latency.py [--runs 20] [--interpreter PYTHON] [FORM ...]

The fact is the instant at which the last participant began to wait, as its own cell tells it. Of threads at pipes, and
programs that nobody follows, no cell tells: there it is the last time any main thread was seen in another call of the
system than the one it stays in, looked at once a millisecond. Told is a deadlock once whoever follows the recording can
read of it. Forms are chosen by words of their names. Prints JSON, in ms.
"""

import argparse
import contextlib
import statistics
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from benchmarks.machine import report
from engine.recording.reader import NotARecording, RecordingReader
from engine.session import Session, SessionStatus, program_request
from tests.engine import corpus

LIMIT_S = 15.0
LOOK_S = 0.001


class Form(NamedTuple):
    """A program of the corpus. `at_pipes`: cells do not tell when its threads began to wait."""

    program: str
    method: str = ""
    at_pipes: bool = False


FORMS = {
    "lock cycle of two": Form("embrace"),
    "lock cycle of five": Form("five_diners"),
    "lock cycle, others go on": Form("stuck_aside"),
    "self-deadlock": Form("taken_twice"),
    "join under a lock": Form("joined_under_lock"),
    "joins in a circle": Form("joining_each_other"),
    "future of the own executor": Form("two_pools"),
    "task of the own pool": Form("own_pool"),
    "queues": Form("crossed_queues"),
    "queue under a lock": Form("full_queue_under_lock"),
    "condition": Form("never_notified"),
    "condition under a lock": Form("nested_monitors"),
    "event": Form("crossed_events"),
    "barrier": Form("barrier_of_three"),
    "semaphore": Form("last_permits"),
    "semaphores in a circle": Form("crossed_semaphores"),
    "readers-writer lock": Form("two_upgrades"),
    "thread that ended with a lock": Form("ended_while_holding"),
    "left at the end": Form("left_at_the_end"),
    "processes: lock cycle, fork": Form("process_embrace", "fork"),
    "processes: lock cycle, spawn": Form("process_embrace", "spawn"),
    "processes: lock held at fork": Form("held_at_fork"),
    "processes: event": Form("process_events", "fork"),
    "processes: barrier": Form("process_barrier", "fork"),
    "processes: semaphores": Form("process_semaphores", "fork"),
    "processes: join under a lock": Form("joined_process_wants_lock", "fork"),
    "processes: undrained queue, fork": Form("undrained_queue", "fork"),
    "processes: undrained queue, spawn": Form("undrained_queue", "spawn"),
    "processes: task lost": Form("pool_task_lost", "fork"),
    "processes: lock of a manager": Form("manager_embrace", "fork"),
    "processes: messages awaited": Form("crossed_pipes", "fork"),
    "pipes: full, readers join": Form("pipe_never_read", at_pipes=True),
    "pipes: full errors": Form("pipe_of_errors_full", at_pipes=True),
    "pipes: input that never ends": Form("pipe_never_written", at_pipes=True),
    "pipes: to itself": Form("pipe_to_itself", at_pipes=True),
    "event loop: lock across await": Form("lock_across_await"),
    "event loop: asked under a lock": Form("loop_asked_under_lock"),
    "event loop: task for itself": Form("task_waits_for_itself"),
    "event loop: embrace": Form("loop_embrace"),
}


class Stillness:
    """When each main thread of a program's processes came into the call of the system that it is in."""

    def __init__(self) -> None:
        self._calls: dict[int, tuple[str, int]] = {}

    def look(self, pid: int) -> None:
        """At all there are, this one and those below it."""
        now_ns = time.perf_counter_ns()
        self._calls = {each: self._call(each, now_ns) for each in _tree(pid)}

    def _call(self, pid: int, now_ns: int) -> tuple[str, int]:
        words = _read(f"/proc/{pid}/syscall").split()
        now, then = " ".join(words[:2]), self._calls.get(pid, ("", now_ns))
        return then if now in {then[0], "running"} else (now, now_ns)

    @property
    def since_ns(self) -> int:
        return max((since_ns for _, since_ns in self._calls.values()), default=0)


def _tree(pid: int) -> Iterator[int]:
    yield pid
    for each in _read(f"/proc/{pid}/task/{pid}/children").split():
        yield from _tree(int(each))


def _read(path: str) -> str:
    with contextlib.suppress(OSError):
        return Path(path).read_text(encoding="utf-8")
    return ""


def latency_ms(folder: Path, form: Form, python: str) -> float | None:
    """Of one run; None when nothing was found."""
    program = corpus.FOLDER / f"{form.program}.py"
    request = program_request(
        [str(program), form.method] if form.method else [str(program)],
        recording=folder / "run.lane",
        time_limit_s=LIMIT_S,
        end_on_deadlock=True,
        interpreter=python,
    )
    session, stillness = Session(request), Stillness()
    try:
        session.start()
        for finding in _findings(session, request.recording, stillness if form.at_pipes else None):
            told_ns = time.perf_counter_ns()
            if finding["kind"] == "deadlock":
                return float(told_ns - (stillness.since_ns or finding["start_ns"])) / 1e6
    finally:
        session.wait(LIMIT_S)
        session.close()
        request.recording.unlink(missing_ok=True)
    return None


def _findings(session: Session, recording: Path, stillness: Stillness | None) -> Iterator[dict[str, Any]]:
    """As they come."""
    reader: RecordingReader | None = None
    status: SessionStatus = session.poll()
    while not status.over:
        status = session.poll()
        if reader is None:
            with contextlib.suppress(OSError, NotARecording):
                reader = RecordingReader(recording)
        if stillness is not None and status.pid is not None:
            stillness.look(status.pid)
        while reader is not None and (batch := reader.poll()):
            yield from (text for text in batch.texts if text["type"] == "finding")
        time.sleep(LOOK_S)
    if reader is not None:
        reader.close()


def measure(form: Form, runs: int, python: str) -> dict[str, Any]:
    """Many runs of one form."""
    with tempfile.TemporaryDirectory() as folder:
        found = [latency_ms(Path(folder), form, python) for _ in range(runs)]
    known = sorted(each for each in found if each is not None)
    return {
        "program": f"{form.program} {form.method}".strip(),
        "runs": runs,
        "found": len(known),
        "median_ms": round(statistics.median(known), 1) if known else None,
        "worst_ms": round(known[-1], 1) if known else None,
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("forms", nargs="*", metavar="FORM", help="those whose names have one of these words (all)")
    parser.add_argument("--runs", type=int, default=20, help="of each form (20)")
    parser.add_argument("--interpreter", default=sys.executable, help="to run them with (this one)")
    arguments = parser.parse_args()
    wanted = arguments.forms or [""]
    report(
        {
            name: measure(form, arguments.runs, arguments.interpreter)
            for name, form in FORMS.items()
            if any(word in name for word in wanted)
        }
    )


if __name__ == "__main__":
    main()

"""Processes that ended by a signal or with an error. Those that the program or Lanescope itself ended are none."""

import contextlib
import signal

from engine.analysis.building import Finding, at_line, ended_by_lanescope, finding
from engine.model.entities import Process
from engine.model.model import Model

OUR_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGKILL)


def find(model: Model) -> list[Finding]:
    """One finding a process."""
    found = []
    for process in model.processes:
        if process.exit_status in (None, 0) or process.terminated or (ended_by_lanescope(model) and _obeyed(process)):
            continue
        severity = "warning"
        lanes = [lane.id for lane in model.lanes if lane.process == process.id and not lane.internal]
        # An exception of another thread than the main one does not end a process.
        error, error_stack = next(((model.lanes[lane].error, model.lanes[lane].error_stack) for lane in lanes), ("", 0))
        what = "The program" if process.id == 0 else f"Process {process.name} ({process.pid})"
        if process.signal:
            title, how = f"{what} was ended by {_signal(process)}", "so it could neither finish its work nor clean up"
            advice = "Look at its last slices for what it was doing; its output may say more."
        else:
            title = f"{what} ended with exit status {process.exit_status}"
            how = error + at_line(model, error_stack) if error else "its output may say why"
            advice = "Catch the error in the worker and report it, so that nobody waits for a result that never comes."
            if process.id and not error:
                severity = "info"
                how = "no exception did that, so it was probably meant (sys.exit), or its output says why"
                advice = "If it was not, look at what it printed last. Whoever joined it can tell by its exitcode."
            if process.id == 0:
                severity = "info"
                advice = "By such a status a program says that something went wrong: see its output and its errors."
        found.append(
            finding(
                model,
                "lost-worker" if process.id else "program-failed",
                title,
                f"{title}: {how}.",
                advice,
                lanes=lanes[:1],
                severity=severity,
                start_ns=process.end_ns,
                end_ns=process.end_ns,
                site=error_stack,
            )
        )
    return found


def _obeyed(process: Process) -> bool:
    """Whether it ended as asked: by one of our signals, or by itself, with whatever exit status."""
    return process.signal is None or process.signal in OUR_SIGNALS


def _signal(process: Process) -> str:
    number = process.signal or 0
    with contextlib.suppress(ValueError):
        return f"{signal.Signals(number).name} (signal {number})"
    return f"signal {number}"

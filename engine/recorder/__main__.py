"""The recorder's entry: `__main__.py --control FD`, started by engine.session.

Standard streams belong to the program where its output is not captured; words of this process go to the channel only.
"""

import contextlib
import os
import signal
import socket
import sys
import tempfile
import traceback
from pathlib import Path

interrupts: list[int] = []
if __name__ == "__main__":  # first of all: Ctrl-C in a terminal is for the program
    if signal.getsignal(signal.SIGINT) != signal.SIG_IGN:
        signal.signal(signal.SIGINT, lambda number, _: interrupts.append(number))
    signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGINT})  # blocked by the session until here

INHERITED = dict(os.environ)  # for the program, before anything here is set
os.environ["OPENBLAS_NUM_THREADS"] = "1"  # numpy's helper threads would be idle, and in the way of fork
if not __package__:
    sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from engine.recorder.control import Channel  # noqa: E402
from engine.recorder.processes import descriptors, killing, run_folder  # noqa: E402
from engine.recorder.recorder import Recorder  # noqa: E402
from engine.recorder.request import RunRequest  # noqa: E402


def main(arguments: list[str]) -> int:
    """The exit status: 0 when the run went its way, 1 when it could not be started."""
    end = socket.socket(fileno=int(arguments[arguments.index("--control") + 1]))
    end.set_inheritable(False)
    control = Channel(end)
    try:
        first = control.receive_first()
    except (EOFError, OSError):
        return 1
    request = RunRequest.from_json(first["request"])
    folder = Path(first["folder"])
    descriptors.raise_limit()
    try:
        recorder = Recorder(request, folder, control, INHERITED)
    except OSError as error:
        control.send({"phase": "failed", "message": _why(error, request, folder)})
        run_folder.remove(folder)
        return 1
    try:
        _keep_to_the_end(recorder)
        if interrupts:  # there was no program yet to hear of it
            recorder.stop()
        recorder.run()
    except Exception as error:  # noqa: BLE001  (a fault of this process: its words must reach somebody)
        with contextlib.suppress(Exception):  # the words must come, whatever else fails
            killing.kill_below(os.getpid())
        control.send({"phase": "failed", "message": f"The recorder failed ({error}); details are in {_log()}."})
        return 1
    finally:
        run_folder.remove(folder)
    return 0


def _log() -> str:
    """Writes the exception that is being handled to a file of its own."""
    descriptor, path = tempfile.mkstemp(prefix="lanescope-", suffix=".log")
    with open(descriptor, "w", encoding="utf-8") as file:
        traceback.print_exc(file=file)
    return path


def _keep_to_the_end(recorder: Recorder) -> None:
    """Being told to end means ending the program first."""
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, lambda *_: recorder.stop())


def _why(error: OSError, request: RunRequest, folder: Path) -> str:
    reason = error.strerror or str(error)
    place = str(error.filename or request.recording)
    if place == request.command[0]:
        return f"Cannot start {place}: {reason}. Choose another interpreter."
    if isinstance(error, BlockingIOError):  # of fork
        return f"Cannot start another process: {reason}. End others first, or raise the limit (ulimit -u)."
    if place == str(request.cwd):
        return f"Cannot start in {place}: {reason}."
    if place.startswith(str(folder)):
        return (
            f"Cannot keep the run's memory in {folder.parent}: {reason}. Let {run_folder.PLACE_VARIABLE} name another."
        )
    return f"Cannot write the recording {place}: {reason}. Choose another place."


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

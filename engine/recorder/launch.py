"""Starts the program, as its user would start it, with the environment that brings the tracer in."""

import contextlib
import fcntl
import os
import subprocess
from collections.abc import Mapping
from pathlib import Path

from engine.recorder import descriptors, tree
from engine.recorder.output import Output
from engine.recorder.request import RunRequest
from engine.tracer import layout

INJECT = Path(__file__).resolve().parents[1] / "tracer" / "inject"
_PIPE_SIZE = 1 << 20  # bytes; so that a burst of output does not stall the program


def _prepare_child() -> None:
    descriptors.restore_limit()
    tree.die_with_parent()


def start(request: RunRequest, folder: Path, inherited: Mapping[str, str], output: Output) -> int:
    """The pid of the running program; its output goes to `output` if the request says so. OSError."""
    environment = {**inherited, **request.environment, layout.RUN_FOLDER_VARIABLE: str(folder)}
    former = environment.get("PYTHONPATH")
    environment["PYTHONPATH"] = f"{INJECT}{os.pathsep}{former}" if former else str(INJECT)
    stream = subprocess.PIPE if request.capture_output else None
    # preexec_fn is safe here: this process has no threads.
    process = subprocess.Popen(
        request.command,
        cwd=request.cwd,
        env=environment,
        stdin=subprocess.DEVNULL if request.capture_output else None,
        stdout=stream,
        stderr=stream,
        preexec_fn=_prepare_child,  # noqa: PLW1509
    )
    for number, pipe in ((1, process.stdout), (2, process.stderr)):
        if pipe is not None:
            descriptor = os.dup(pipe.fileno())
            pipe.close()
            with contextlib.suppress(OSError, AttributeError):
                fcntl.fcntl(descriptor, fcntl.F_SETPIPE_SZ, _PIPE_SIZE)
            output.add_pipe(descriptor, number)
    process.returncode = 0  # it is waited for by tree.reap
    return process.pid

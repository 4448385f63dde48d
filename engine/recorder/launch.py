"""Starts the program, as its user would start it, with the environment that brings the tracer in."""

import contextlib
import fcntl
import os
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

from engine.recorder.output import Output
from engine.recorder.processes import descriptors, tree
from engine.recorder.request import RunRequest
from engine.tracer import layout

INJECT = Path(__file__).resolve().parents[1] / "tracer" / "inject"
_PIPE_SIZE = 1 << 20  # bytes; so that a burst of output does not stall the program


class Program(NamedTuple):
    """What was started."""

    pid: int
    session: int | None  # that nobody else belongs to


def start(request: RunRequest, folder: Path, inherited: Mapping[str, str], output: Output) -> Program:
    """Starts it; its output goes to `output` if the request says so. OSError.

    Program and recorder are in sessions of their own: systems that share processors out by session let a crowd of the
    program's processes take none of the recorder's share. In a terminal the program stays and the recorder leaves.
    """
    environment = {**inherited, **request.environment, layout.RUN_FOLDER_VARIABLE: str(folder)}
    former = environment.get("PYTHONPATH")
    environment["PYTHONPATH"] = f"{INJECT}{os.pathsep}{former}" if former else str(INJECT)
    stream = subprocess.PIPE if request.capture_output else None
    told, telling = os.pipe()
    adopts = tree.become_subreaper()
    try:
        # preexec_fn is safe here: this process has no threads.
        process = subprocess.Popen(
            request.command,
            cwd=request.cwd,
            env=environment,
            stdin=subprocess.DEVNULL if request.capture_output else None,
            stdout=stream,
            stderr=stream,
            preexec_fn=lambda: _prepare_child(request.capture_output, adopts, telling),  # noqa: PLW1509
        )
        pid = int(os.read(told, 32))
    finally:
        os.close(told)
        os.close(telling)
    session = os.getsid(pid) if request.capture_output else None
    if not request.capture_output:
        with contextlib.suppress(OSError):
            os.setsid()
    for number, pipe in ((1, process.stdout), (2, process.stderr)):
        if pipe is not None:
            descriptor = os.dup(pipe.fileno())
            pipe.close()
            with contextlib.suppress(OSError, AttributeError):
                fcntl.fcntl(descriptor, fcntl.F_SETPIPE_SZ, _PIPE_SIZE)
            output.add_pipe(descriptor, number)
    process.returncode = 0  # it is waited for by tree.reap
    return Program(pid, session)


def _prepare_child(detached: bool, adopted: bool, telling: int) -> None:
    """In the child, before it becomes the program. `detached`: in a session of its own, which it does not lead.

    As under a shell, it leads its process group, so that one signal reaches all of that; that it may not lead a session
    too is what a shell's programs rely on when they become daemons.
    """
    descriptors.restore_limit()
    if detached and adopted:
        os.setsid()
        leader = os.getpid()
        if os.fork():
            os._exit(0)  # which makes the other the recorder's child
        while os.getppid() == leader:
            os.sched_yield()
    if detached:
        os.setpgid(0, 0)
    tree.die_with_parent()
    os.write(telling, str(os.getpid()).encode())

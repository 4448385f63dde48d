"""Whether threads sleep until somebody wakes them, as the system sees them (Linux; elsewhere all seem to).

Who has just been notified still waits by its cell until it gets a processor; the system knows already that it can run.
So does who has got a manager's answer and unpickles it: what that imports or calls may read files, or sleep for a
while. (Waits for messages are over before they are unpickled: see `expect` in engine.tracer.waits.)
"""

import os
import sys
from collections.abc import Iterable

from engine.recorder.sampling.sampler import Where, of_system_call

_SLEEPING = b"StT"  # not D, which a disk ends


def all_asleep(threads: Iterable[tuple[int, int]]) -> bool:
    """Whether none of these threads, by pid and native id, goes on by itself. One that is gone does not."""
    return sys.platform != "linux" or all(is_asleep(pid, native_id) for pid, native_id in threads)


def is_asleep(pid: int, native_id: int) -> bool:
    """Whether this one does not (Linux)."""
    folder = f"/proc/{pid}/task/{native_id}/"
    state = _read(folder + "stat").rpartition(b")")[2].split(None, 1)
    if state and state[0] not in _SLEEPING:
        return False
    return of_system_call(_read(folder + "syscall").split(None, 1), None) is not Where.SLEEP


def _read(path: str) -> bytes:
    """Nothing when it is gone, or not allowed to be read."""
    try:
        descriptor = os.open(path, os.O_RDONLY)
    except OSError:
        return b""
    try:
        return os.read(descriptor, 512)
    except OSError:
        return b""
    finally:
        os.close(descriptor)

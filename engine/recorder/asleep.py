"""Whether threads sleep, as the system sees them (Linux; elsewhere all seem to).

Who has just been notified still waits by its cell until it gets a processor; the system knows already that it can run.
"""

import os
import sys
from collections.abc import Iterable

_SLEEPING = b"SDtT"


def all_asleep(threads: Iterable[tuple[int, int]]) -> bool:
    """Whether none of these threads, by pid and native id, could run. One that is gone could not."""
    return sys.platform != "linux" or all(_is_asleep(pid, native_id) for pid, native_id in threads)


def _is_asleep(pid: int, native_id: int) -> bool:
    try:
        descriptor = os.open(f"/proc/{pid}/task/{native_id}/stat", os.O_RDONLY)
    except OSError:
        return True
    try:
        return os.read(descriptor, 512).rpartition(b")")[2].split(None, 1)[0] in _SLEEPING
    except OSError:
        return True
    finally:
        os.close(descriptor)

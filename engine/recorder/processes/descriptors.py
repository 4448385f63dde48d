"""How many files this process may have open: every traced process and every sampled thread needs some.

The limit is raised as far as it goes, and what then does not fit is left out rather than let anything fail.
"""

import contextlib
import os
import resource

_INHERITED = resource.getrlimit(resource.RLIMIT_NOFILE)
_HEADROOM = 32  # descriptors kept free for the recording, for /proc, for words about a fault


def raise_limit() -> None:
    """To the most this process may have."""
    hard = _INHERITED[1]
    for wanted in (hard, min(hard, 65536) if hard != resource.RLIM_INFINITY else 10240):  # macOS refuses infinity
        with contextlib.suppress(OSError, ValueError):
            resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))
            return


def restore_limit() -> None:
    """For the child between fork and exec: the program gets the limit its user has."""
    with contextlib.suppress(OSError, ValueError):
        resource.setrlimit(resource.RLIMIT_NOFILE, _INHERITED)


def share(of: int) -> int:
    """The `of`-th part of what may be open at once."""
    soft = resource.getrlimit(resource.RLIMIT_NOFILE)[0]
    return 1 << 20 if soft == resource.RLIM_INFINITY else soft // of


def has_room() -> bool:
    """Whether there is room for one more process, with some to spare."""
    try:
        lowest_free = os.open(os.devnull, os.O_RDONLY)
    except OSError:
        return False
    os.close(lowest_free)
    return lowest_free < share(1) - _HEADROOM

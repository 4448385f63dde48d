"""What programs have to run on here."""

import os


def usable_cores() -> int:
    """Cores that this process, and what it starts, may run on; at least 1."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0)) or 1
    return os.cpu_count() or 1

"""Tells whether a process is still the one it was: by its pid and the time it started."""

import contextlib


def process_start(pid: int) -> float | None:
    """When this process started (s since the epoch); None when there is none or the system does not tell."""
    import psutil  # late, here and below: most recordings are complete, and nobody is asked for

    with contextlib.suppress(psutil.Error, OSError):
        return float(psutil.Process(pid).create_time())
    return None


def is_alive(pid: int, start: float | None) -> bool:
    """Whether the process that had this pid and start time is still running (a zombie is not)."""
    import psutil

    try:
        process = psutil.Process(pid)
        if process.status() == psutil.STATUS_ZOMBIE:
            return False
        return start is None or abs(process.create_time() - start) < 1.0
    except psutil.AccessDenied:
        return True
    except (psutil.Error, OSError):
        return False

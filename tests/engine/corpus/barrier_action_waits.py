"""A barrier's action waits for a thread that comes to the barrier meanwhile.

verdict: deadlock
cause: barrier
participants: MainThread, late
"""

import threading


def wait_for_it() -> None:
    late.start()
    late.join()


phase = threading.Barrier(1, action=wait_for_it)
late = threading.Thread(target=phase.wait, name="late")
phase.wait()

"""Two threads meet at a barrier; a third comes while its action runs, and waits in vain for somebody to come again.

verdict: deadlock
cause: barrier
participants: MainThread, late
"""

import threading
import time


def let_it_come() -> None:
    late.start()
    time.sleep(0.2)


phase = threading.Barrier(2, action=let_it_come)
late = threading.Thread(target=phase.wait, name="late")
early = threading.Thread(target=phase.wait, name="early")
early.start()
phase.wait()
early.join()
late.join()

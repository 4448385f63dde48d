"""Two threads wait at a barrier of three.

verdict: deadlock
cause: barrier
participants: first, second
"""

import threading

phase = threading.Barrier(3)
threads = [threading.Thread(target=phase.wait, name=name) for name in ("first", "second")]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()

"""The program is over but for two threads, which wait for what nobody is left to put.

verdict: deadlock
cause: queue
participants: first, second
"""

import queue
import threading

tasks: queue.Queue[int] = queue.Queue()
for name in ("first", "second"):
    threading.Thread(target=tasks.get, name=name).start()

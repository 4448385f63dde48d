"""At a signal tracebacks are written: nobody who sets what all threads wait for.

verdict: deadlock
cause: condition
participants: MainThread
"""

import faulthandler
import signal
import threading

faulthandler.register(signal.SIGUSR1)
threading.Event().wait()

"""A thread and the main thread hold what each other wants, for good: a third one goes on, but what it interrupts are
programs that it has started.

verdict: deadlock
cause: lock-cycle
participants: MainThread, worker
"""

import os
import signal
import subprocess
import sys
import threading
import time

accounts, audit = threading.RLock(), threading.RLock()
both = threading.Barrier(2)


def watch_over(program: subprocess.Popen[bytes]) -> None:
    time.sleep(60)
    program.send_signal(signal.SIGINT)
    os.kill(program.pid, signal.SIGINT)
    program.terminate()


def transfer() -> None:
    with audit:
        both.wait()
        with accounts:
            pass


program = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
threading.Thread(target=watch_over, args=(program,), daemon=True).start()
threading.Thread(target=transfer, name="worker").start()
with accounts:
    both.wait()
    with audit:
        pass

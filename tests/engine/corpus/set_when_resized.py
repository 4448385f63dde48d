"""Every thread waits, and the program's own handler of a window's change of size sets what they wait for.

verdict: clean
"""

import os
import signal
import subprocess
import sys
import threading

resized = threading.Event()
served = threading.Event()
signal.signal(signal.SIGWINCH, lambda *_: resized.set())
worker = threading.Thread(target=served.wait)
worker.start()
shell = f"sleep 0.3; kill -WINCH {os.getpid()}"
resize = subprocess.Popen(["/bin/sh", "-c", shell])
resized.wait()
served.set()
worker.join()
sys.exit(resize.wait())

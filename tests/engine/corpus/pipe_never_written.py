"""A program reads until its input ends, and whoever has that open waits for the program's end.

verdict: deadlock
cause: process-queue
participants: MainThread
"""

import subprocess

reader = subprocess.Popen(["cat"], stdin=subprocess.PIPE)
reader.wait()

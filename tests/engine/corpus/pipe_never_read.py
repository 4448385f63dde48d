"""A program writes more into a pipe than it holds, and whoever could read it waits for the program's end.

verdict: deadlock
cause: process-queue
participants: MainThread
"""

import subprocess

writer = subprocess.Popen(["head", "-c", "1000000", "/dev/zero"], stdout=subprocess.PIPE)
writer.wait()

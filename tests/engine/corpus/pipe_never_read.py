"""Programs write more into pipes than they hold, and whoever could read them waits for the programs' ends.

verdict: deadlock
cause: process-queue
participants: MainThread
"""

import subprocess

WRITE = ["head", "-c", "1000000", "/dev/zero"]

writers = [subprocess.Popen(WRITE, stdout=subprocess.PIPE) for _ in range(2)]
for writer in writers:
    writer.wait()

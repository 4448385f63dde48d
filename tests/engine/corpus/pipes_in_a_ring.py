"""Two programs read what the other would write; who waits for the end of one has left both ends to them.

verdict: deadlock
cause: process-queue
participants: MainThread
"""

import subprocess

first = subprocess.Popen(["cat"], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
second = subprocess.Popen(["cat"], stdin=first.stdout, stdout=first.stdin)
first.stdin.close()
first.stdout.close()
first.wait()

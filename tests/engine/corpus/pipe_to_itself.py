"""A process reads from a pipe into which only it could write.

verdict: deadlock
cause: process-queue
participants: MainThread
"""

import os

there, back = os.pipe()
with open(there, "rb") as answers:
    answers.read(1)

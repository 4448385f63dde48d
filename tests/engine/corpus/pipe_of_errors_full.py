"""A program writes more errors than their pipe holds, while who could read them reads what else it writes.

verdict: deadlock
cause: process-queue
participants: MainThread
"""

import subprocess
import sys

MUCH = "import sys; sys.stderr.write('x' * 1_000_000)"

program = subprocess.Popen([sys.executable, "-I", "-c", MUCH], stdout=subprocess.PIPE, stderr=subprocess.PIPE)
program.stdout.read()
program.stderr.read()
program.wait()

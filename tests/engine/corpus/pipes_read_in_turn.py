"""Who reads a program's output waits while the program stands at its pipe for errors, until a thread reads those; then
for programs that take their time: by themselves, behind a shell, and until a thread ends one.

verdict: clean
"""

import subprocess
import sys
import threading
import time

LATE_S = 0.7
BOTH = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
MUCH = "import sys; sys.stderr.write('x' * 1_000_000); print()"


def later(do) -> None:
    time.sleep(LATE_S)
    do()


for options in ([], ["-I"]):  # followed, and not
    program = subprocess.Popen([sys.executable, *options, "-c", MUCH], **BOTH)
    reader = threading.Thread(target=later, args=(program.stderr.read,))
    reader.start()
    program.stdout.read()
    reader.join()
    program.wait()

    program = subprocess.Popen([sys.executable, *options, "-c", MUCH], **BOTH)
    watchdog = threading.Thread(target=later, args=(program.kill,))
    watchdog.start()
    program.stdout.read()
    watchdog.join()
    program.wait()

for command in (f"sleep {LATE_S}; echo", f"sleep {LATE_S}; yes | head -10000 | wc", f"(sleep {LATE_S}; echo) | cat"):
    with subprocess.Popen(command, shell=True, stdout=subprocess.PIPE) as program:
        assert program.stdout.read()

"""Programs stand at full pipes for long while others wait for their end; a thread or another program reads at last.

verdict: clean
"""

import subprocess
import threading
import time

LONG_S = 1.5
WRITE = ["head", "-c", "1000000", "/dev/zero"]


def read_late() -> None:
    time.sleep(LONG_S)
    for writer in writers[:1]:
        writer.communicate()


writers = [subprocess.Popen(WRITE, stdout=subprocess.PIPE) for _ in range(2)]
late = subprocess.Popen(["sh", "-c", f"sleep {LONG_S}; cat > /dev/null"], stdin=writers[1].stdout)
reader = threading.Thread(target=read_late)
reader.start()
writers[1].wait()
late.wait()
reader.join()
first = subprocess.Popen(["sh", "-c", f"sleep {LONG_S}; exec head -c 1000000 /dev/zero"], stdout=subprocess.PIPE)
first.communicate()

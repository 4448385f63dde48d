"""A program stands at a full pipe that only this one could read, which waits for its end; a shell ends it at last.

verdict: clean
"""

import subprocess

LONG_S = 1.5

writer = subprocess.Popen(["head", "-c", "1000000", "/dev/zero"], stdout=subprocess.PIPE)
ending = subprocess.Popen(["sh", "-c", f"sleep {LONG_S}; kill {writer.pid}"])
writer.wait()
ending.wait()

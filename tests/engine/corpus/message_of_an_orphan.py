"""A message comes from a process that nobody follows: an orphan that a shell has left, with the pipe's other end.

verdict: clean
"""

import multiprocessing
import os
import pickle
import struct
import subprocess


def main() -> None:
    there, here = multiprocessing.Pipe(duplex=False)
    body = pickle.dumps("message")
    os.set_inheritable(here.fileno(), True)
    octal = "".join(f"\\{byte:03o}" for byte in struct.pack("!i", len(body)) + body)
    command = f"(sleep 1; printf '{octal}' >&{here.fileno()}) & exit 0"
    subprocess.run(["sh", "-c", command], close_fds=False, check=True)
    here.close()
    print(there.recv())


if __name__ == "__main__":
    main()

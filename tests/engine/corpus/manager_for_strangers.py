"""A manager that serves whoever connects; a client waits for what another one, whom nobody here knows, will put.

verdict: clean
"""

import os
import subprocess
import sys
import threading
from multiprocessing.managers import BaseManager
from queue import Queue

jobs = Queue()
KEY = b"of the family"
STRANGER = """
import sys, time
from multiprocessing.managers import BaseManager
BaseManager.register("jobs")
manager = BaseManager((sys.argv[1], int(sys.argv[2])), authkey=b"of the family")
manager.connect()
time.sleep(0.4)
manager.jobs().put("done")
"""


class Jobs(BaseManager):
    pass


def all_jobs() -> Queue:
    return jobs


Jobs.register("jobs", all_jobs)


def get(address) -> None:
    client = Jobs(address, authkey=KEY)
    client.connect()
    print(client.jobs().get())
    os._exit(0)


def main() -> None:
    server = Jobs(("127.0.0.1", 0), authkey=KEY).get_server()
    host, port = server.address
    threading.Thread(target=get, args=((host, port),), daemon=True).start()
    untraced = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    subprocess.Popen([sys.executable, "-I", "-c", STRANGER, host, str(port)], env=untraced)
    server.serve_forever()


if __name__ == "__main__":
    main()

"""An RLock taken again inside another lock: the second time waits for nobody.

verdict: clean
"""

import threading

outer = threading.RLock()
inner = threading.Lock()
first_done = threading.Event()


def again() -> None:
    with outer, inner, outer:
        pass
    first_done.set()


def once() -> None:
    first_done.wait()
    with outer, inner:
        pass


threads = [threading.Thread(target=work) for work in (again, once)]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()

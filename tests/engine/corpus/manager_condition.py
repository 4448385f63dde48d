"""Two threads wait to be notified on a condition of a manager; the main thread, which would, waits for an event.

verdict: deadlock
cause: condition
participants: MainThread, first, second
methods: spawn
"""

import multiprocessing
import sys
import threading


def wait(changed) -> None:
    with changed:
        changed.wait()


def main() -> None:
    context = multiprocessing.get_context(sys.argv[1])
    with context.Manager() as manager:
        changed, all_here = manager.Condition(), manager.Event()
        for name in ("first", "second"):
            threading.Thread(target=wait, args=(changed,), name=name).start()
        all_here.wait()
        with changed:
            changed.notify_all()


if __name__ == "__main__":
    main()

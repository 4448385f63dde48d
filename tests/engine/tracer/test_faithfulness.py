"""The traced program does not notice: same arguments, paths, environment, output, errors and exit status."""

import subprocess
import sys
from pathlib import Path

import pytest

from tests.engine.tracer.tracing import environment, run_program, write_program

SELF_PORTRAIT = """
    import os, sys, threading, signal, __main__
    print(sys.argv[1:], __name__, __main__.__file__ == __file__, sys.path[1:], sys.flags, sys.warnoptions)
    print(sorted(os.environ))
    print(os.environ.get("PYTHONPATH"), "sitecustomize" in sys.modules)
    print(signal.getsignal(signal.SIGINT), threading.active_count(), sys.excepthook is sys.__excepthook__)
    lock = threading.Lock()
    print(type(lock).__name__, type(lock).__module__, str(lock)[:28], lock.locked(), isinstance(lock, type(lock)))
    class Holder:
        make = threading.Lock
        sleep = __import__("time").sleep
    with Holder().make():
        Holder().sleep(0)
    import copy, os, pickle, time
    print(pickle.loads(pickle.dumps(time.sleep)) is time.sleep, pickle.dumps(os.read)[:3], copy.deepcopy(time.sleep)(0))
    print(threading.Event().wait(0), threading.Semaphore(2).acquire())
"""


def outcomes(folder: Path, source: str, *args: str) -> tuple[tuple[int, str, str], tuple[int, str, str]]:
    """Exit status, output and error output of a program without and with the tracer."""
    done = [run_program(folder, source, *args, traced=traced) for traced in (False, True)]
    plain, traced = [(d.returncode, d.stdout, d.stderr) for d in done]
    return plain, traced


def test_what_a_program_sees_of_itself(tmp_path: Path) -> None:
    plain, traced = outcomes(tmp_path, SELF_PORTRAIT, "one", "--two")
    assert traced == plain
    assert plain[0] == 0


def test_a_python_path_of_the_users_is_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYTHONPATH", f"{tmp_path}:/nowhere")
    plain, traced = outcomes(tmp_path, SELF_PORTRAIT)
    assert traced == plain
    assert f"{tmp_path}:/nowhere" in plain[1]


# An exception that refuses to be changed.
FROZEN = """import dataclasses, threading; from concurrent.futures import ThreadPoolExecutor as E
@dataclasses.dataclass(frozen=True)
class Frozen(Exception): pass
def fail(): sleep(0.2); raise Frozen()
"""


@pytest.mark.parametrize(
    "ending",
    [
        "import sys; sys.exit(7)",
        "import os; os._exit(9)",
        "raise SystemExit('a last word')",
        "1 / 0",
        "import os, signal; os.kill(os.getpid(), signal.SIGTERM)",
        "import os, signal; os.kill(os.getpid(), signal.SIGINT)",
        "import threading; threading.Lock().release()",
        "import threading; threading.RLock().release()",
        "import threading; threading.Lock().acquire(False, 1)",
        "import threading; threading.Lock().acquire(timeout=-5)",
        "import threading; threading.Condition().notify()",
        "import threading; threading.BoundedSemaphore(1).release()",
        "import queue; queue.Queue().get(timeout=0.01)",
        "import queue; queue.SimpleQueue().get_nowait()",
        "import time; time.sleep(-1)",
        "import pickle, threading; pickle.dumps(threading.Lock())",
        "from concurrent.futures import ThreadPoolExecutor as E; E(1).submit(lambda: sleep(0.2) or 1 / 0).result()",
        "import threading; t = threading.Thread(target=lambda: {}[1], name='t'); t.start(); t.join()",
        "import os; os.read(99, 1)",
        "import multiprocessing as m; m.Lock().release()",
        "import multiprocessing as m; m.BoundedSemaphore(1).release()",
        "import multiprocessing as m; m.Process(target=divmod, args=(1, 0)).start()",
        "import multiprocessing as m; m.Pool(1).apply(divmod, (1, 0))",
        "import multiprocessing as m; m.Process(name='p', target=m.Pipe()[0].recv_bytes, args=(-1,)).start()",
        "from multiprocessing.pool import ThreadPool as T; T(1).apply(divmod, (1, 0))",
        "from concurrent.futures import ProcessPoolExecutor as E; e = E(1); f = e.submit(divmod, 1, 0); e.shutdown()"
        "; f.result()",
        "from concurrent.futures import wait; wait([1])",
        "import threading; threading.Condition(5)",
        "import threading; threading.current_thread().name = type('N', (), {'__str__': lambda s: 1 / 0})()",
        "import queue; queue.SimpleQueue(1)",
        "import _thread; _thread.start_new_thread(1, ())",
        "import _thread; _thread.start_new_thread(divmod, (1, 0)); sleep(0.2)",
        "import subprocess; subprocess.run(['false'], check=True)",
        "import os; print(os.execve in os.supports_fd); os.execve('/no/such/python', ['x'], os.environ)",
        "import os; os.execvpe('no-such-python', ['x'], {})",
        "import os, sys; os.posix_spawn(sys.executable, ['x'], 5)",
        "import os, sys; os.execve(sys.executable, ['x'], {1: 2})",
        "import os; os.execve(os.open('/bin/true', os.O_RDONLY), argv=['x'], env=os.environ)",
        "import subprocess; subprocess.run(['/no/such/program'])",
        "import socket; socket.socket().connect(5)",
        "import threading; c = threading.Condition(); c.acquire(); c.wait_for(lambda: 1 / 0)",
        "import threading; threading.Barrier(1, action=lambda: 1 / 0).wait()",
        FROZEN + "E(1).submit(fail).result()",
        FROZEN + "threading.Barrier(1, action=fail).wait()",
    ],
)
def test_endings_and_tracebacks(tmp_path: Path, ending: str) -> None:
    plain, traced = outcomes(tmp_path, "from time import sleep; " + ending)
    assert traced == plain


def test_the_same_lock_semantics(tmp_path: Path) -> None:
    plain, traced = outcomes(
        tmp_path,
        """
        import threading, weakref, copy, gc
        lock, rlock = threading.Lock(), threading.RLock()
        print(lock.acquire(), lock.acquire(False), lock.acquire(timeout=0.01), lock.acquire(True, 0), lock.locked())
        lock.release()
        print(rlock.acquire(), rlock.acquire(), rlock._is_owned(), rlock._release_save()[0])
        threading.Thread(target=lock.acquire).start()
        while not lock.locked(): pass
        lock.release()
        print(lock.locked(), bool(weakref.ref(lock)()), hash(lock) == hash(lock), lock == lock)
        gone = weakref.ref(threading.Lock()); gc.collect(); print(gone())
        condition = threading.Condition(lock)
        with condition: print(condition.wait(0.01))
        with threading.Condition() as taken: print(taken)
        print([hasattr(lock, name) for name in ("acquire_lock", "release_lock", "locked_lock", "_at_fork_reinit")])
        """,
    )
    assert traced == plain


def test_locks_look_and_refuse_as_the_originals(tmp_path: Path) -> None:
    plain, traced = outcomes(
        tmp_path,
        """
        import _thread, pickle, queue, threading, time, warnings
        warnings.simplefilter("always")
        def told(call):
            with warnings.catch_warnings(record=True) as warned:
                try: result = type(call()).__name__
                except Exception as error: result = f"{type(error).__name__}: {error}"
            print(result, [(str(each.message), each.lineno) for each in warned])
        class Mine(_thread.RLock): pass
        print(type(threading.RLock).__name__, pickle.loads(pickle.dumps(threading.RLock)) is threading.RLock)
        print(isinstance(Mine(), _thread.RLock), isinstance(threading.RLock(), Mine), type(threading.RLock()))
        for make in (threading.RLock, _thread.RLock):
            for call in (lambda: make(1), lambda: make(a=1), lambda: isinstance(1, make)): told(call)
        simple = queue.SimpleQueue()
        for lock in (threading.Lock(), threading.RLock(), _thread.allocate_lock()):
            print([name for name in dir(lock) if name[0] != "_"], hasattr(lock, "locked"))
            for arguments in (("x",), (True, "x"), (False, 1), (True, 1e300), (1, 0), (0,), (True, None)):
                told(lambda: lock.acquire(*arguments) and lock.release())
            told(lambda: lock.acquire() and lock.__exit__(None, None, None))
        for call in (lambda: pickle.dumps(simple), lambda: simple.get(timeout="x"), lambda: simple.get(timeout=-1),
                     lambda: time.sleep(secs=1), lambda: time.sleep(1, 2)): told(call)
        """,
    )
    assert traced == plain


def test_what_is_replaced_describes_itself_as_the_original(tmp_path: Path) -> None:
    plain, traced = outcomes(
        tmp_path,
        """
        import _signal, _thread, inspect, multiprocessing, os, queue, select, signal, socket, threading, time
        def told(call):
            try: return str(call()).partition(" at 0x")[0]
            except Exception as error: return f"{type(error).__name__}: {error}"
        class Mine(_thread.RLock):
            def __init__(self, name): pass
        lock, rlock, simple = threading.Lock(), threading.RLock(), queue.SimpleQueue()
        things = lock, rlock, simple, select.poll(), select.epoll()
        for thing in (
            threading.Lock, threading.RLock, _thread.RLock, _thread.allocate_lock, _thread.LockType, Mine, time.sleep,
            os.read, os.open, os.waitpid, select.select, select.poll, select.epoll, signal.signal, simple.put,
            _thread.start_new_thread, queue.SimpleQueue, queue.SimpleQueue.get, socket.socket.recv,
            select.poll().poll, select.poll().register, select.epoll.poll, select.epoll().modify,
            select.epoll().register,
        ):
            text = getattr(thing, "__text_signature__", None)
            print(thing.__name__, thing.__doc__, text, told(lambda: inspect.signature(thing)))
        for name in ("acquire", "release", "__enter__", "__exit__", "locked", "acquire_lock"):
            for method in (getattr(lock, name, None), getattr(rlock, name, None)):
                attributes = [getattr(method, f"__{each}__", None) for each in ("name", "doc", "text_signature")]
                print(*attributes, told(lambda: inspect.signature(method)).partition("<")[0])
        for thing in things:
            print(type(thing).__name__, type(thing).__qualname__, type(thing).__module__)
            for call in (
                lambda: thing.other, lambda: setattr(thing, "other", 1), lambda: thing < thing, lambda: thing(),
            ):
                print(told(call))
        for call in (
            lambda: _signal.signal(1), lambda: _signal.signal(number=1), lambda: _signal.getsignal("x"),
            lambda: _signal.getsignal(),
        ):
            print(told(call))
        Mine.__name__ = "Yours"
        print(Mine.__name__, Mine.__qualname__, Mine)
        shared = multiprocessing.Lock()
        for arguments in (("x",), (True, "x"), (False, "x"), (1,), (0, 1), (True, -1)):
            print(told(lambda: shared.acquire(*arguments) and shared.release()))
        """,
    )
    assert traced[1].splitlines() == plain[1].splitlines()
    assert traced == plain


def test_wrong_arguments_are_refused_in_the_originals_words(tmp_path: Path) -> None:
    plain, traced = outcomes(
        tmp_path,
        """
        import _thread, multiprocessing, queue, select, threading
        def told(call):
            try: return str(call()).partition(" at 0x")[0]
            except Exception as error: return f"{type(error).__name__}: {error}"
        lock, rlock, simple, poll = threading.Lock(), threading.RLock(), queue.SimpleQueue(), select.poll()
        shared = multiprocessing.Lock(), multiprocessing.RLock(), multiprocessing.Semaphore(2)
        methods = [simple.get, simple.put, simple.get_nowait, simple.put_nowait, poll.register, rlock._acquire_restore]
        for method in methods + [method for each in shared for method in (each.acquire, each.release)]:
            print(method.__name__, method.__qualname__, method.__module__)
            for arguments in ((1, 2, 3, 4), (1, 2, 3, 4, 5), (0, "x"), ((),)): print(told(lambda: method(*arguments)))
            for names in ({"x": 1}, {"block": 0, "x": 1}, {"timeout": "x"}): print(told(lambda: method(**names)))
            print(told(lambda: method(0, block=1)), told(lambda: method(0, timeout=2)))
        for each in shared: print(told(lambda: each.__exit__(1, 2, 3, 4)), told(each.release))
        other = threading.Event()._cond._lock
        for kind in (_thread.LockType, _thread.RLock):
            for method in (kind.acquire, kind.release): print(told(lambda: method(3)))
            for wrong in (3, None): print(told(lambda: kind.__exit__(wrong, None, None, None)))
            print(told(lambda: kind.acquire(other, False)), told(lambda: kind.release(other)))
        for method in (queue.SimpleQueue.get, queue.SimpleQueue.put, type(poll).unregister):
            print(told(lambda: method(3, 4)))
        print(simple.get_nowait() if simple.qsize() else None, simple.qsize())
        """,
    )
    assert traced[1].splitlines() == plain[1].splitlines()
    assert traced == plain


def test_packages_named_like_lanescopes_own(tmp_path: Path) -> None:
    for name in ("engine", "gui", "tests"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "__init__.py").write_text(f"name = 'my {name}'")
    done = run_program(tmp_path, "import engine, gui, tests, sys; print(engine.name, gui.name, tests.name)")
    assert done.stdout == "my engine my gui my tests\n"


def test_another_sitecustomize_runs_too(tmp_path: Path) -> None:
    (tmp_path / "site").mkdir()
    (tmp_path / "site" / "sitecustomize.py").write_text("import sys; sys.from_site = 'ran'")
    program = write_program(tmp_path, "import sys, sitecustomize; print(sys.from_site, sitecustomize.__file__)")
    run = tmp_path / "run"
    run.mkdir()
    env = environment(run)
    env["PYTHONPATH"] += f":{tmp_path / 'site'}"
    done = subprocess.run([sys.executable, str(program)], env=env, capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["ran", str(tmp_path / "site" / "sitecustomize.py")]
    assert list(run.glob("*.ring"))


@pytest.mark.parametrize("folder", ["missing", "read-only"])
def test_a_run_folder_that_cannot_be_used(tmp_path: Path, folder: str) -> None:
    program = write_program(tmp_path, "import threading\nwith threading.Lock(): print('fine')")
    run = tmp_path / folder
    env = environment(run if folder == "missing" else Path("/proc/self"))
    done = subprocess.run([sys.executable, str(program)], env=env, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (0, "fine\n", "")


def test_modules_loaded_before_the_program(tmp_path: Path) -> None:
    """Nothing written in Python is imported before the program but the tracer itself."""
    source = "import sys; print([m for m, v in sys.modules.items() if getattr(v, '__file__', None)])"
    plain, traced = (set(eval(run_program(tmp_path, source, traced=traced).stdout)) for traced in (False, True))
    more = {name for name in traced - plain if not name.startswith("_lanescope")}
    assert more <= {"__future__", "mmap", "_struct", "_weakref", "_operator", "itertools"}


GREEN_COPY = """
    import sys, types
    import _thread

    class GreenLock:  # whoever would block lets the others run
        held = False
        def locked(self):
            return self.held
        def acquire(self, blocking=True, timeout=-1):
            if self.held and blocking:
                event.set()
            acquired, self.held = not self.held, True
            return acquired
        def release(self):
            self.held = False
        __enter__ = acquire
        def __exit__(self, *_):
            self.release()

    green = types.ModuleType("_thread")
    green.__dict__.update(_thread.__dict__, **dict.fromkeys(("allocate_lock", "LockType", "lock"), GreenLock))
    real = {name: sys.modules.pop(name) for name in ("_thread", "threading") if name in sys.modules}
    sys.modules["_thread"] = green
    import threading, queue
    event = threading.Event()
    print(type(event._cond._lock).__name__, event.wait(), type(queue.Queue().mutex).__name__)
    del sys.modules["threading"], sys.modules["queue"]
    sys.modules.update(real)
    import threading
    print(type(threading.Event()._cond._lock).__name__)
"""


def test_a_copy_of_threading_over_a_green_library_waits_by_that_library(tmp_path: Path) -> None:
    plain, traced = outcomes(tmp_path, GREEN_COPY)
    assert traced == plain
    assert plain[:2] == (0, "GreenLock True GreenLock\nlock\n")


SLOTTED_EVENT = """
    import concurrent.futures, threading

    class Event:  # as gevent's: without a __dict__
        __slots__ = ("event",)
        def __init__(self, make=threading.Event):
            self.event = make()
        set, is_set, wait = (
            lambda self, *args, name=name: getattr(self.event, name)(*args) for name in ("set", "is_set", "wait")
        )

    threading.Event = Event
    timer = threading.Timer(0.01, print, ["rang"])
    timer.start()
    timer.join()
    with concurrent.futures.ThreadPoolExecutor() as executor:
        tasks = [executor.submit(int, text) for text in "12"]
        print(len(concurrent.futures.wait(tasks).done), len(list(concurrent.futures.as_completed(tasks))))
"""


def test_an_event_of_a_green_library_in_the_place_of_threadings(tmp_path: Path) -> None:
    plain, traced = outcomes(tmp_path, SLOTTED_EVENT)
    assert traced == plain
    assert plain[:2] == (0, "rang\n2 2\n")


CALLED_FROM_C = """
    import _thread, atexit, queue, subprocess, threading, time
    from multiprocessing import Lock

    lock, event, semaphore = threading.Lock(), threading.Event(), threading.Semaphore()
    thread, child = threading.Thread(target=event.wait), subprocess.Popen(["true"])
    calls = [
        thread.start, event.set, thread.join, child.wait, lock.acquire, lock.release, semaphore.acquire, Lock().acquire,
        threading.RLock().acquire, time.sleep, threading.Lock, threading.RLock, threading.Event, threading.Condition,
        threading.Barrier, queue.Queue, queue.SimpleQueue, threading.Thread, _thread.allocate_lock,
    ]
    for call in reversed(calls):  # the last one is called first, with no frame of Python
        atexit.register(call, *{time.sleep: (0,), threading.Barrier: (1,)}.get(call, ()))
"""


def test_what_is_called_from_c_alone(tmp_path: Path) -> None:
    plain, traced = outcomes(tmp_path, CALLED_FROM_C)
    assert traced == plain == (0, "", "")


def test_a_condition_takes_what_stands_for_rlock(tmp_path: Path) -> None:
    plain, traced = outcomes(
        tmp_path,
        """
        import threading
        print(type(threading.Condition()._lock).__name__)
        threading._CRLock = None  # as gevent has it
        print(type(threading.Condition()._lock).__name__)
        threading.RLock = threading.Lock
        print(type(threading.Condition()._lock).__name__)
        """,
    )
    assert traced == plain
    assert plain[:2] == (0, "RLock\n_RLock\nlock\n")

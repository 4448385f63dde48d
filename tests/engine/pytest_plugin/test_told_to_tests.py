"""What the plugin tells tests: each what was found in it, in words that can be read."""

import os
import signal
from pathlib import Path

import pytest

from tests.engine.pytest_plugin.projects import run


def test_deadlocks_and_hangs_fail_their_tests_and_the_others_go_on(project: Path) -> None:
    done = run(project, "-v", "--lanescope-timeout", "1", "-W", "error")
    assert done.returncode == 1, done.stdout + done.stderr
    outcomes = dict(line.split()[:2] for line in done.stdout.splitlines() if "%]" in line)
    assert outcomes == {
        "test_locks.py::test_plain": "PASSED",
        "test_locks.py::test_deadlock": "FAILED",
        "test_locks.py::test_after_it": "PASSED",
        "test_locks.py::test_possible": "FAILED",
        "test_locks.py::test_hang": "FAILED",
        "test_locks.py::test_async_hang": "FAILED",
        "test_locks.py::test_failure": "FAILED",
    }, done.stdout
    told = " ".join(done.stdout.split())  # however wide the terminal is
    assert "worker-0 holds left and waits for right; worker-1 holds right and waits for left" in told
    assert "Possible deadlock of worker-0" in done.stdout
    assert "Who waits for whom" in done.stdout
    assert "asyncio tasks that wait:" in done.stdout
    assert "in forever" in done.stdout
    assert "assert 1 == 2" in done.stdout
    assert "recorded in" in done.stderr


SHARED = """
import asyncio
import multiprocessing
import queue
import threading

import pytest


@pytest.fixture(scope="session")
def server():
    wanted = queue.Queue()

    def serve():
        while (request := wanted.get()) is not None:
            request.set()

    thread = threading.Thread(target=serve, name="server")
    thread.start()
    yield wanted
    wanted.put(None)
    thread.join()


@pytest.mark.parametrize("time", [1, 2])
def test_served(server, time):
    done = threading.Event()
    server.put(done)
    assert done.wait(5)


def test_async():
    async def main():
        return await asyncio.get_running_loop().run_in_executor(None, len, "four")

    assert asyncio.run(main()) == 4


def take_twice(lock):
    with lock, lock:
        pass


def test_child():
    forked = multiprocessing.get_context("fork")
    process = forked.Process(target=take_twice, args=(forked.Lock(),), name="child")
    process.start()
    process.join()


def test_after_it(server):
    test_served(server, 3)
"""


def test_threads_of_the_session_async_tests_and_children(project: Path) -> None:
    (project / "test_locks.py").write_text(SHARED)
    done = run(project, "-q")
    assert done.returncode == 1, done.stdout + done.stderr
    assert "1 failed, 4 passed" in done.stdout
    assert "child waits for itself" in done.stdout


LEFT_BEHIND = """
import concurrent.futures
import multiprocessing
import queue
import threading

import pytest

forked = multiprocessing.get_context("fork")
pytestmark = pytest.mark.timeout(80)  # another plugin's, whose handler of a signal does nothing but raise


def hand_on(source, target):
    target.put(source.get())


def test_crossed_queues():
    left, right = queue.Queue(), queue.Queue()
    threads = [threading.Thread(target=hand_on, args=pair) for pair in ((left, right), (right, left))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def test_pool():
    pool = concurrent.futures.ThreadPoolExecutor(1)
    pool.submit(lambda: pool.submit(int).result()).result()


def fill(full):
    for _ in range(10):
        full.put("x" * 100_000)


def test_undrained():
    full = forked.Queue()
    filler = forked.Process(target=fill, args=(full,), name="filler")
    filler.start()
    filler.join()
"""


def test_what_a_failed_test_has_left_stuck_hides_nothing_and_is_ended(project: Path) -> None:
    (project / "test_locks.py").write_text(LEFT_BEHIND)
    done = run(project, "-q", "--lanescope-timeout", "20")  # returns when nobody has its output open any more
    assert "This hangs" not in done.stdout
    for words in ("(observed, queue)", "(observed, executor)", "(observed, process-queue)"):
        assert words in done.stdout, done.stdout
    assert "3 failed" in done.stdout


ORPHANS = """
import subprocess
import sys
import time

STUCK = "import threading; lock = threading.Lock(); lock.acquire(); lock.acquire()"
NOTHING = {"stdin": subprocess.DEVNULL, "stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}


def test_stuck():
    living = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(100)"], **NOTHING)
    stuck = subprocess.Popen([sys.executable, "-c", STUCK], stdin=subprocess.DEVNULL)
    with open("pids", "w") as file:
        print(living.pid, stuck.pid, file=file)
    stuck.wait()
"""


def test_a_stuck_orphan_is_ended_and_one_that_goes_on_lives(project: Path) -> None:
    (project / "test_locks.py").write_text(ORPHANS)
    done = run(project, "-q", "--lanescope-timeout", "20")
    living, stuck = map(int, (project / "pids").read_text().split())
    os.kill(living, signal.SIGKILL)  # it is there
    assert "self-deadlock" in done.stdout
    with pytest.raises(ProcessLookupError):
        os.kill(stuck, signal.SIGKILL)


FOUND_BESIDES = """
import contextlib
import threading
import time

import pytest


def take(first, second, meanwhile):
    with first:
        meanwhile()
        with second:
            pass


def invert(meanwhile=int):
    left, right = threading.Lock(), threading.Lock()
    early = threading.Thread(target=take, args=(left, right, meanwhile))
    late = threading.Thread(target=take, args=(right, left, meanwhile))
    early.start()
    while early.is_alive() and meanwhile is int:
        time.sleep(0.01)
    late.start()
    early.join()
    late.join()


def wait_twice():
    lock = threading.Lock()
    lock.acquire()
    lock.acquire()


@pytest.fixture
def careless():
    with contextlib.suppress(BaseException):
        wait_twice()


@pytest.fixture
def untidy():
    yield
    invert()


def test_deadlocked():
    invert(threading.Barrier(2).wait)


def test_inverts():
    invert()


def test_inverts_again():
    invert()


@pytest.mark.xfail
def test_expected():
    invert()


@pytest.mark.xfail(strict=True)
def test_expected_strictly():
    invert()


def test_skipped():
    invert()
    pytest.skip("enough")


def test_fails_too():
    invert()
    assert 1 == 2


def test_swallows():
    with contextlib.suppress(BaseException):
        wait_twice()


def test_says_something_else():
    try:
        wait_twice()
    except BaseException as error:
        raise ValueError("mine") from None


def test_careless(careless):
    pass


def test_untidy(untidy):
    pass


def test_well():
    pass
"""


def test_each_test_is_told_what_was_found_in_it_whatever_it_does(project: Path) -> None:
    (project / "test_locks.py").write_text(FOUND_BESIDES)
    done = run(project, "-rA", "--lanescope-timeout", "20")
    outcomes = {
        line.partition("::")[2].partition(" ")[0]: line.partition(" ")[0]
        for line in done.stdout.partition("short test summary info")[2].splitlines()
        if "::" in line
    }
    assert outcomes == {
        "test_deadlocked": "FAILED",
        "test_inverts": "FAILED",
        "test_inverts_again": "FAILED",
        "test_expected": "XFAIL",
        "test_expected_strictly": "XFAIL",
        "test_skipped": "FAILED",
        "test_fails_too": "FAILED",
        "test_swallows": "FAILED",
        "test_says_something_else": "FAILED",
        "test_careless": "ERROR",
        "test_untidy": "ERROR",
        "test_well": "PASSED",
    }, done.stdout
    assert done.stdout.count("\nPossible deadlock of ") == 5
    assert done.stdout.count("Deadlock: MainThread waits for itself (observed, self-deadlock)\n") == 3
    assert "This hangs" not in done.stdout
    assert "lanescope.py" not in done.stdout, "no code of the plugin's"


def test_what_is_said_fits_the_terminal_and_tells_leftovers_apart(
    project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    source = """
import queue, socket, threading

def test_one():
    threading.Thread(target=queue.Queue().get, name="left", daemon=True).start()
    here, there = socket.socketpair()
    here.recv(1)

def test_two():
    here, there = socket.socketpair()
    here.recv(1)
"""
    (project / "test_locks.py").write_text(source)
    done = run(project, "--lanescope-timeout", "1")
    one, _, two = done.stdout.partition("_ test_two _")
    assert "This hangs: in I/O for " in one
    assert "left: Has been waiting" in one
    assert "This hangs: in I/O for " in two
    assert "left: Has been waiting" not in two
    assert "  waiting since tests that failed before: left\n" in two
    assert "FAILED test_locks.py::test_two - Failed: This hangs: in I/O" in two
    pytests = ("rootdir:", "plugins:")
    wide = [line for line in done.stdout.splitlines() if len(line) > 80 and not line.startswith(pytests)]
    assert [line for line in wide if " at " not in line] == []

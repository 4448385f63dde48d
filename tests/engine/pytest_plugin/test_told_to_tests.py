"""What the plugin tells tests: each what was found in it, in words that can be read."""

import os
import re
import signal
import subprocess
from pathlib import Path

import pytest

from tests.engine.pytest_plugin.projects import make_project, run

Told = subprocess.CompletedProcess[str]


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


HANGS = """
import queue, socket, threading

def test_one():
    threading.Thread(target=queue.Queue().get, name="left", daemon=True).start()
    here, there = socket.socketpair()
    with here, there:
        here.recv(1)

def test_two():
    here, there = socket.socketpair()
    with here, there:
        here.recv(1)
"""


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> Told:
    """Of a run of all of these, in a terminal of 80 columns: starting one takes longer than the tests in it do."""
    folder = tmp_path_factory.mktemp("told")
    project = make_project(folder)
    (project / "test_shared.py").write_text(SHARED)
    (project / "test_zombies.py").write_text(HANGS)  # the last one: a thread of it is left
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("COLUMNS", "80")
        patch.setenv("LANESCOPE_HOME", str(folder / "home"))
        return run(project, "-v", "--lanescope-timeout", "1", "-W", "error")


def test_deadlocks_and_hangs_fail_their_tests_and_the_others_go_on(told: Told) -> None:
    assert told.returncode == 1, told.stdout + told.stderr
    outcomes = dict(line.split()[:2] for line in told.stdout.splitlines() if "%]" in line)
    assert outcomes == {
        "test_locks.py::test_plain": "PASSED",
        "test_locks.py::test_deadlock": "FAILED",
        "test_locks.py::test_after_it": "PASSED",
        "test_locks.py::test_possible": "FAILED",
        "test_locks.py::test_hang": "FAILED",
        "test_locks.py::test_async_hang": "FAILED",
        "test_locks.py::test_failure": "FAILED",
        "test_shared.py::test_served[1]": "PASSED",
        "test_shared.py::test_served[2]": "PASSED",
        "test_shared.py::test_async": "PASSED",
        "test_shared.py::test_child": "FAILED",
        "test_shared.py::test_after_it": "PASSED",
        "test_zombies.py::test_one": "FAILED",
        "test_zombies.py::test_two": "FAILED",
    }, told.stdout
    words = " ".join(told.stdout.split())  # however wide the terminal is
    assert "worker-0 holds left and waits for right; worker-1 holds right and waits for left" in words
    assert "Possible deadlock of worker-0" in told.stdout
    assert "Who waits for whom" in told.stdout
    assert "asyncio tasks that wait:" in told.stdout
    assert "in forever" in told.stdout
    assert "assert 1 == 2" in told.stdout
    assert "child waits for itself" in told.stdout
    assert "recorded in" in told.stderr


def test_what_is_said_fits_the_terminal_and_tells_leftovers_apart(told: Told) -> None:
    one, _, two = told.stdout.partition("_ test_one _")[2].partition("_ test_two _")
    assert "This hangs: in I/O for " in one
    assert "left: Has been waiting" in one
    assert "This hangs: in I/O for " in two
    assert "left: Has been waiting" not in two
    assert re.search("^  waiting since tests that failed before: (.*, )?left$", two, re.MULTILINE), two
    assert "FAILED test_zombies.py::test_two - Failed: This hangs: in I/O" in two
    pytests = ("platform ", "rootdir:", "plugins:", "cachedir:")
    wide = [line for line in told.stdout.splitlines() if len(line) > 80 and not line.startswith(pytests)]
    assert [line for line in wide if " at " not in line] == []


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


RERUNS = """
import socket
import threading

from _pytest.runner import runtestprotocol

HAS_PYTEST_HANDLECRASHITEM = True
server = socket.create_server(("localhost", 0))


def pytest_configure():
    if HAS_PYTEST_HANDLECRASHITEM:
        threading.Thread(target=server.accept, daemon=True).start()


def pytest_runtest_protocol(item, nextitem):
    for number in range(2):
        item.ihook.pytest_runtest_logstart(nodeid=item.nodeid, location=item.location)
        reports = runtestprotocol(item, nextitem=nextitem, log=number == 1)
        item._initrequest()
    item.ihook.pytest_runtest_logfinish(nodeid=item.nodeid, location=item.location)
    return True
"""
AGAIN = """
import threading
import time


def take(first, second):
    with first, second:
        pass


def test_possible():
    left, right = threading.Lock(), threading.Lock()
    early = threading.Thread(target=take, args=(left, right))
    late = threading.Thread(target=take, args=(right, left))
    early.start()
    while early.is_alive():
        time.sleep(0.01)
    late.start()
    early.join()
    late.join()


def test_deadlock():
    lock = threading.Lock()
    with lock, lock:
        pass
"""
MEASURES = """
import atexit
import sys


class Coverage:
    current = classmethod(lambda cls: cls)


def write():
    with open("measured", "w") as file:
        file.write("traced" if "_lanescope" in sys.modules else "nothing")


atexit.register(write)
"""


def test_what_is_run_again_or_measured_is_told_and_measured_all_the_same(project: Path) -> None:
    """With modules that do what pytest-rerunfailures does where pytest-xdist is installed, and what coverage does."""
    for name, text in (("pytest_rerunfailures", RERUNS), ("test_locks", AGAIN), ("coverage", MEASURES)):
        (project / f"{name}.py").write_text(text)
    done = run(project, "-q", "-p", "coverage", "-p", "pytest_rerunfailures", "--lanescope-timeout", "20")
    assert done.returncode == 1, done.stdout + done.stderr
    assert "2 failed" in done.stdout, done.stdout
    assert "Possible deadlock of" in done.stdout, "the second time, too"
    assert "Deadlock: MainThread waits for itself (observed, self-deadlock)" in done.stdout
    assert (project / "measured").read_text() == "traced"

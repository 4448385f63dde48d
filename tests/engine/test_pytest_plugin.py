"""pytest's plugin, as a user's project has it: with packages of the names that Lanescope's have."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
TESTS = """
import asyncio
import queue
import threading
import time

import engine


def run(*works):
    threads = [threading.Thread(target=take, args=work, name=f"worker-{n}") for n, work in enumerate(works)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def take(first, second, meanwhile):
    with first:
        meanwhile()
        with second:
            pass


def test_plain():
    assert engine.NAME == "own"


def test_deadlock():
    left, right = threading.Lock(), threading.Lock()
    together = threading.Barrier(2).wait
    run((left, right, together), (right, left, together))


def test_after_it():
    lock, other = threading.Lock(), threading.Lock()
    run((lock, other, time.monotonic), (lock, other, time.monotonic))


def test_possible():
    left, right = threading.Lock(), threading.Lock()
    run((left, right, int), (right, left, lambda: time.sleep(0.1)))


def test_hang():
    queue.Queue().get()


async def forever():
    await asyncio.get_running_loop().create_future()


def test_async_hang():
    asyncio.run(forever())


def test_failure():
    assert 1 == 2
"""


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("LANESCOPE_HOME", str(tmp_path / "home"))
    (tmp_path / "project" / "engine").mkdir(parents=True)
    (tmp_path / "project" / "engine" / "__init__.py").write_text('NAME = "own"\n')
    (tmp_path / "project" / "test_locks.py").write_text(TESTS)
    (tmp_path / "project" / "pytest.ini").write_text("[pytest]\naddopts = -p no:cacheprovider\n")
    return tmp_path / "project"


def run(project: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "PYTHONPATH": str(ROOT / "engine" / "pytest_plugin")}
    command = [sys.executable, "-m", "pytest", "-p", "lanescope", *arguments]
    return subprocess.run(
        command, cwd=project, env=environment, capture_output=True, text=True, check=False, timeout=100
    )


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
    assert "worker-0 holds left and waits for right; worker-1 holds right and waits for left" in done.stdout
    assert "Possible deadlock of worker-0" in done.stdout
    assert "Who waits for whom" in done.stdout
    assert "asyncio tasks that wait:" in done.stdout
    assert "in forever" in done.stdout
    assert "assert 1 == 2" in done.stdout
    assert "recorded in" in done.stderr


def test_what_passes_leaves_nothing_behind(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    far = project.parent / ("temporary" * 12)  # too long for the address of a socket
    far.mkdir()
    monkeypatch.setenv("TMPDIR", str(far))
    done = run(project, "-q", "-k", "plain or after")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "2 passed" in done.stdout
    assert list((project.parent / "home").rglob("*.lane")) == []
    assert not list(project.glob(".pytest_cache"))
    assert list(far.iterdir()) == []


def test_xdist_is_refused_in_one_line(project: Path) -> None:
    done = run(project, "-n", "2")
    assert done.returncode == 4
    assert "leave out -n" in done.stderr


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


def test_it_can_be_left_out_again(project: Path) -> None:
    done = run(project, "-p", "no:lanescope", "-q", "-k", "plain")
    assert (done.returncode, done.stderr) == (0, "")
    assert "1 passed" in done.stdout


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


AT_THE_END = """
import threading


def twice():
    threading.main_thread().join()
    lock = threading.Lock()
    with lock, lock:
        pass


def test_passes():
    threading.Thread(target=twice, name="late").start()
"""


def test_a_deadlock_after_the_last_test_is_told_and_ended(project: Path) -> None:
    (project / "test_locks.py").write_text(AT_THE_END)
    done = run(project, "-q")
    assert "1 passed" in done.stdout
    assert done.returncode == 1
    assert "after the last test: error: Deadlock: late waits for itself" in done.stderr


READS = """
import socket

here, there = socket.socketpair()
"""
AROUND_TESTS = {
    "test_import.py": f"{READS}here.recv(1)\n",
    "conftest.py": f"{READS}\n\ndef pytest_sessionfinish():\n    here.recv(1)\n",
}


def test_what_hangs_before_and_after_the_tests_is_ended_and_told(project: Path) -> None:
    for name, text in AROUND_TESTS.items():
        (project / name).write_text(text)
    options = ("-k", "plain", "--continue-on-collection-errors", "--lanescope-timeout", "1")
    done = run(project, "-q", *options)
    assert done.returncode == 1, done.stdout + done.stderr
    assert "1 passed, 6 deselected, 1 error" in done.stdout
    told = done.stdout.partition("This hangs: collecting test_import.py.")[2]
    assert "test_import.py:5 in <module>" in told, done.stdout
    told = told.partition("This hangs: the end of the session.")[2]
    assert "MainThread: In I/O for" in told, done.stdout
    assert "conftest.py:8 in pytest_sessionfinish" in told


NO_END = """
import socket
import threading

ours, theirs = socket.socketpair()


def test_passes():
    threading.Thread(target=ours.recv, args=(1,), name="kept").start()
"""


def test_a_process_that_does_not_end_is_ended_and_told(project: Path) -> None:
    (project / "test_locks.py").write_text(NO_END)
    done = run(project, "-q", "--lanescope-timeout", "1")
    assert done.returncode == 1, done.stdout + done.stderr
    assert "1 passed" in done.stdout
    told = done.stderr.partition("after the last test: the process of the tests does not end.")[2]
    assert "MainThread: Has been waiting" in told, done.stderr
    assert "kept: In I/O for" in told


def test_the_command_leaves_to_pytest_what_is_not_its_own(project: Path) -> None:
    command = [sys.executable, str(ROOT / "main.py"), "pytest", "--timeout", "20", f"--interpreter={sys.executable}"]
    for words in (["-p", "no:cacheprovider", "-q"], ["--", "-q"], ["test_locks.py", "-q"]):
        done = subprocess.run(
            [*command, *words, "-k", "plain"], cwd=project, capture_output=True, text=True, check=False, timeout=100
        )
        assert done.returncode == 0, done.stdout + done.stderr
        assert "1 passed" in done.stdout
    refused = subprocess.run([*command, "--timeout", "-q"], capture_output=True, text=True, check=False, timeout=100)
    assert refused.returncode == 2
    assert refused.stderr.startswith("main.py pytest: argument --timeout: expected one argument")

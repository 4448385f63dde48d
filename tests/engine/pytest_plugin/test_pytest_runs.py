"""How runs with the plugin begin and end: statuses, interrupts, what hangs around the tests, what is left."""

import argparse
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from engine.commands.pytest import add_arguments
from tests.engine.pytest_plugin.projects import ROOT, run


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


def test_it_can_be_left_out_again(project: Path) -> None:
    done = run(project, "-p", "no:lanescope", "-q", "-k", "plain")
    assert (done.returncode, done.stderr) == (0, "")
    assert "1 passed" in done.stdout


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
    assert "after the last test: Deadlock: late waits for itself" in done.stderr


FORKED = """
import os
import sys
import threading

children = []


def test_forks():
    child = os.fork()
    if not child:
        sys.exit(0)  # pytest goes on in it, too
    children.append(child)


def test_starts():
    threading.Thread(target=int).start()


def test_stuck():
    lock = threading.Lock()
    with lock:
        if children:
            os.waitpid(children[0], 0)
            lock.acquire()


def test_starts_again():
    threading.Thread(target=int).start()
"""


def test_a_forked_child_that_goes_on_with_the_tests_takes_nothing_away(project: Path) -> None:
    (project / "test_locks.py").write_text(FORKED)
    done = run(project, "-q", "--lanescope-timeout", "20")
    assert done.returncode == 1
    assert "Deadlock: MainThread waits for itself (observed, self-deadlock)\n" in done.stdout
    assert "1 failed, 3 passed" in done.stdout, done.stdout
    assert "goes on" not in done.stderr


DEAF = """
import threading
import time


def test_deaf():
    lock = threading.Lock()
    lock.acquire()
    while True:
        try:
            lock.acquire()
        except BaseException:
            time.sleep(0.1)
"""


def test_one_that_will_not_hear_is_ended_with_all_and_told(project: Path) -> None:
    (project / "test_locks.py").write_text(DEAF)
    done = run(project, "-q")
    assert done.returncode == 1
    assert "test_locks.py::test_deaf goes on, so that all tests are ended. It was told: Deadlock:" in done.stderr


@pytest.mark.parametrize(
    ("code", "status", "words"),
    [
        ("os.kill(os.getpid(), 9)", 137, "ended by signal 9"),
        pytest.param("os._exit(7)", 7, "ended by itself with exit status 7", marks=pytest.mark.full),
    ],
)
def test_the_end_of_pytest_itself_is_told_with_the_test(code: str, status: int, words: str, project: Path) -> None:
    (project / "test_locks.py").write_text(f"import os\n\ndef test_ends():\n    {code}\n")
    done = run(project, "-q")
    assert done.returncode == status
    assert f"the process of the tests {words} in the middle of test_locks.py::test_ends" in done.stderr


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_an_interrupt_is_for_the_tests(number: int, project: Path) -> None:
    (project / "test_locks.py").write_text(
        "import pathlib, time\n\ndef test_slow():\n    pathlib.Path('begun').touch()\n    time.sleep(60)\n"
    )
    environment = {**os.environ, "PYTHONPATH": str(ROOT / "engine" / "pytest_plugin")}
    process = subprocess.Popen(
        [sys.executable, "-m", "pytest", "-p", "lanescope", "-q"],
        cwd=project, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, process_group=0,
    )  # fmt: skip
    while not (project / "begun").exists():
        assert process.poll() is None
        time.sleep(0.01)
    if number == signal.SIGINT:
        os.killpg(process.pid, number)  # as a terminal does
    else:
        process.terminate()
    said, complaints = process.communicate(timeout=60)
    assert "Traceback" not in said + complaints
    if number == signal.SIGINT:
        assert (process.returncode, "KeyboardInterrupt" in said) == (2, True), said + complaints
    else:  # they may be given no time to say so
        assert process.returncode in {1, 2}, said + complaints


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


def test_an_interpreter_without_pytest_is_named(project: Path) -> None:
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", "bare"], cwd=project, check=True)
    python = str(project / "bare" / "bin" / "python")
    command = [sys.executable, str(ROOT / "main.py"), "pytest", "--interpreter", python, "-q"]
    done = subprocess.run(command, cwd=project, capture_output=True, text=True, check=False, timeout=100)
    assert done.returncode == 2
    assert f"main.py pytest: there is no module pytest for {python}" in done.stderr


def test_the_command_leaves_to_pytest_what_is_not_its_own(project: Path) -> None:
    command = [sys.executable, str(ROOT / "main.py"), "pytest", "--timeout", "20", f"--interpreter={sys.executable}"]
    done = subprocess.run(
        [*command, "-p", "no:cacheprovider", "-q", "-k", "plain"],
        cwd=project, capture_output=True, text=True, check=False, timeout=100,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    assert "1 passed" in done.stdout
    refused = subprocess.run([*command, "--timeout", "-q"], capture_output=True, text=True, check=False, timeout=100)
    assert refused.returncode == 2
    assert refused.stderr.startswith("main.py pytest: argument --timeout: expected one argument")


@pytest.mark.parametrize("words", [["-p", "no:cacheprovider", "-q"], ["--", "-q"], ["test_locks.py", "-q"]])
def test_its_own_come_before_the_first_word_that_is_not(words: list[str]) -> None:
    parser = argparse.ArgumentParser()
    add_arguments(parser)
    options, _ = parser.parse_known_args(["--timeout", "20", "--interpreter=python", *words])
    assert (options.timeout, options.interpreter) == (20.0, "python")
    assert [word for word in options.arguments if word != "--"] == [word for word in words if word != "--"]


def test_a_time_limit_is_a_number_of_seconds(project: Path) -> None:
    command = [sys.executable, str(ROOT / "main.py"), "pytest", "--timeout=nan"]
    refused = subprocess.run(command, capture_output=True, text=True, check=False, timeout=100)
    assert (refused.returncode, len(refused.stderr.splitlines())) == (2, 1)
    assert "--timeout takes a number of seconds" in refused.stderr
    done = run(project, "--lanescope-timeout=-1")
    assert done.returncode == 4
    assert "--lanescope-timeout takes a number of seconds" in done.stderr


def test_a_deadlock_before_the_first_test_is_told_and_ended(project: Path) -> None:
    (project / "conftest.py").write_text("import threading\n\nlock = threading.Lock()\nwith lock, lock:\n    pass\n")
    command = [sys.executable, str(ROOT / "main.py"), "pytest", "--interpreter", sys.executable, "-q"]
    done = subprocess.run(command, cwd=project, capture_output=True, text=True, check=False, timeout=100)
    assert done.returncode == 1
    assert "before the first test: Deadlock: MainThread waits for itself" in done.stderr

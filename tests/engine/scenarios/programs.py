"""Runs scenarios as the plain programs they are, outside Lanescope."""

import os
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil

ROOT = Path(__file__).parents[3]
DEADLINE_S = 60.0


def command(module: str, *arguments: str, python: str = sys.executable) -> list[str]:
    return [python, "-m", f"engine.scenarios.{module}", *arguments]


def run(module: str, *arguments: str, python: str = sys.executable) -> subprocess.CompletedProcess[str]:
    """Runs to the end."""
    return subprocess.run(
        command(module, *arguments, python=python),
        cwd=ROOT,
        env={**os.environ, "PYTHONDONTWRITEBYTECODE": "1"},
        capture_output=True,
        text=True,
        timeout=DEADLINE_S,
        check=False,
    )


class Hanging:
    """A program that is expected to hang: its lines so far, and whether it still runs."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self.process = process
        self.lines: list[str] = []

    def read_until(self, text: str, times: int = 1) -> None:
        """Reads its output until `text` has occurred in so many lines."""
        assert self.process.stdout is not None
        while sum(text in line for line in self.lines) < times:
            line = self.process.stdout.readline()
            assert line, f"ended before it said {text!r} {times} times: {self.lines}"
            self.lines.append(line.rstrip("\n"))

    def threads_at_rest(self) -> bool:
        """Whether no thread of the tree uses the processor any more. Workers may still be coming up, for long on a
        busy machine: it need not be so at once.
        """

        def used() -> float:
            tree = [psutil.Process(self.process.pid), *psutil.Process(self.process.pid).children(recursive=True)]
            return sum(sum(process.cpu_times()[:2]) for process in tree)

        end = time.monotonic() + DEADLINE_S
        while time.monotonic() < end:
            before = used()
            try:
                self.process.wait(0.4)
            except subprocess.TimeoutExpired:
                if used() - before <= 0.05:
                    return True
            else:
                return False
        return False


@contextmanager
def hanging(module: str, *arguments: str, python: str = sys.executable) -> Iterator[Hanging]:
    """Starts a program that will hang, and ends it and its children afterwards."""
    folder = tempfile.mkdtemp()  # multiprocessing leaves the fork server's socket behind when it is killed
    process = subprocess.Popen(
        command(module, *arguments, python=python),
        cwd=ROOT,
        env={**os.environ, "TMPDIR": folder},
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        start_new_session=True,
    )
    watchdog = threading.Timer(DEADLINE_S, process.kill)  # so that a missing line fails instead of blocking
    watchdog.start()
    try:
        yield Hanging(process)
    finally:
        watchdog.cancel()
        watchdog.join()
        kill_tree(process.pid)
        process.wait()
        assert process.stdout is not None
        process.stdout.close()
        shutil.rmtree(folder)


def kill_tree(pid: int) -> None:
    """Kills a process and its children, but for the resource tracker: it ends by itself and tidies up after them."""
    try:
        tree = [psutil.Process(pid), *psutil.Process(pid).children(recursive=True)]
    except psutil.NoSuchProcess:
        return
    for process in tree:
        try:
            if not any("resource_tracker" in part for part in process.cmdline()):
                process.kill()
        except psutil.NoSuchProcess:
            continue
    wait_until(lambda: not any(is_alive(process) for process in tree))


def is_alive(process: psutil.Process) -> bool:
    try:
        return process.is_running() and process.status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def wait_until(condition: Callable[[], bool]) -> None:
    end = time.monotonic() + DEADLINE_S
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.005)

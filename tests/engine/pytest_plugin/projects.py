"""A user's project with tests, and a run of them with the plugin."""

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[3]
TESTS = """
import asyncio
import os
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
    os.read(os.eventfd(0), 8)


async def forever():
    await asyncio.get_running_loop().create_future()


def test_async_hang():
    asyncio.run(forever())


def test_failure():
    assert 1 == 2
"""


def make_project(folder: Path) -> Path:
    """In a new folder of this one."""
    project = folder / "project"
    (project / "engine").mkdir(parents=True)
    (project / "engine" / "__init__.py").write_text('NAME = "own"\n')
    (project / "test_locks.py").write_text(TESTS)
    (project / "pytest.ini").write_text("[pytest]\naddopts = -p no:cacheprovider\n")
    return project


def run(project: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    # With either of these set, pytest prints whole messages in its summary.
    environment = {name: value for name, value in os.environ.items() if name not in ("CI", "BUILD_NUMBER")}
    environment["PYTHONPATH"] = str(ROOT / "engine" / "pytest_plugin")
    command = [sys.executable, "-m", "pytest", "-p", "lanescope", *arguments]
    return subprocess.run(
        command, cwd=project, env=environment, capture_output=True, text=True, check=False, timeout=100
    )

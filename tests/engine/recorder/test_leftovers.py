"""What killed processes leave in shared memory: what is the run's own is removed, and nothing else."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from engine.recorder.processes import half_made, shared_names
from engine.recorder.processes.half_made import HalfMade
from engine.recorder.processes.shared_names import SharedNames

pytestmark = pytest.mark.skipif(not Path("/proc/self/fdinfo").is_dir(), reason="this system does not tell open files")


@pytest.fixture
def memory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Stands for the system's shared memory."""
    for module in (half_made, shared_names):
        monkeypatch.setattr(module, "SHARED_MEMORY", tmp_path)
    return tmp_path


@pytest.mark.parametrize("content", [b"", bytes(32)])
def test_a_semaphore_in_the_making_is_its_makers(memory: Path, content: bytes) -> None:
    path = memory / "sem.aB3xY9"
    with path.open("xb", buffering=0) as file:
        file.write(content)
        found = half_made.find([os.getpid()])
        assert found == {HalfMade(path, path.stat().st_ino)}
    assert half_made.find([os.getpid()]) == set()
    half_made.remove(found)
    assert not path.exists()


def test_a_semaphore_that_is_opened_is_not(memory: Path) -> None:
    path = memory / "sem.aB3xY9"
    path.write_bytes(bytes(32))
    with path.open("r+b", buffering=0):
        assert half_made.find([os.getpid()]) == set()


def test_a_file_that_somebody_else_has_made_since_stays(memory: Path) -> None:
    path = memory / "sem.aB3xY9"
    path.write_bytes(b"")
    half_made.remove({HalfMade(path, path.stat().st_ino + 1)})
    assert path.exists()


def test_only_names_of_multiprocessings_own_are_removed(memory: Path) -> None:
    (memory / "mine").touch()
    names = SharedNames()
    for name in ("/mp-a_c4e6g8", "/psm_0123abcd", "/psm_../mine", "/mine", "mine"):
        names.add(name)
    for file in ("sem.mp-a_c4e6g8", "psm_0123abcd", "psm_ffffffff"):
        (memory / file).touch()
    names.remove()
    assert sorted(path.name for path in memory.iterdir()) == ["mine", "psm_ffffffff"]


def test_names_of_what_is_still_there_are_remembered(memory: Path) -> None:
    names = SharedNames()
    (memory / "psm_00000000").touch()
    for number in range(20_000):
        names.add(f"/psm_{number:08x}")
    assert len(names._names) < 10_000
    names.remove()
    assert not list(memory.iterdir())


def test_what_the_c_library_makes_is_seen_and_removed() -> None:
    """Against the C library that is there: who makes semaphores all the time is stopped until it is caught at it."""
    source = (
        "import multiprocessing\n"
        "context = multiprocessing.get_context('fork')\n"
        "print(flush=True)\n"
        "while True: context.Lock()"
    )
    with subprocess.Popen([sys.executable, "-c", source], stdout=subprocess.PIPE) as maker:
        assert maker.stdout is not None
        maker.stdout.readline()
        found: set[HalfMade] = set()
        for _ in range(2000):
            maker.send_signal(signal.SIGSTOP)
            os.waitid(os.P_PID, maker.pid, os.WSTOPPED)
            found = half_made.find([maker.pid])
            if found and all(file.path.stat().st_nlink == 1 for file in found):  # it has no other name yet
                break
            maker.send_signal(signal.SIGCONT)
            os.waitid(os.P_PID, maker.pid, os.WCONTINUED)
            time.sleep(0.0007)  # else it would be stopped where it was
        maker.kill()
    (file,) = found
    assert file.path.exists()
    half_made.remove(found)
    assert not file.path.exists()

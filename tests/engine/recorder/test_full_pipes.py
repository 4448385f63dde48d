"""Who is stuck at a pipe, and who could let it go on, as the system tells it."""

import os
import subprocess
import sys
import time
from collections.abc import Iterator

import pytest

from engine.recorder.deadlocks import full_pipes
from engine.recorder.deadlocks.full_pipes import FullPipes, StuckAtPipe
from engine.recorder.processes.open_files import OpenFiles

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells")
ME = os.getpid()
MUCH = "1000000"  # bytes: more than a pipe holds


@pytest.fixture
def writing() -> Iterator[subprocess.Popen[bytes]]:
    """A program that has come to a full pipe."""
    with subprocess.Popen(["head", "-c", MUCH, "/dev/zero"], stdout=subprocess.PIPE) as program:
        while FullPipes(OpenFiles()).stuck(program.pid, ME) is None:
            assert program.poll() is None
        yield program
        program.kill()


def inode(stream: object) -> int:
    return os.fstat(stream.fileno()).st_ino  # type: ignore[attr-defined]


def test_who_writes_to_a_full_pipe_needs_who_can_read_it(writing: subprocess.Popen[bytes]) -> None:
    assert FullPipes(OpenFiles()).stuck(writing.pid, ME) == StuckAtPipe(
        inode(writing.stdout), True, frozenset({ME}), for_good=True
    )
    assert FullPipes(OpenFiles()).stuck(writing.pid, os.getppid()) is None  # has nothing to do with it
    assert FullPipes(OpenFiles()).stuck(ME, writing.pid) is None


def test_others_that_have_the_end_open_count_once_asked_anew(writing: subprocess.Popen[bytes]) -> None:
    files = OpenFiles()
    pipes = FullPipes(files)
    pipes.stuck(writing.pid, ME)
    with subprocess.Popen(["sleep", "60"], stdin=writing.stdout) as other:
        pipes.ask_anew(time.perf_counter_ns())
        files.forget()
        stuck = pipes.stuck(writing.pid, ME)
        assert stuck is not None
        assert stuck.others == {ME, other.pid}
        other.kill()


def test_who_reads_from_an_empty_pipe_needs_who_can_write_to_it() -> None:
    with subprocess.Popen(["cat"], stdin=subprocess.PIPE) as program:
        while (stuck := FullPipes(OpenFiles()).stuck(program.pid, ME)) is None:
            assert program.poll() is None
        assert stuck == StuckAtPipe(inode(program.stdin), False, frozenset({ME}), for_good=True)
        assert program.stdin is not None
        program.stdin.close()
        program.wait()
        assert FullPipes(OpenFiles()).stuck(program.pid, ME) is None


TIMED = "import signal; signal.signal(signal.SIGALRM, lambda *_: None); open(0, closefd=False).read()"


def test_who_has_a_timer_is_not_stuck_for_good() -> None:
    with subprocess.Popen([sys.executable, "-c", TIMED], stdin=subprocess.PIPE) as program:
        while (stuck := FullPipes(OpenFiles()).stuck(program.pid, ME)) is None:
            assert program.poll() is None
        assert not stuck.for_good
        program.kill()


def test_news_last_until_they_are_forgotten(writing: subprocess.Popen[bytes], monkeypatch: pytest.MonkeyPatch) -> None:
    pipes, second = FullPipes(OpenFiles()), 1_000_000_000
    with monkeypatch.context() as before:
        before.setattr(full_pipes, "pipe_call", lambda _: None)  # it had not come there yet
        assert pipes.stuck(writing.pid) is None
    assert pipes.has_news(second)
    assert pipes.has_news(second)
    pipes.forget()
    assert not pipes.has_news(3 * second)

"""What a recording says of forks: who, where, and beside whom, whatever becomes of the child."""

import subprocess
import sys
from pathlib import Path

import pytest

from engine.analysis.detectors import forked_threads
from engine.session import RunRequest
from tests.engine.recorded import LIMIT_S, record
from tests.engine.test_recorded_programs import record_source

PROGRAM = """
import multiprocessing, os, subprocess, sys, threading
held, stop, lock = threading.Event(), threading.Event(), threading.Lock()
def wait():
    with lock:
        held.set()
        stop.wait()
def fork():
    os.waitpid({fork}, 0)
def in_child():
    if not (pid := os.fork()):
        threading.Event().is_set()
        threading.Lock().acquire()
        os._exit(0)
    return pid
def at_once():
    return os.fork() or os._exit(0)
def launch(method):
    process = multiprocessing.get_context(method).Process(target=str, name="child")
    process.start()
    return process.pid if method != "forkserver" else process.join() or at_once()
def run():
    return subprocess.Popen([sys.executable, "-c", "1"]).pid
if __name__ == "__main__":
    waiting = threading.Thread(target=wait, name="holder")
    waiting.start()
    held.wait()
    forker = threading.Thread(target=fork, name="forker")
    forker.start()
    forker.join()
    stop.set()
"""


@pytest.mark.parametrize(("fork", "severity"), [("in_child()", "warning"), ("at_once()", "info")])
def test_a_fork_is_known_by_its_parent(fork: str, severity: str, tmp_path: Path) -> None:
    """Also when the child ends at once."""
    model = record_source(tmp_path, PROGRAM.format(fork=fork)).model
    [told] = model.forks
    assert model.lane_name(told.lane) == "forker"
    [found] = forked_threads.find(model)
    assert (found["severity"], found["certainty"]) == (severity, "observed")
    assert "was forked by forker, at line " in found["explanation"]
    assert "holder held Lock lock" in found["explanation"]
    stacks = {each["thread"]: [frame["function"] for frame in each["stack"]] for each in found["participants"]}
    assert stacks["forker"][0] == "fork"
    assert stacks["MainThread"] == []


FAILING = """
import ctypes, os, platform, struct, threading

def refuse_forks():
    # The system says EAGAIN to new processes, as it does where there are too many; new threads it allows.
    libc = ctypes.CDLL(None)
    clone = {{"x86_64": 56, "aarch64": 220}}[platform.machine()]
    load, equal, any_of, result, new_thread = 0x20, 0x15, 0x45, 0x06, 0x10000
    rules = (
        (load, 0, 0, 0), (equal, 0, 3, clone), (load, 0, 0, 16), (any_of, 1, 0, new_thread),
        (result, 0, 0, 0x50000 | 11), (result, 0, 0, 0x7FFF0000),
    )
    code = ctypes.create_string_buffer(b"".join(struct.pack("HBBI", *rule) for rule in rules))
    program = ctypes.create_string_buffer(struct.pack("@HP", len(rules), ctypes.addressof(code)))
    libc.prctl(38, 1, 0, 0, 0)
    libc.prctl(22, 2, program, 0, 0)

def try_to_fork():
    try:
        os.fork() or os._exit(0)
    except OSError as error:
        print(type(error).__name__)

stop = threading.Event()
threading.Thread(target=stop.wait).start()
{before}
refuse_forks()
try_to_fork()
stop.set()
"""


def keeps_errors_of_forks() -> bool:
    """Whether a refused fork raises its own error where any hook is registered: CPython 3.11.2 takes what a call in the
    hook has failed with. Asked without recording.
    """
    hook = "os.register_at_fork(after_in_parent=lambda: os.path.exists('nowhere'))"
    plain = subprocess.run(
        [sys.executable, "-c", FAILING.format(before=hook)], capture_output=True, text=True, timeout=LIMIT_S, check=True
    )
    return plain.stdout == "BlockingIOError\n"


@pytest.mark.skipif(sys.platform != "linux", reason="needs what only Linux has")
@pytest.mark.parametrize(("before", "forks"), [("", 0), ("try_to_fork()", 1)])
def test_a_fork_that_failed_is_none(before: str, forks: int, tmp_path: Path) -> None:
    recorded = record_source(tmp_path, FAILING.format(before=before))
    if keeps_errors_of_forks():
        assert recorded.output == "BlockingIOError\n"
    else:
        assert recorded.output.strip() in {each.__name__ for each in (OSError, *OSError.__subclasses__())}
    assert len(list(recorded.model.forks)) == forks
    assert len(forked_threads.find(recorded.model)) == forks


@pytest.mark.parametrize("start", ["in_child()", "launch('fork')", "launch('spawn')", "run()"])
def test_who_started_a_process_is_told(start: str, tmp_path: Path) -> None:
    model = record_source(tmp_path, PROGRAM.format(fork=start)).model
    [child] = [process for process in model.processes if process.parent is not None]
    assert child.starter is not None
    assert model.lane_name(child.starter) == "forker"
    assert child.launched_ns < child.start_ns


def test_who_started_a_process_through_a_fork_server_is_who_asked_for_it(tmp_path: Path) -> None:
    model = record_source(tmp_path, PROGRAM.format(fork="launch('forkserver')")).model
    child = next(process for process in model.processes if process.name == "child")
    assert child.starter is not None
    assert (model.lane_name(child.starter), model.lanes[child.starter].process) == ("forker", 0)


AMIDST = """
import os, threading, warnings
warnings.simplefilter("ignore")
lock, there, over = threading.Lock(), threading.Event(), threading.Event()

def hold():
    with lock:
        pass

def stay_there():
    if threading.current_thread() is holder:
        there.set()
        over.wait()

def take(*args, original=lock.try_raw):
    taken = original(*args)
    stay_there()
    return taken

def give_back(original=lock.release_raw):
    stay_there()
    original()

lock.{where} = {meanwhile}
holder = threading.Thread(target=hold)
holder.start()
there.wait()
pid = os.fork()
if not pid:
    lock.acquire()
os.waitpid(pid, 0)
"""


@pytest.mark.parametrize(("where", "meanwhile"), [("try_raw", "take"), ("release_raw", "give_back")])
def test_a_lock_is_held_from_before_its_taking_is_told_until_after_its_release_is(
    where: str, meanwhile: str, tmp_path: Path
) -> None:
    """A fork that comes in between leaves it locked for good in the child."""
    program = tmp_path / "program.py"
    program.write_text(AMIDST.format(where=where, meanwhile=meanwhile))
    command = [sys.executable, str(program)]
    recorded = record(RunRequest(command, tmp_path / "run.lane", tmp_path, time_limit_s=LIMIT_S, end_on_deadlock=True))
    [found] = recorded.deadlocks()
    assert (found["cause"], recorded.status.ended_by) == ("fork-held-lock", "deadlock")

"""Sessions: a run ends when it should, within two seconds when it must, and leaves nothing but its recording."""

import os
import resource
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np
import psutil
import pytest

from engine.recorder.sampling.sampler import Method, ThreadSampler
from engine.recording.reader import RecordingReader
from engine.recording.schema import STATE_MASK, STATE_ROW, Layer, State
from engine.session import RunRequest, Session, SessionError
from tests.engine.running import PATIENCE_S, Start, output, start, texts, wait_for

__all__ = ["start"]  # a fixture

ROOT = Path(__file__).parents[2]
STOP_S = 2.0
LOADED_MACHINE = 2.0  # how much longer than promised a test lets things take


def run_processes(session: Session) -> list[psutil.Process]:
    """Everything of the run that is alive: by the folder in its environment."""
    found = []
    for process in psutil.process_iter():
        try:
            mark = process.environ().get("LANESCOPE_RUN", "")
            if mark == str(session._folder) and process.status() != psutil.STATUS_ZOMBIE:
                found.append(process)
        except (psutil.Error, OSError):
            continue
    return found


def assert_nothing_is_left(session: Session) -> None:
    assert run_processes(session) == []
    assert session._folder is not None
    assert not session._folder.exists()


def end(session: Session) -> dict[str, Any]:
    (text,) = texts(session, "program-end")
    return text


def test_a_program_runs_to_its_end(start: Start) -> None:
    session = start("import sys\nprint('ready')\nprint('oops', file=sys.stderr)\nsys.exit(3)", until_ready=False)
    status = session.wait(PATIENCE_S)
    assert (status.phase, status.exit_status, status.ended_by) == ("finished", 3, "itself")
    assert [
        (text["stream"], text["text"]) for text in sorted(texts(session, "output"), key=lambda text: text["stream"])
    ] == [
        (1, "ready\n"),
        (2, "oops\n"),
    ]
    assert (end(session)["exit_status"], end(session)["ended_by"]) == (3, "itself")
    assert texts(session, "end")
    assert_nothing_is_left(session)


def test_a_program_that_dies_is_reported_with_its_signal(start: Start) -> None:
    source = "import faulthandler, os, signal\nfaulthandler.enable()\nos.kill(os.getpid(), signal.SIGSEGV)"
    session = start(source, until_ready=False)
    status = session.wait(PATIENCE_S)
    assert (status.exit_status, status.ended_by) == (-signal.SIGSEGV, f"signal {int(signal.SIGSEGV)}")
    assert "Fatal Python error: Segmentation fault" in output(session)
    (process,) = texts(session, "process-end")
    assert process["exit_status"] == -signal.SIGSEGV


STUBBORN = {
    "a busy loop": "print('ready', flush=True)\nwhile True: pass",
    "deaf to Ctrl-C and to being told": """
import signal, time
for number in (signal.SIGINT, signal.SIGTERM): signal.signal(number, signal.SIG_IGN)
print('ready', flush=True)
while True: time.sleep(60)
""",
    "asleep in C": "import ctypes\nprint('ready', flush=True)\nctypes.PyDLL(None).sleep(600)",
    "deadlocked": """
import threading
lock = threading.Lock()
lock.acquire()
threading.Thread(target=lock.acquire).start()
print('ready', flush=True)
lock.acquire()
""",
    "stopped": "import os, signal\nprint('ready', flush=True)\nos.kill(os.getpid(), signal.SIGSTOP)",
    "a deep tree": """
import os, signal, sys, time
signal.signal(signal.SIGINT, signal.SIG_IGN)
signal.signal(signal.SIGTERM, signal.SIG_IGN)
depth = 0
while depth < 12 and os.fork() == 0:
    depth += 1
    if depth % 3 == 0: os.setsid()
if depth == 12: print('ready', flush=True)
while True: time.sleep(60)
""",
    "orphans": """
import os, signal, sys, time
if os.fork() == 0:
    if os.fork() == 0:
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        time.sleep(0.2)
        print('ready', flush=True)
        time.sleep(600)
    os._exit(0)
os.wait()
time.sleep(600)
""",
    "a crowd that replaces itself": """
import os, signal, time
for number in (signal.SIGINT, signal.SIGTERM): signal.signal(number, signal.SIG_IGN)
reader, writer = os.pipe()
os.set_blocking(reader, False)
os.write(writer, b"." * 120)  # as many processes at most
root, end = os.getpid(), time.monotonic() + 30
while time.monotonic() < end:
    try:
        os.read(reader, 1)
    except BlockingIOError:
        if os.getpid() == root: print('ready', flush=True)
        time.sleep(0.1)
    else:
        if os.fork() == 0: os.setsid()
    if os.getpid() != root and time.monotonic() % 1 < 0.02:
        break
    time.sleep(0.02)
    try:
        while os.getpid() == root and os.waitid(os.P_ALL, 0, os.WEXITED | os.WNOHANG) is not None: pass
    except ChildProcessError: pass  # all have ended at once
os.write(writer, b".")
os._exit(0)
""",
    # Every process starts others all the time. For the test's own sake it ends by itself: in time and in number.
    "a fork bomb": """
import os, signal, time
os.nice(19)
for number in (signal.SIGINT, signal.SIGTERM): signal.signal(number, signal.SIG_IGN)
reader, writer = os.pipe()
os.set_blocking(reader, False)
os.write(writer, b"." * 400)
print('ready', flush=True)
root, end = os.getpid(), time.monotonic() + 4
while time.monotonic() < end:
    try:
        os.read(reader, 1)
        os.fork()
    except BlockingIOError:
        time.sleep(0.1)
""",
    "spawned workers and their semaphores": """
import multiprocessing, time
def work(lock, queue):
    with lock: queue.get()
if __name__ == "__main__":
    context = multiprocessing.get_context("spawn")
    lock, queue = context.Lock(), context.Queue()
    workers = [context.Process(target=work, args=(lock, queue)) for _ in range(3)]
    for worker in workers: worker.start()
    print("semaphore", lock._semlock.name)
    print('ready', flush=True)
    for worker in workers: worker.join()
""",
}


# A bomb disturbs what else the machine does: not at every commit.
CASES = [
    pytest.param(source, id=name, marks=[pytest.mark.full] if name == "a fork bomb" else [])
    for name, source in STUBBORN.items()
]


@pytest.mark.parametrize("source", CASES)
def test_stop_ends_whatever_it_is_within_two_seconds(start: Start, source: str) -> None:
    session = start(source)
    began = time.monotonic()
    session.stop()
    status = session.wait(PATIENCE_S)
    took = time.monotonic() - began
    assert (status.phase, status.ended_by) == ("finished", "stop"), status
    assert took < STOP_S * LOADED_MACHINE
    assert_nothing_is_left(session)
    semaphores = [line.removeprefix("semaphore /") for line in output(session).splitlines() if "semaphore /" in line]
    assert not any(Path("/dev/shm", f"sem.{name}").exists() for name in semaphores)
    assert end(session)["ended_by"] == "stop"
    assert "ready" in output(session)


def test_that_nobody_is_left_is_told_before_everything_is_taken_in(tmp_path: Path) -> None:
    session = Session(RunRequest([sys.executable], tmp_path / "run.lane", tmp_path))
    phases = []
    for message in ({"phase": "stopping"}, {"gone": True}, {"phase": "running", "pid": 1}, {"phase": "stopping"},
                    {"gone": True}, {"phase": "stopping"}):  # fmt: skip
        session._take(message)
        phases.append(session._status.phase)
    assert phases == ["stopping", "stopping", "stopping", "stopping", "stopped", "stopped"]


def test_a_recorder_that_is_held_up_does_not_hold_up_stop(start: Start) -> None:
    session = start(STUBBORN["a busy loop"])
    assert session._recorder is not None
    assert session._channel is not None
    program, recorder = psutil.Process(session.poll().pid), session._recorder.pid
    os.kill(recorder, signal.SIGSTOP)
    session._channel.send({"command": "stop"})  # session.stop would wake the recorder
    wait_for(lambda: program.status() == psutil.STATUS_ZOMBIE, session)
    os.kill(recorder, signal.SIGCONT)
    assert session.wait(PATIENCE_S).ended_by == "stop"
    assert_nothing_is_left(session)


def test_kill_ends_it_at_once(start: Start) -> None:
    session = start(STUBBORN["a deep tree"])
    session.kill()
    assert session.wait(PATIENCE_S).ended_by == "stop"
    assert_nothing_is_left(session)


def test_the_time_limit(start: Start) -> None:
    session = start(STUBBORN["a busy loop"], time_limit_s=0.5)
    assert session.wait(PATIENCE_S).ended_by == "time limit"


def test_closing_a_session_ends_its_run(start: Start) -> None:
    session = start(STUBBORN["a busy loop"])
    session.close()
    assert session.poll().over
    assert_nothing_is_left(session)


def test_a_killed_recorder_leaves_nothing_and_the_recording_is_readable(start: Start) -> None:
    session = start(STUBBORN["a deep tree"])
    assert session._recorder is not None
    os.kill(session._recorder.pid, signal.SIGKILL)
    status = session.wait(PATIENCE_S)
    assert status.phase == "failed"
    assert status.message == "The recorder was killed (signal 9); the recording holds what happened before."
    assert_nothing_is_left(session)
    assert "ready" in output(session)
    assert texts(session, "program-end") == []


def test_the_run_ends_when_whoever_started_it_dies(tmp_path: Path) -> None:
    (tmp_path / "program.py").write_text(STUBBORN["a busy loop"])
    starter = f"""
import os, signal, sys
from pathlib import Path
sys.path.insert(0, {str(ROOT)!r})
from engine.session import RunRequest, Session
session = Session(RunRequest([sys.executable, "program.py"], Path("run.lane"), Path({str(tmp_path)!r})))
session.start()
while session.poll().pid is None: pass
print(session.poll().pid, session._folder, flush=True)
os.kill(os.getpid(), signal.SIGKILL)
"""
    done = subprocess.run([sys.executable, "-c", starter], cwd=tmp_path, capture_output=True, text=True, check=False)
    pid, folder = done.stdout.split()
    deadline = time.monotonic() + PATIENCE_S
    while psutil.pid_exists(int(pid)) or Path(folder).exists():
        assert time.monotonic() < deadline
        time.sleep(0.02)


def test_two_sessions_at_once_do_not_disturb_each_other(start: Start) -> None:
    first, second = start(STUBBORN["deadlocked"]), start(STUBBORN["a busy loop"])
    first.stop()
    assert first.wait(PATIENCE_S).phase == "finished"
    assert second.poll().phase == "running"
    second.stop()
    assert second.wait(PATIENCE_S).phase == "finished"
    assert [len(texts(session, "process")) for session in (first, second)] == [1, 1]


def test_what_a_program_leaves_behind_ends_with_it(start: Start) -> None:
    source = "import os, time\nif os.fork() == 0:\n    time.sleep(600)"
    session = start(source, until_ready=False)
    assert session.wait(PATIENCE_S).ended_by == "itself"
    assert_nothing_is_left(session)


def test_a_recording_that_cannot_be_written_is_said_in_one_line(start: Start, tmp_path: Path) -> None:
    with pytest.raises(SessionError) as refused:
        start("print('ready')", until_ready=False, recording=tmp_path / "nowhere" / "run.lane")
    assert str(refused.value) == (
        f"Cannot write the recording {tmp_path}/nowhere/run.lane: No such file or directory. Choose another place."
    )


def test_a_recording_in_the_making_is_not_replaced(start: Start, tmp_path: Path) -> None:
    path = tmp_path / "run.lane"
    first = start("print('ready', flush=True)\nimport time\ntime.sleep(60)", recording=path)
    with pytest.raises(SessionError, match="is being recorded right now"):
        start("print('ready')", until_ready=False, recording=path)
    first.stop()
    assert first.wait(PATIENCE_S).ended_by == "stop"
    assert_nothing_is_left(first)


def test_folders_of_multiprocessing_are_removed_with_the_killed(start: Start) -> None:
    session = start("import multiprocessing.util, signal, time\n"
                    "for number in (signal.SIGINT, signal.SIGTERM): signal.signal(number, signal.SIG_IGN)\n"
                    "print('ready', multiprocessing.util.get_temp_dir(), flush=True)\ntime.sleep(60)")  # fmt: skip
    folder = Path(output(session).split()[1])
    assert folder.is_dir()
    session.stop()
    session.wait(PATIENCE_S)
    assert not folder.exists()
    assert_nothing_is_left(session)


def test_shared_memory_and_semaphores_are_removed_with_the_killed(start: Start) -> None:
    source = """
import multiprocessing.resource_tracker, multiprocessing.shared_memory, signal, time
for number in (signal.SIGINT, signal.SIGTERM): signal.signal(number, signal.SIG_IGN)
multiprocessing.resource_tracker.register = lambda *_: None  # as if it were killed before it comes to that
memory = multiprocessing.shared_memory.SharedMemory(create=True, size=100)
lock = multiprocessing.get_context("spawn").Lock()
print("ready", memory.name, "sem." + lock._semlock.name.removeprefix("/"), flush=True)
time.sleep(60)
"""
    session = start(source)
    wait_for(lambda: output(session).endswith("\n"), session)
    files = [Path("/dev/shm", name) for name in output(session).split()[1:]]
    if not all(file.exists() for file in files):
        pytest.skip("this system keeps them elsewhere")
    session.stop()
    session.wait(PATIENCE_S)
    assert not any(file.exists() for file in files)
    assert_nothing_is_left(session)


def test_only_files_are_replaced(start: Start, tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    for path in (pipe, tmp_path):
        with pytest.raises(SessionError, match="is no file"):
            start("print('ready')", until_ready=False, recording=path)
    assert pipe.is_fifo()


def test_a_killed_recorder_leaves_no_child_with_another_environment(start: Start) -> None:
    session = start(
        "import subprocess, time\n"
        "child = subprocess.Popen(['/bin/sleep', '60'], env={}, stdout=subprocess.DEVNULL)\n"
        "print('ready', child.pid, flush=True)\n"
        "time.sleep(60)"
    )
    wait_for(lambda: output(session).endswith("\n"), session)
    child = psutil.Process(int(output(session).split()[1]))
    assert session._recorder is not None
    os.kill(session._recorder.pid, signal.SIGKILL)
    assert session.wait(PATIENCE_S).ended_by == "recorder lost"
    child.wait(PATIENCE_S)
    assert_nothing_is_left(session)


def test_a_stop_that_comes_at_once_is_heard(start: Start) -> None:
    session = start("import time\ntime.sleep(60)", until_ready=False)
    session.stop()
    status = session.wait(PATIENCE_S)
    assert (status.phase, status.ended_by) == ("finished", "stop")
    assert_nothing_is_left(session)


def test_a_disk_that_fills_up_does_not_stop_the_program(start: Start, tmp_path: Path) -> None:
    session = start("print('ready', flush=True)\nimport os, time\n"
                    "while not os.path.exists('go'): time.sleep(0.01)\nopen('done', 'w').write('all')")  # fmt: skip
    assert session._recorder is not None
    full = (1, resource.RLIM_INFINITY)  # no file of the recorder may grow: as a full disk
    resource.prlimit(session._recorder.pid, resource.RLIMIT_FSIZE, full)
    (tmp_path / "go").touch()
    status = session.wait(PATIENCE_S)
    assert (status.phase, status.exit_status) == ("finished", 0)
    assert status.message.startswith(f"Cannot write to {tmp_path}/run0.lane: ")
    assert (tmp_path / "done").read_text() == "all"
    assert "ready" in output(session)
    assert_nothing_is_left(session)


def test_an_interpreter_that_cannot_be_started_is_said_in_one_line(tmp_path: Path) -> None:
    session = Session(RunRequest(["/nowhere/python", "x.py"], tmp_path / "run.lane", tmp_path))
    session.start()
    status = session.wait(PATIENCE_S)
    session.close()
    assert status.message == "Cannot start /nowhere/python: No such file or directory. Choose another interpreter."
    assert not (tmp_path / "run.lane").exists()


def test_a_recording_is_replaced_and_anything_else_is_not(start: Start, tmp_path: Path) -> None:
    notes = tmp_path / "notes.txt"
    notes.write_text("mine")
    with pytest.raises(SessionError, match="exists and is no recording"):
        start("pass", recording=notes)
    assert notes.read_text() == "mine"
    for text in ("first", "second"):
        session = start(f"print({text!r})", until_ready=False, recording=tmp_path / "run.lane")
        session.wait(PATIENCE_S)
        assert output(session) == text + "\n"


def test_the_program_is_told_nothing_of_lanescope(start: Start) -> None:
    source = """
import os, sys, threading, warnings
print([name for name in os.environ if "LANESCOPE_RUN" == name], [path for path in sys.path if "tracer" in path])
print(sys.argv[1:], __name__, threading.active_count())
"""
    session = start(source, until_ready=False)
    session.wait(PATIENCE_S)
    assert output(session) == "[] []\n[] __main__ 1\n"


CPU = """
import threading, time
end = time.perf_counter() + 0.8
def work():
    while time.perf_counter() < end:
        sum(range(1000))
threads = [threading.Thread(target=work, name="worker") for _ in range(4)]
for thread in threads: thread.start()
for thread in threads: thread.join()
"""


@pytest.mark.skipif(ThreadSampler().method is Method.NONE, reason="this system does not tell the CPU time of threads")
def test_threads_that_share_a_gil_are_not_all_painted_as_running(start: Start) -> None:
    session = start(CPU, until_ready=False)
    session.wait(PATIENCE_S)
    lanes = {lane["id"]: lane["start_ns"] for lane in texts(session, "lane") if lane["name"] == "worker"}
    totals = dict.fromkeys(State, 0)
    with RecordingReader(session.request.recording) as reader:
        while batch := reader.poll():
            for lane, end_ns, code, _ in batch.rows.get(Layer.STATES, np.empty(0, STATE_ROW)).tolist():
                if lane in lanes:
                    totals[State(code & STATE_MASK)] += end_ns - lanes[lane]
                    lanes[lane] = end_ns
    assert len(lanes) == 4
    assert 0 < totals[State.RUNNING] < sum(totals.values()) / 2
    assert totals[State.GIL_WAIT] > 0

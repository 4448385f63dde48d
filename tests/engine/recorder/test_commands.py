"""`main.py run` and `main.py record`, as typed."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest

from engine.recording.reader import RecordingReader

MAIN = Path(__file__).parents[3] / "main.py"


def main(*words: str, cwd: Path, stdin: str = "") -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, str(MAIN), *words],
        cwd=cwd,
        input=stdin,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def test_run_tells_of_the_deadlock_and_is_content(tmp_path: Path) -> None:
    done = main("run", "two_locks", "--set", "deposits=1", "--json", "-o", "run.lane", cwd=tmp_path)
    assert done.returncode == 0
    summary = json.loads(done.stdout)
    assert summary["verdict"] == "deadlock"
    assert summary["program"]["ended_by"] == "deadlock"
    assert done.stderr == f"main.py run: recorded in {tmp_path}/run.lane\n"


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["run", "two_lokcs"], "there is no scenario 'two_lokcs': did you mean"),
        (["run", "two_locks", "--workers", "1000"], "workers must be from 2 to 64 for two_locks, not 1000"),
        (["run", "two_locks", "--set", "deposits"], "--set takes NAME=VALUE, not 'deposits'"),
        (["run", "two_locks", "--set", "deposits=x"], "deposits must be a whole number, not 'x'"),
        (["run", "two_locks", "-o", "nowhere/run.lane"], "cannot write the recording"),
        (["record"], "nothing to run: name a script, or -m and a module"),
        (["record", "nowhere.py"], "there is no script nowhere.py"),
        (["record", "--interpreter", "/bin/cat", "-m", "json"], "is not a Python"),
        (["record", "--time-limit", "0", "-m", "json"], "the time limit must be more than 0 s, not 0"),
    ],
)
def test_bad_input_is_one_line_and_status_2(tmp_path: Path, words: list[str], message: str) -> None:
    done = main(*words, cwd=tmp_path)
    assert (done.returncode, done.stdout) == (2, "")
    assert message in done.stderr
    assert done.stderr.count("\n") == 1


def test_record_passes_everything_through(tmp_path: Path) -> None:
    (tmp_path / "program.py").write_text(
        "import sys\nprint(sys.argv, input())\nprint('words', file=sys.stderr)\nsys.exit(5)"
    )
    done = main("record", "-o", "run.lane", "--", "program.py", "-o", "--json", cwd=tmp_path, stdin="typed\n")
    assert done.returncode == 5
    assert done.stdout == "['program.py', '-o', '--json'] typed\n"
    assert done.stderr == f"words\nmain.py record: recorded in {tmp_path}/run.lane\n"


def test_record_runs_modules(tmp_path: Path) -> None:
    (tmp_path / "module.py").write_text("import sys\nprint(__name__, sys.argv[1:])")
    done = main("record", "-o", "run.lane", "-m", "module", "-m", "x", cwd=tmp_path)
    assert (done.returncode, done.stdout) == (0, "__main__ ['-m', 'x']\n")


def test_interrupting_keeps_the_recording(tmp_path: Path) -> None:
    (tmp_path / "program.py").write_text(
        "import sys, time\ntry:\n    print('ready', flush=True)\n    time.sleep(60)\n"
        "except KeyboardInterrupt:\n    print('interrupted')\n    sys.exit(7)"
    )
    process = subprocess.Popen(
        [sys.executable, str(MAIN), "record", "-o", "run.lane", "program.py"],
        cwd=tmp_path, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, start_new_session=True,
    )  # fmt: skip
    assert process.stdout is not None
    assert process.stdout.readline() == "ready\n"
    os.killpg(process.pid, signal.SIGINT)  # as a terminal does
    output, _ = process.communicate(timeout=30)
    assert (process.returncode, output) == (7, "interrupted\n")
    with RecordingReader(tmp_path / "run.lane") as reader:
        batch = reader.poll()
        assert any(text["type"] == "end" for text in batch.texts)


def test_being_told_to_end_ends_the_program_first(tmp_path: Path) -> None:
    (tmp_path / "program.py").write_text("import os, time\nprint(os.getpid(), flush=True)\nwhile True: time.sleep(9)")
    process = subprocess.Popen(
        [sys.executable, str(MAIN), "record", "-o", "run.lane", "program.py"],
        cwd=tmp_path, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True,
    )  # fmt: skip
    assert process.stdout is not None
    pid = int(process.stdout.readline())
    process.terminate()
    process.communicate(timeout=30)
    deadline = time.monotonic() + 10
    while Path(f"/proc/{pid}").exists():
        assert time.monotonic() < deadline
        time.sleep(0.01)


def test_nothing_goes_on_unseen_when_the_recorder_is_killed(tmp_path: Path) -> None:
    (tmp_path / "program.py").write_text(
        "import subprocess, time\n"
        "child = subprocess.Popen(['/bin/sleep', '60'], env={}, start_new_session=True)\n"
        "print(child.pid, flush=True)\n"
        "time.sleep(60)"
    )
    process = subprocess.Popen(
        [sys.executable, str(MAIN), "record", "-o", "run.lane", "program.py"],
        cwd=tmp_path, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    assert process.stdout is not None
    child = psutil.Process(int(process.stdout.readline()))
    (recorder,) = psutil.Process(process.pid).children()
    recorder.kill()
    child.wait(20)
    _, errors = process.communicate(timeout=30)
    assert process.returncode == 1
    assert errors.startswith("main.py record: the recorder was killed (signal 9); the recording holds")


DEADLOCK = """\
import threading, time
left, right = threading.Lock(), threading.Lock()
both = threading.Barrier(2)
def work(first, second):
    with first:
        both.wait()
        with second:
            print("went on", flush=True)
            while True: time.sleep(1)
threading.Thread(target=work, args=(left, right), name="worker-1").start()
threading.Thread(target=work, args=(right, left), name="worker-2").start()
"""


def test_record_says_how_it_ended_and_what_was_found(tmp_path: Path) -> None:
    (tmp_path / "program.py").write_text(DEADLOCK)
    done = main("record", "--time-limit", "1.5", "-o", "a run.lane", "program.py", cwd=tmp_path)
    lines = [line for line in done.stderr.splitlines() if line.startswith("main.py record: ")]
    assert lines == [
        "main.py record: ended at the time limit of 1.5 s",
        "main.py record: deadlock: worker-1 holds left and waits for right; worker-2 holds right and waits for left",
        f"main.py record: recorded in {tmp_path}/a run.lane",
        f"main.py record: main.py report '{tmp_path}/a run.lane' tells more",
    ]
    assert "went on" not in done.stdout  # with the lock that the other gave up
    findings = json.loads(main("report", "--json", "a run.lane", cwd=tmp_path).stdout)["findings"]
    assert [found["kind"] for found in findings] == ["deadlock"]


NOTIFIED = """\
import threading, time
condition = threading.Condition()
def work():
    while True:
        with condition:
            condition.wait(0.001)
            time.sleep(0.002)
for _ in range(5): threading.Thread(target=work).start()
"""


@pytest.mark.parametrize("lock", ["", "threading.Lock()"])
def test_an_abort_leaves_conditions_in_order(tmp_path: Path, lock: str) -> None:
    (tmp_path / "program.py").write_text(NOTIFIED.replace("Condition()", f"Condition({lock})"))
    done = main("record", "--time-limit", "1", "-o", "run.lane", "program.py", cwd=tmp_path)
    assert "ended at the time limit of 1 s" in done.stderr
    assert "RuntimeError" not in done.stderr  # a lock that was not taken again cannot be released

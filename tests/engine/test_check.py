"""`main.py check`: its exit statuses, its JSON, its words, and the proof of a prediction."""

import ctypes
import json
import os
import py_compile
import subprocess
import sys
import zipfile
from pathlib import Path
from typing import Any

import pytest

from engine import commands
from engine.recording.reader import RecordingReader
from engine.recording.writer import RecordingWriter
from engine.session import RunRequest, SessionStatus

ROOT = Path(__file__).parents[2]
CORPUS = ROOT / "tests" / "engine" / "corpus"
FINDING = {
    "kind", "severity", "certainty", "cause", "title", "explanation", "advice", "participants", "start_ns", "end_ns",
}  # fmt: skip
DEADLOCK = """
import threading
print("on its way", flush=True)
locks = [threading.Lock(), threading.Lock()]
together = threading.Barrier(2)
def work(first, second):
    with first:
        together.wait()
        with second:
            pass
orders = [locks, locks[::-1]]
threads = [threading.Thread(target=work, args=order, name=f"worker-{n}") for n, order in enumerate(orders)]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
"""


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("LANESCOPE_HOME", str(tmp_path / "home"))
    return tmp_path / "home"


def check(*arguments: object, cwd: Path = ROOT) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, str(ROOT / "main.py"), "check", *map(str, arguments)]
    return subprocess.run(command, cwd=cwd, capture_output=True, text=True, check=False, timeout=90)


def status_without_a_reader(*arguments: object) -> int:
    """As behind a pipe to `head` that has read enough."""
    reader, writer = os.pipe()
    os.close(reader)
    try:
        command = [sys.executable, str(ROOT / "main.py"), "check", *map(str, arguments)]
        return subprocess.run(command, stdout=writer, check=False, timeout=90).returncode
    finally:
        os.close(writer)


def kept(home: Path) -> list[Path]:
    return sorted((home / "recordings").glob("*.lane"))


def test_a_deadlock_ends_the_program_and_is_reported(tmp_path: Path, home: Path) -> None:
    script = tmp_path / "stuck.py"
    script.write_text(DEADLOCK)
    done = check("--json", "--", script)
    assert done.returncode == 1, done.stderr
    report: dict[str, Any] = json.loads(done.stdout)
    assert set(report) == {"schema", "verdict", "findings", "program", "recording"}
    assert (report["schema"], report["verdict"]) == (1, "deadlock")
    assert report["program"]["ended_by"] == "deadlock"
    assert set(report["recording"]) == {"events", "dropped", "lanes", "processes", "overhead_percent"}
    found = report["findings"][0]
    assert set(found) == FINDING
    assert (found["certainty"], found["cause"]) == ("observed", "lock-cycle")
    assert {each["thread"] for each in found["participants"]} == {"worker-0", "worker-1"}
    assert all(set(each) == {"process", "thread", "waits_for", "holds", "stack"} for each in found["participants"])
    assert "on its way" in done.stderr, "the program's output makes room for the report"
    (recording,) = kept(home)
    again = check(recording)
    assert again.returncode == 1
    assert "DEADLOCK" in again.stdout
    assert "worker-0" in again.stdout
    assert status_without_a_reader(recording) == status_without_a_reader("--json", recording) == 1


def test_a_wait_that_nobody_can_end_is_told_with_its_line(tmp_path: Path) -> None:
    script = tmp_path / "forgets.py"
    script.write_text("import threading\ndone = threading.Event()\ndone.wait()\n")
    found = check("--", script.name, cwd=tmp_path)
    assert found.returncode == 1, found.stderr
    assert "waits for Event done (forgets.py:2)\n        at forgets.py:3 in <module>" in found.stdout
    assert "interrupted" in found.stderr, "where the program's KeyboardInterrupt comes from"


def test_what_is_clean_leaves_nothing_behind(home: Path) -> None:
    done = check("--json", CORPUS / "gate_lock.py")
    assert done.returncode == 0, done.stderr
    report = json.loads(done.stdout)
    assert (report["verdict"], report["findings"]) == ("clean", [])
    assert report["program"] == {"exit_status": 0, "ended_by": "itself"}
    assert kept(home) == []


def test_what_cannot_become_a_deadlock_is_explained_when_asked(tmp_path: Path) -> None:
    path = tmp_path / "gate.lane"
    done = check("--verbose", "-o", path, CORPUS / "gate_lock.py")
    assert done.returncode == 0, done.stderr
    assert "accounts and audit are taken in opposite orders, but gate is held meanwhile" in done.stdout
    assert json.loads(check("--json", "--verbose", path).stdout)["excluded"]
    assert "excluded" not in json.loads(check("--json", path).stdout), "the fixed schema"


@pytest.mark.parametrize(
    ("program", "cause", "verdict"),
    [
        (("slow_transfer.py",), "lock-cycle", "potential"),
        (("slow_transfer_processes.py", "fork"), "process-lock-cycle", "potential"),
        (("timeout_between.py", "threads"), "lock-cycle", "clean"),  # but for a wait
        pytest.param(("results_of_a_set.py",), "lock-cycle", None, marks=pytest.mark.full),
        pytest.param(("timeout_between.py", "processes"), "process-lock-cycle", "clean", marks=pytest.mark.full),
    ],
    ids=["threads", "processes", "but for a wait of threads", "by the order of a set", "but for a wait of processes"],
)
def test_a_prediction_is_proven(
    program: tuple[str, ...], cause: str, verdict: str | None, tmp_path: Path, home: Path
) -> None:
    done = check("--prove", "-o", tmp_path / "first.lane", CORPUS / program[0], *program[1:])
    assert done.returncode == 1, done.stderr
    assert f"confirmed, {cause}" in done.stdout
    assert "CONFIRMED DEADLOCK" in done.stdout
    assert "confirmed in run" in done.stderr
    (recording,) = kept(home)
    with RecordingReader(recording) as reader:
        assert reader.header["steered"]
    proven = check("--json", recording)
    assert json.loads(proven.stdout)["verdict"] == "deadlock"
    first = json.loads(check("--json", tmp_path / "first.lane").stdout)["verdict"]
    assert first == verdict or (verdict is None and first in {"clean", "potential"}), "chance"


def test_what_waits_keep_from_happening_is_not_proven() -> None:
    done = check("--prove", "--runs", "1", CORPUS / "condition_between.py")
    assert done.returncode == 0, done.stderr
    assert "not reproduced in 1 run. That does not rule it out." in " ".join(done.stdout.split())
    assert "CLEAN, but for a wait" in done.stdout


def test_what_not_enough_is_recorded_of_is_called_so() -> None:
    done = check(CORPUS / "over_the_limit.py", "orders")
    assert done.returncode == 0, done.stderr
    assert "CLEAN, as far as is recorded" in done.stdout


@pytest.mark.parametrize("program", ["slow_transfer.py", "gate_lock.py", "embrace.py"])
def test_a_recording_is_told_what_the_run_that_made_it_was_told(program: str, tmp_path: Path) -> None:
    path = tmp_path / "run.lane"
    live, saved = check("--json", "-o", path, CORPUS / program), check("--json", path)
    assert live.returncode == saved.returncode
    assert json.loads(live.stdout) == json.loads(saved.stdout)


def test_half_a_recording_is_no_all_clear(tmp_path: Path) -> None:
    """As one whose recorder was killed is."""
    path, part = tmp_path / "run.lane", tmp_path / "part.lane"
    assert "CLEAN. No deadlock happened" in check("-o", path, CORPUS / "gate_lock.py").stdout
    for share in (0.3, 0.8):
        part.write_bytes(path.read_bytes()[: int(path.stat().st_size * share)])
        done = check(part)
        assert done.returncode == 0, done.stderr
        assert "The history is incomplete" in done.stdout
        assert "CLEAN, as far as it goes. No deadlock happened until then;" in done.stdout
        assert "allows none" not in done.stdout


def test_scenarios_are_checked_by_their_files() -> None:
    done = check("--json", "engine/scenarios/two_locks.py", "--workers", "2")
    assert done.returncode == 1, done.stderr
    assert json.loads(done.stdout)["verdict"] == "deadlock"


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("nowhere.py",), "there is no script nowhere.py"),
        (("-m", "no_such_module_anywhere"), "there is no module no_such_module_anywhere"),
        (("broken.py",), "broken.py is no Python"),
        (("-m", "broken"), "broken is no Python"),
        (("-m", "package"), "package is a package without __main__"),
        (("-m", "package.nowhere"), "there is no module package.nowhere"),
        (("package",), "package has no __main__.py in it"),
        (("",), "nothing to run"),
        (("-m", ""), "-m needs a module"),
        (("--jsn", "fine.py"), "unrecognized arguments: --jsn; main.py check --help"),
        (("nowhere.lane",), "nowhere.lane cannot be read"),
        (("text.lane",), "text.lane is no"),
        (("--interpreter", "/nowhere/python", "fine.py"), "/nowhere/python"),
        (("--time-limit", "0", "fine.py"), "time limit"),
        (("--runs", "0", "fine.py"), "--runs takes a number from 1 on"),
        ((), "nothing to run"),
    ],
)
def test_what_cannot_be_run_is_said_in_one_line(arguments: tuple[str, ...], words: str, tmp_path: Path) -> None:
    (tmp_path / "fine.py").write_text("pass\n")
    (tmp_path / "broken.py").write_text("def (\n")
    (tmp_path / "text.lane").write_text("no recording\n")
    (tmp_path / "package").mkdir()
    (tmp_path / "package" / "__init__.py").touch()
    done = check(*arguments, cwd=tmp_path)
    assert done.returncode == 2
    own = [line for line in done.stderr.splitlines() if line.startswith("main.py check:")]
    assert len(own) == 1
    assert words in own[0]
    assert done.stdout == ""


def without_privileges() -> None:
    """In a child that is to run as root: it may not read everything."""
    for capability in (1, 2):  # CAP_DAC_OVERRIDE, CAP_DAC_READ_SEARCH
        ctypes.CDLL(None).prctl(24, capability, 0, 0, 0)  # PR_CAPBSET_DROP


@pytest.mark.skipif(sys.platform != "linux", reason="root may read everything")
def test_a_script_that_may_not_be_read_is_refused(tmp_path: Path) -> None:
    script = tmp_path / "secret.py"
    script.write_text("pass\n")
    script.chmod(0)
    command = [sys.executable, str(ROOT / "main.py"), "check", script.name]
    done = subprocess.run(
        command, cwd=tmp_path, capture_output=True, text=True, check=False, timeout=90, preexec_fn=without_privileges
    )
    words = "main.py check: the script secret.py may not be read; give yourself the permission\n"
    assert (done.returncode, done.stdout, done.stderr) == (2, "", words)


FAILS = "import sys\nsys.exit(1)\n"


@pytest.mark.parametrize(
    "form",
    [
        "folder",
        pytest.param("archive", marks=pytest.mark.full),
        pytest.param("compiled", marks=pytest.mark.full),
        "module",
        pytest.param("package", marks=pytest.mark.full),
        "importing a package",
    ],
)
def test_what_was_run_and_failed_is_checked(form: str, tmp_path: Path) -> None:
    """Python has the same exit status for what it cannot run."""
    script = tmp_path / "fails.py"
    script.write_text(FAILS)
    (tmp_path / "package").mkdir()
    for name in ("__main__", "part"):
        (tmp_path / "package" / f"{name}.py").write_text(FAILS)
    imported = "import sys\nif 'package.part' in sys.argv[1:]: raise ValueError\n"  # not by Python itself
    (tmp_path / "package" / "__init__.py").write_text(imported)
    with zipfile.ZipFile(tmp_path / "archive", "w") as archive:
        archive.writestr("__main__.py", FAILS)
    py_compile.compile(str(script), str(tmp_path / "compiled"))
    words = {
        "folder": ["package"],
        "module": ["-m", "fails"],
        "package": ["-m", "package"],
        "importing a package": ["-m", "package.part"],
    }.get(form, [form])
    done = check("--json", *words, cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["program"] == {"exit_status": 1, "ended_by": "itself"}


@pytest.mark.parametrize("source", ["raise ValueError('no')", "import os\nos.kill(os.getpid(), 9)"])
def test_a_program_that_was_cut_short_is_not_called_clean_to_its_end(source: str, tmp_path: Path) -> None:
    script = tmp_path / "short.py"
    script.write_text(source)
    done = check(script)
    assert done.returncode == 0, done.stderr
    assert "CLEAN, as far as it goes. No deadlock happened until then;" in done.stdout


KILLS_ITS_RECORDER = f"""
import os, signal, sys, time
sys.path.insert(0, {str(ROOT)!r})
from engine.recording.reader import RecordingReader
with RecordingReader(sys.argv[1]) as reader:
    while not any(text["type"] == "process" for text in reader.poll().texts):
        time.sleep(0.01)
os.kill(os.getppid(), signal.SIGKILL)
time.sleep(60)
"""


def test_nobody_is_told_that_all_is_well_when_the_recorder_was_lost(tmp_path: Path) -> None:
    script, path = tmp_path / "kills.py", tmp_path / "run.lane"
    script.write_text(KILLS_ITS_RECORDER)
    done = check("--json", "-o", path, script, path)
    assert done.returncode == 2, done.stderr
    assert "the recorder was killed (signal 9); the recording holds what happened before" in done.stderr
    assert "what came later was not recorded and not checked" in done.stderr
    report = json.loads(done.stdout)
    assert (report["verdict"], report["recording"]["processes"]) == ("clean", 1)
    assert report["program"] == {"exit_status": None, "ended_by": "signal 9"}, "it ends with its recorder"


@pytest.mark.parametrize(
    ("status", "words"),
    [
        (SessionStatus("failed", "The recorder was killed (signal 9); all is lost."), "(signal 9) before anything was"),
        (SessionStatus("finished", "Cannot write: no space. Free some."), "cannot write: no space. Free some\n"),
        (SessionStatus("finished", exit_status=0, ended_by="itself"), "fine.py is not Python, or was started with -I"),
    ],
    ids=["recorder lost", "disk full", "not Python"],
)
def test_a_recording_of_nothing_is_explained(
    status: SessionStatus,
    words: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    def run(request: RunRequest) -> SessionStatus:
        RecordingWriter(request.recording, {"start_ns": 0}).close(1)
        return status

    monkeypatch.setattr("engine.commands.check.run_in_terminal", run)
    (tmp_path / "fine.py").write_text("pass\n")
    assert commands.main(["check", str(tmp_path / "fine.py")]) == 2
    (line,) = capsys.readouterr().err.splitlines(keepends=True)
    assert words in line


def test_the_time_limit_ends_it_without_a_finding(tmp_path: Path) -> None:
    script = tmp_path / "long.py"
    script.write_text("import time\ntime.sleep(60)\n")
    done = check("--json", "--time-limit", "0.5", script)
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["program"]["ended_by"] == "time limit"
    assert "ended at the time limit" in done.stderr
    assert "CLEAN, as far as it goes." in check("--time-limit", "0.5", script).stdout

"""The command line as a user types it."""

import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import psutil
import pytest

from engine import commands
from engine.commands import CommandError
from engine.session import SessionStatus

ROOT = Path(__file__).parents[2]
MAIN = ROOT / "main.py"


def run(*arguments: str | Path, **more: Any) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, str(MAIN), *map(str, arguments)],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
        **more,
    )


@pytest.fixture(name="recording", scope="module")
def recording_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("recordings") / "bank.lane"
    # By another process: that of the tests, if it were the writer, would still be alive.
    code = (
        "from engine.recording.synthetic import write_synthetic;"
        f"write_synthetic({str(path)!r}, lanes=16, slices=5_000, deadlock=True)"
    )
    subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=True, timeout=60)
    return path


def test_help_names_what_there_is() -> None:
    result = run("--help")
    assert result.returncode == 0
    for name, module in commands.command_modules().items():
        assert f"    {name} " in result.stdout
        assert module.HELP in " ".join(result.stdout.split())
        own = run(name, "--help")
        assert own.returncode == 0
        assert own.stderr == ""


def test_report_as_text(recording: Path) -> None:
    result = run("report", recording)
    assert (result.returncode, result.stderr) == (0, "")
    for words in ("Synthetic workload", "error: Deadlock of 2 threads (observed)", "Lock accounts", "worker-1", "GIL"):
        assert words in result.stdout
    assert max(map(len, result.stdout.splitlines())) <= 140


def test_report_as_json(recording: Path) -> None:
    result = run("report", recording, "--json")
    assert result.returncode == 0
    summary = json.loads(result.stdout)
    assert (summary["schema"], summary["verdict"]) == (1, "deadlock")
    assert summary["recording"]["lanes"] == len(summary["lanes"]) == 16
    assert summary["recording"]["complete"]
    assert summary["program"]["ended_by"] == "deadlock"
    for lane in summary["lanes"]:
        assert sum(state["percent"] for state in lane["states"].values()) == pytest.approx(100, abs=0.5)
        assert sum(state["ns"] for state in lane["states"].values()) == lane["alive_ns"]
    assert summary["findings"][0]["kind"] == "deadlock"
    assert summary["locks"][0]["wait_ns"]["total"] > 0
    assert summary["throughput"]["tasks"] > 0


def test_report_says_what_is_missing(recording: Path, tmp_path: Path) -> None:
    cut = tmp_path / "cut.lane"
    cut.write_bytes(recording.read_bytes()[:-100])
    result = run("report", cut)
    assert result.returncode == 0
    assert "bytes are incomplete; everything before" in result.stdout
    assert not json.loads(run("report", cut, "--json").stdout)["recording"]["complete"]


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("report", "none.lane"), "none.lane cannot be read: No such file"),
        (("report", str(MAIN)), "is not a Lanescope recording"),
        (("open", str(MAIN)), "is not a Lanescope recording"),
        (("report", str(ROOT)), "cannot be read: Is a directory"),
        (("report",), "the following arguments are required: FILE"),
        (("frobnicate",), "invalid choice: 'frobnicate'"),
        (("report", "a.lane", "--jsn"), "unrecognized arguments: --jsn"),
    ],
)
def test_what_is_wrong_is_said_in_one_line(arguments: tuple[str, ...], words: str, tmp_path: Path) -> None:
    result = run(*arguments, cwd=tmp_path)
    assert result.returncode == 2
    assert result.stdout == ""
    assert words in result.stderr
    assert len(result.stderr.splitlines()) == 1


def test_list_shows_everything(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    from engine import interpreters

    here = interpreters.probe(sys.executable)
    monkeypatch.setattr(interpreters, "find", lambda: iter([here]))
    assert commands.main(["list"]) == 0
    text = capsys.readouterr().out
    assert commands.main(["list", "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert {"scenarios", "tasks", "backends", "interpreters"} < set(found)
    for entry in (*found["scenarios"], *found["tasks"], *found["backends"]):
        assert entry["name"] in text
    assert str(here.path) in text
    assert {"threads", "processes"} <= {entry["name"] for entry in found["backends"]}
    assert "two_locks" in [entry["name"] for entry in found["scenarios"]]


def test_a_reader_that_goes_away_is_no_error(recording: Path) -> None:
    with subprocess.Popen(
        [sys.executable, str(MAIN), "report", str(recording), "--json"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    ) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.close()
        assert process.stderr.read() == b""
        assert process.wait(60) == 0


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no such device here")
def test_a_full_disk_is_said_in_one_line(recording: Path) -> None:
    with open("/dev/full", "w") as full:
        done = subprocess.run(
            [sys.executable, str(MAIN), "report", str(recording)],
            stdout=full,
            stderr=subprocess.PIPE,
            text=True,
            check=False,
            timeout=60,
        )
    assert (done.returncode, done.stderr) == (
        2,
        "main.py report: the disk that is written to is full; make room on it\n",
    )


def test_a_run_that_could_not_be_recorded_in_full_says_so(
    recording: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    full = f"annot write to {recording}: No space left on device. Free some space there"
    ended = SessionStatus("finished", f"C{full}.", exit_status=0, ended_by="itself")
    monkeypatch.setattr("engine.commands.run._run", lambda _: (ended, False))
    assert commands.main(["run", "two_locks_ordered", "-o", str(recording)]) == 2
    said = capsys.readouterr().err.splitlines()
    assert said == [f"main.py run: c{full}", f"main.py run: recorded as far as it could be in {recording}"]


@pytest.mark.skipif(sys.platform == "win32", reason="a shell of POSIX")
def test_started_with_little(tmp_path: Path) -> None:
    """Without standard output, and in a folder that is gone."""
    command = f"{sys.executable} {MAIN} record -o {tmp_path / 'run.lane'} -- -c pass"
    done = subprocess.run(f"exec {command} >&-", shell=True, capture_output=True, text=True, check=False, timeout=60)
    assert done.returncode == 0, done.stderr
    folder = tmp_path / "gone"
    folder.mkdir()
    done = subprocess.run(
        f"rmdir {folder}; exec {command}",
        cwd=folder,
        shell=True,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    words = "main.py record: the folder you are in has been removed; go to another one\n"
    assert (done.returncode, done.stderr) == (2, words)


class Command:
    """Stands for a command module."""

    HELP = "does something"

    def __init__(self, error: BaseException) -> None:
        self.error = error

    def add_arguments(self, parser: Any) -> None:
        """None."""

    def execute(self, _arguments: Any) -> int:
        """Fails."""
        raise self.error


@pytest.mark.parametrize(
    ("error", "status", "words"),
    [
        (CommandError("no such thing; try another"), 2, "main.py do: no such thing; try another\n"),
        (KeyboardInterrupt(), 130, "main.py do: interrupted\n"),
        (ZeroDivisionError("oh"), 70, "main.py do: failed by a fault of its own; the details are in "),
    ],
)
def test_errors_of_commands(
    error: BaseException, status: int, words: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(commands, "command_modules", lambda: {"do": Command(error)})
    assert commands.main(["do"]) == status
    said = capsys.readouterr()
    assert said.out == ""
    assert said.err.startswith(words)
    if status == 70:
        log = Path(os.environ["LANESCOPE_HOME"]) / "command-line.log"
        assert "ZeroDivisionError: oh" in log.read_text()
        assert said.err.strip().endswith(str(log))


def test_help_imports_nothing_slow() -> None:
    code = (
        "import sys; sys.argv = ['main.py']; from engine.commands import build_parser; build_parser().format_help();"
        "print(sorted({'numpy', 'PySide6', 'pyqtgraph'} & set(sys.modules)))"
    )
    result = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert result.stdout.strip() == "[]"


def test_no_command_opens_the_window(monkeypatch: pytest.MonkeyPatch, recording: Path) -> None:
    asked: list[list[str]] = []
    monkeypatch.setattr(commands, "open_window", lambda arguments: asked.append(arguments) or 0)
    assert commands.main([]) == commands.main(["--debug"]) == 0
    from engine.commands import open as opening

    monkeypatch.setattr(opening, "open_window", lambda arguments: asked.append(arguments) or 0)
    assert commands.main(["open", str(recording)]) == 0
    assert asked == [[], ["--debug"], ["open", str(recording)]]


@pytest.mark.skipif(sys.platform == "win32", reason="no such limit here")
def test_more_processes_than_files_may_be_open(tmp_path: Path) -> None:
    script = tmp_path / "many.py"
    script.write_text(
        "import os, resource, time\n"
        "print('limit', resource.getrlimit(resource.RLIMIT_NOFILE)[0])\n"
        "for _ in range(40):\n"
        "    if not os.fork():\n"
        "        time.sleep(1)\n"
        "        os._exit(0)\n"
        "for _ in range(40): os.wait()\n"
        "print('end')\n"
    )
    recording = tmp_path / "many.lane"
    command = [sys.executable, str(MAIN), "record", "-o", str(recording), str(script)]
    result = subprocess.run(
        ["sh", "-c", 'ulimit -S -n 64; ulimit -H -n 96; exec "$@"', "sh", *command],
        capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    assert (result.returncode, result.stdout) == (0, "limit 64\nend\n"), result
    texts = "".join(note["text"] for note in json.loads(run("report", "--json", recording).stdout).get("notes", []))
    assert "only 96 files may be open" in texts


def test_ctrl_c_while_the_recorder_is_starting(tmp_path: Path) -> None:
    script = tmp_path / "long.py"
    script.write_text("import time\ntime.sleep(30)\n")
    command = [sys.executable, str(MAIN), "record", "-o", str(tmp_path / "long.lane"), str(script)]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, process_group=0)
    while not psutil.Process(process.pid).children():
        assert process.poll() is None
    os.killpg(process.pid, signal.SIGINT)
    _, words = process.communicate(timeout=20)
    own = [room for room in ("commands", "session", "recorder") if str(ROOT / "engine" / room) in words]
    assert own == [], words  # the program's Python may have been up already, and says what every Python does


def test_a_place_for_the_run_that_does_not_exist(tmp_path: Path) -> None:
    recording = tmp_path / "run.lane"
    result = run("record", "-o", recording, __file__, env={**os.environ, "LANESCOPE_RUNS": "/nonexistent"})
    assert result.returncode != 0
    assert "cannot keep the run's memory in /nonexistent" in result.stderr
    assert "recorded in" not in result.stderr
    assert not recording.exists()

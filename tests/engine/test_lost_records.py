"""What is said of a run of which not all could be recorded: as much as is known, and how much is not."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[2]
PROGRAM = """
import multiprocessing, os, resource, signal, sys, threading, time
accounts, audit, journal = threading.Lock(), threading.Lock(), threading.Lock()
both = threading.Barrier(2)
reader, writer = multiprocessing.Pipe(duplex=False)

def hurry(rounds):
    for _ in range(rounds):
        with journal:
            pass

def new_order():
    with accounts, threading.Lock():
        pass

def lose(*works):
    # As where all files are open that may be: no more room can be had for records, and no word be written of `works`.
    # The recorder, which has started this program, makes no room meanwhile either.
    hurry(1000)
    limits = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (3, limits[1]))
    os.kill(os.getppid(), signal.SIGSTOP)
    hurry(20_000)
    os.kill(os.getppid(), signal.SIGCONT)
    for work in works:
        work()
    resource.setrlimit(resource.RLIMIT_NOFILE, limits)

def transfer(first, second):
    with first, second:
        pass

def embrace(first, second):
    with first:
        both.wait()
        with second:
            pass

def send():
    lose()
    transfer(accounts, audit)
    writer.send("done")

def receive():
    reader.recv()
    lose()
    transfer(audit, accounts)

def hasty_embrace():
    lose()
    embrace(accounts, audit)

def debit(how=transfer):
    how(accounts, audit)

def credit(how=transfer):
    how(audit, accounts)

def credit_later():
    time.sleep(0.3)
    credit()

def run(*works):
    threads = [threading.Thread(target=work, name=f"worker-{n}") for n, work in enumerate(works, 1)]
    for thread in threads: thread.start()
    for thread in threads: thread.join()

if __name__ == "__main__":
    what = sys.argv[1]
    if what == "aside":
        run(debit, credit_later)
        lose()
    elif what == "between":
        run(send, receive)
    elif what == "words":
        lose(new_order)
        run(debit, credit_later)
    elif what == "words alone":
        lose(new_order)
    elif what == "stuck":
        run(hasty_embrace, lambda: credit(embrace))
    elif what == "stuck aside":
        lose()
        run(lambda: debit(embrace), lambda: credit(embrace))
"""


def check(*arguments: object, home: Path) -> str:
    command = [sys.executable, str(ROOT / "main.py"), "check", *map(str, arguments)]
    environment = {"LANESCOPE_HOME": str(home), "PATH": "/usr/bin:/bin"}
    done = subprocess.run(command, env=environment, cwd=home, capture_output=True, text=True, check=False, timeout=90)
    assert done.returncode in {0, 1}, done.stderr
    return done.stdout


@pytest.mark.skipif(sys.platform != "linux", reason="counts on how room for records is had there")
@pytest.mark.parametrize(
    ("what", "words", "certainties", "head"),
    [
        # Records that have nothing to do with it make less of nothing.
        ("aside", False, ["predicted"], "POSSIBLE DEADLOCK."),
        ("words", True, ["inferred"], "CLEAN, as far as is recorded."),
        ("words alone", True, [], "CLEAN, as far as is recorded."),
        # Whether words are lost, too, depends on what the others do meanwhile.
        pytest.param("between", None, ["inferred"], "CLEAN, as far as is recorded.", marks=pytest.mark.full),
        pytest.param("stuck", None, ["observed"], "DEADLOCK.", marks=pytest.mark.full),
        ("stuck aside", False, ["observed"], "DEADLOCK."),
    ],
)
def test_losses_are_told_and_make_no_false_error(
    what: str, words: bool | None, certainties: list[str], head: str, tmp_path: Path
) -> None:
    program, recording = tmp_path / "program.py", tmp_path / "run.lane"
    program.write_text(PROGRAM)
    report: dict[str, Any] = json.loads(check("--json", "-o", recording, program, what, home=tmp_path))
    assert report["recording"]["dropped"] > 1000
    (incomplete,) = (found for found in report["findings"] if found["kind"] == "incomplete-history")
    assert "came faster than they could be kept" in incomplete["explanation"]
    assert words in {None, "could not be written" in incomplete["explanation"]}
    others = [found for found in report["findings"] if found is not incomplete]
    assert [found["certainty"] for found in others] == certainties
    for found in others:
        assert found["cause"] == "lock-cycle"
        assert found["title"].endswith(", as far as is recorded") is (certainties == ["inferred"])
        assert len(found["participants"]) == 2
    again = json.loads(check("--json", recording, home=tmp_path))
    assert again == report
    assert head in check(recording, home=tmp_path)

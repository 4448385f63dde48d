"""Programs of a user's own, recorded: what the recording says of them besides slices."""

import sys
from pathlib import Path

import pytest

from engine.analysis.detectors import lost_process, thread_error
from engine.analysis.report import render, summarise
from engine.session import RunRequest
from tests.engine.recorded import Recorded, record


def record_source(folder: Path, source: str) -> Recorded:
    program = folder / "program.py"
    program.write_text(source)
    return record(RunRequest([sys.executable, str(program)], folder / "run.lane", folder))


def test_asyncio_is_said_not_to_be_followed(tmp_path: Path) -> None:
    source = (
        "import asyncio\nasync def main():\n    await asyncio.sleep(0.01)\nasyncio.run(main())\nasyncio.run(main())"
    )
    recorded = record_source(tmp_path, source)
    [note] = recorded.model.notes
    assert note["level"] == "warning"
    assert "asyncio" in note["text"]


def test_importing_asyncio_alone_says_nothing(tmp_path: Path) -> None:
    assert record_source(tmp_path, "import asyncio").model.notes == []


def test_the_report_ends_with_what_was_printed(tmp_path: Path) -> None:
    recorded = record_source(tmp_path, "for number in range(20): print('line', number)")
    summary = summarise(recorded.model)
    assert summary["output"].splitlines() == [f"line {number}" for number in range(20)]
    text = render(summary)
    assert "the last 8 of 20 lines" in text
    assert "line 19" in text
    assert "line 11\n" not in text


def test_overhead_of_a_short_program_is_no_nonsense(tmp_path: Path) -> None:
    assert 0 < recorded_overhead(tmp_path) < 50


def recorded_overhead(folder: Path) -> float:
    return float(
        record_source(folder, "import threading\nwith threading.Lock(): pass").model.overhead["traced_percent"]
    )


@pytest.mark.parametrize("status", [0, 7])
def test_the_exit_status_is_the_programs(status: int, tmp_path: Path) -> None:
    assert record_source(tmp_path, f"import sys; sys.exit({status})").status.exit_status == status


def test_an_exception_that_ends_the_program_is_told_with_its_line(tmp_path: Path) -> None:
    source = "def parse(text):\n    return int(text)\nparse('one')"
    recorded = record_source(tmp_path, source)
    [error] = thread_error.find(recorded.model)
    assert "ValueError: invalid literal for int() with base 10: 'one', at line 2 of parse" in error["explanation"]
    [failed] = lost_process.find(recorded.model)
    assert (
        "with exit status 1: ValueError: invalid literal for int() with base 10: 'one', at line 2 of parse"
        in failed["explanation"]
    )


def test_an_exception_of_another_thread_is_not_why_the_program_ended(tmp_path: Path) -> None:
    source = """
import sys, threading
thread = threading.Thread(target=int, args=("one",))
thread.start()
thread.join()
sys.exit(9)
"""
    [failed] = lost_process.find(record_source(tmp_path, source).model)
    assert failed["title"] == "The program ended with exit status 9"
    assert "ValueError" not in failed["explanation"]

"""Exceptions of jobs that nobody asks for are told, with the line that raised them; others are not."""

from pathlib import Path
from typing import Any

import pytest

from engine.analysis.detectors.hidden_error import find
from engine.session import Session, program_request
from tests.engine.recorded import LIMIT_S, load

HEAD = """
import sys, time
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor, as_completed, wait
from multiprocessing.pool import Pool, ThreadPool

def parse(text):
    return int(text)

def invert(x):
    return 1 / x

def lookup(x):
    return {}[x]

def late(x):
    time.sleep(0.1)
    raise OSError(x)

def name(x):
    return x.name
"""
HIDDEN = (
    HEAD
    + """
if __name__ == "__main__":
    for cls in ThreadPoolExecutor, ProcessPoolExecutor:
        with cls(2) as executor:
            executor.submit(parse, "one")
            kept = [executor.submit(lookup, n) for n in range(2)]
            for each in as_completed(kept):
                each.done()
            executor.map(invert, [0])
    for cls in ThreadPool, Pool:
        with cls(2) as pool:
            pool.apply_async(parse, ("two",), callback=print)
            kept = pool.map_async(lookup, [1, 2])
            pool.close()
            pool.join()
"""
)
SEEN = (
    HEAD
    + """
def look(future):
    future.exception()

def call(function, *args):
    try:
        function(*args)
    except Exception:
        pass

if __name__ == "__main__":
    for cls in ThreadPoolExecutor, ProcessPoolExecutor:
        with cls(2) as executor:
            executor.submit(parse, "one").add_done_callback(look)
            done, _ = wait([executor.submit(lookup, n) for n in range(2)])
            for each in done:
                each.exception()
            call(list, executor.map(invert, [0, 1, 0]))
            call(executor.submit(name, 1).result)
            executor.submit(late, 1).cancel()
    for cls in ThreadPool, Pool:
        with cls(2) as pool:
            call(pool.map, lookup, [1, 2])
            call(list, pool.imap(invert, [0, 1, 0]))
            pool.apply_async(name, (1,), error_callback=str)
            result = pool.apply_async(parse, ("two",))
            result.wait()
            result.successful()
            pool.close()
            pool.join()
"""
)

# Whoever submits goes on only once the job is done: so it is where the others are faster.
DONE_AT_ONCE = (
    HEAD
    + """
def wait_for_its_end(frame, event, result):
    if event == "return" and frame.f_code.co_name == "submit" and "concurrent" in frame.f_code.co_filename:
        while result._state != "FINISHED":
            time.sleep(0.001)

if __name__ == "__main__":
    for cls in ThreadPoolExecutor, ProcessPoolExecutor:
        with cls(1) as executor:
            sys.setprofile(wait_for_its_end)
            executor.submit(invert, 0)
            sys.setprofile(None)
"""
)


HIDDEN_TITLES = [
    "2 × KeyError of lookup stayed hidden",
    "2 × KeyError of lookup stayed hidden",
    *["A KeyError of lookup stayed hidden"] * 2,
    *["A ValueError of parse stayed hidden"] * 4,
    *["A ZeroDivisionError of invert stayed hidden"] * 2,
]


def hidden_in(source: str, folder: Path, interpreter: str | None = None) -> list[dict[str, Any]]:
    """What is found when this program runs. `interpreter`: a path; this one."""
    script, recording = folder / "program.py", folder / "program.lane"
    script.write_text(source, encoding="utf-8")
    request = program_request([str(script)], recording=recording, time_limit_s=LIMIT_S, interpreter=interpreter)
    session = Session(request)
    session.start()
    try:
        return find(load(recording, session.wait(LIMIT_S)).model)
    finally:
        session.close()


def test_what_nobody_asks_for_is_told_with_the_line_that_raised_it(tmp_path: Path) -> None:
    found = hidden_in(HIDDEN, tmp_path)
    assert sorted(each["title"] for each in found) == HIDDEN_TITLES
    for each in found:
        assert each["severity"] == "warning"
        assert each["participants"][0]["stack"][-1]["function"] in {"parse", "lookup", "invert"}
        assert "nobody asked" in each["explanation"]


def test_so_is_what_has_failed_before_its_submit_returns(tmp_path: Path) -> None:
    found = hidden_in(DONE_AT_ONCE, tmp_path)
    assert [each["title"] for each in found] == ["A ZeroDivisionError of invert stayed hidden"] * 2


def test_what_somebody_asks_for_is_not(tmp_path: Path) -> None:
    assert hidden_in(SEEN, tmp_path) == []


@pytest.mark.full
def test_other_interpreters_hide_alike(other_pythons: list[str], tmp_path: Path) -> None:
    for python in other_pythons:
        found = hidden_in(HIDDEN, tmp_path, python)
        assert sorted(each["title"] for each in found) == HIDDEN_TITLES, python
        assert hidden_in(SEEN, tmp_path, python) == [], python

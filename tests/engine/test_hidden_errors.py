"""Exceptions of jobs that nobody asks for are told, with the line that raised them; others are not."""

from pathlib import Path
from typing import Any

import pytest

from engine.analysis.hidden_error import find
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


@pytest.fixture
def found(tmp_path: Path, request: pytest.FixtureRequest) -> list[dict[str, Any]]:
    script, recording = tmp_path / "program.py", tmp_path / "program.lane"
    script.write_text(request.param, encoding="utf-8")
    session = Session(program_request([str(script)], recording=recording, time_limit_s=LIMIT_S))
    session.start()
    try:
        return find(load(recording, session.wait(LIMIT_S)).model)
    finally:
        session.close()


@pytest.mark.parametrize("found", [HIDDEN], indirect=True)
def test_what_nobody_asks_for_is_told_with_the_line_that_raised_it(found: list[dict[str, Any]]) -> None:
    titles = sorted(each["title"] for each in found)
    assert titles == [
        "2 × KeyError of lookup stayed hidden",
        "2 × KeyError of lookup stayed hidden",
        *["A KeyError of lookup stayed hidden"] * 2,
        *["A ValueError of parse stayed hidden"] * 4,
        *["A ZeroDivisionError of invert stayed hidden"] * 2,
    ]
    for each in found:
        assert each["severity"] == "warning"
        assert each["participants"][0]["stack"][-1]["function"] in {"parse", "lookup", "invert"}
        assert "nobody asked" in each["explanation"]


@pytest.mark.parametrize("found", [SEEN], indirect=True)
def test_what_somebody_asks_for_is_not(found: list[dict[str, Any]]) -> None:
    assert found == []

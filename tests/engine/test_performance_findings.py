"""What real runs and real comparisons say about what holds them back."""

import sys
from pathlib import Path

import pytest

from engine import interpreters
from engine.analysis.findings import find_all
from engine.comparison.advice import findings
from engine.comparison.plan import scenario_plan
from engine.comparison.run import carry_out
from engine.session import RunRequest
from tests.engine.recorded import record

HEAD = "import multiprocessing, socket, threading, time\nfrom concurrent.futures import ThreadPoolExecutor\n"
PROCESSES_FOR_LITTLE = """
def work(): sum(range(1000))
if __name__ == "__main__":
    context = multiprocessing.get_context("spawn")
    for _ in range(3):
        some = [context.Process(target=work) for _ in range(2)]
        for each in some: each.start()
        for each in some: each.join()
"""
PROCESSES_FOR_MUCH = PROCESSES_FOR_LITTLE.replace("sum(range(1000))", "time.sleep(0.8)")
TINY_JOBS = """
def square(number): return number * number
if __name__ == "__main__":
    with multiprocessing.get_context("fork").Pool(2) as pool:
        sum(pool.imap(square, range(12_000)))
"""
TINY_JOBS_IN_CHUNKS = TINY_JOBS.replace("range(12_000)", "range(12_000), chunksize=2000")
REQUESTS = """
server = socket.create_server(("127.0.0.1", 0))
def answer(connection):
    with connection:
        while connection.recv(10): time.sleep(0.02); connection.sendall(b"yes")
def serve():
    while True: threading.Thread(target=answer, args=(server.accept()[0],), daemon=True).start()
threading.Thread(target=serve, daemon=True).start()
def ask(_):
    with socket.create_connection(server.getsockname()) as connection:
        for _ in range(25): connection.sendall(b"well?"); connection.recv(10)
with ThreadPoolExecutor(2) as pool: list(pool.map(ask, range(2)))
"""
REQUESTS_NOW_AND_THEN = REQUESTS.replace(
    'connection.sendall(b"well?")', 'sum(range(1_000_000)); connection.sendall(b"!")'
)
KINDS = {"oversubscribed", "io-bound", "lock-bound", "start-up-bound", "hand-over-bound", "gil-bound", "straggler"}


@pytest.mark.full
@pytest.mark.parametrize(
    ("source", "expected"),
    [
        (PROCESSES_FOR_LITTLE, {"start-up-bound"}),
        (PROCESSES_FOR_MUCH, set()),
        (TINY_JOBS, {"hand-over-bound"}),
        (TINY_JOBS_IN_CHUNKS, set()),
        (REQUESTS, {"io-bound"}),
        (REQUESTS_NOW_AND_THEN, set()),
    ],
    ids=["little", "much", "tiny jobs", "chunks", "requests", "requests and work"],
)
def test_a_run_tells_what_holds_it_back(source: str, expected: set[str], tmp_path: Path) -> None:
    program = tmp_path / "program.py"
    program.write_text(HEAD + source)
    found = record(RunRequest([sys.executable, str(program)], tmp_path / "run.lane", tmp_path))
    assert found.status.exit_status == 0
    kinds = {each["kind"] for each in find_all(found.model)} & KINDS
    assert kinds - {"oversubscribed", "gil-bound"} == expected  # those also tell how busy the machine is


def test_work_that_is_dealt_out_unevenly_is_found_by_comparing_and_work_from_a_heap_is_not(tmp_path: Path) -> None:
    for heap, kinds in (("false", ["uneven-load"]), ("true", [])):
        folder = tmp_path / heap
        folder.mkdir()
        plan = scenario_plan(
            "straggler",
            backends=["threads"],
            workers=[4],
            pythons=[interpreters.probe(sys.executable)],
            parameters={"pieces": "5", "heap": heap},
            repeats=1,
        )
        result = carry_out(plan, folder)
        (variant,) = result.variants
        variant.trials *= 2  # one is thin evidence
        assert [each["kind"] for each in findings(result)] == kinds

"""Nothing of the program's is run, kept or changed by describing what it does."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.engine.tracer.test_faithfulness import outcomes

CALLABLE = """
    import multiprocessing, threading
    from concurrent.futures import ThreadPoolExecutor
    from multiprocessing.pool import ThreadPool
    class Record:
        def __getattr__(self, name):
            if name.startswith("_"):
                raise AttributeError(name)
            return {"total": 1}[name]  # KeyError for what there is not
        def __call__(self):
            print("ran", flush=True)
    class Remote:
        def __getattr__(self, name):
            print("asks a server for", name, flush=True)
            raise AttributeError(name)
        def __call__(self):
            print("ran there", flush=True)
    for cls in Record, Remote:
        thread = threading.Thread(target=cls(), name="named")
        thread.start()
        thread.join()
        with ThreadPoolExecutor(1) as executor:
            executor.submit(cls()).result()
        with ThreadPool(1) as pool:
            pool.apply(cls())
        process = multiprocessing.get_context("fork").Process(target=cls())
        process.start()
        process.join()
        print(process.exitcode)
"""
TEXT = """
    from concurrent.futures import ThreadPoolExecutor
    class Counted(Exception):
        def __str__(self):
            print("asked for its text")
            return "text"
    class Unprintable(Exception):
        def __str__(self):
            raise SystemExit("no")
    def fail(error):
        raise error
    with ThreadPoolExecutor(1) as executor:
        for cls in Counted, Unprintable:
            try:
                executor.submit(fail, cls()).result(timeout=20)
            except cls:
                print("caught", cls.__name__)
            try:
                executor.submit(fail, ValueError(cls())).result(timeout=20)
            except ValueError:
                print("caught")
"""
LIFETIME = """
    import gc, weakref
    from concurrent.futures import ThreadPoolExecutor
    gc.disable()
    class Big:
        pass
    kept = []
    def fail(*_):
        big = Big()
        kept.append(weakref.ref(big))
        raise ValueError
    executor = ThreadPoolExecutor(1)
    def ask():
        try:
            executor.submit(fail).result()
        except ValueError:
            pass
    def go_through():
        try:
            list(executor.map(fail, [1]))
        except ValueError:
            pass
    def forget():
        executor.submit(fail)
    for use in ask, go_through, forget:
        use()
        for _ in range(2):  # what the worker still has of a job is gone when it has taken another
            executor.submit(int).result()
        print(use.__name__, [each() for each in kept])
"""
TIMEOUT = """
    import multiprocessing, socket
    socket.setdefaulttimeout(20)
    with multiprocessing.get_context("fork").Manager() as manager:
        shared = manager.dict()
        for number in range(100):
            shared[number] = number
        print(len(shared))
"""
RUN = """
    import multiprocessing
    class Own(multiprocessing.get_context("fork").Process):
        def run(self):
            print("of the class", "run" in vars(self), flush=True)
        def other(self):
            print("of the object", "run" in vars(self), flush=True)
    for name in "run", "other":
        process = Own()
        if name == "other":
            process.run = process.other
        process.start()
        process.join()
        print(process.exitcode, flush=True)
"""


@pytest.mark.parametrize("source", [CALLABLE, TEXT, LIFETIME, TIMEOUT, RUN])
def test_program_works_the_same(tmp_path: Path, source: str) -> None:
    plain, traced = outcomes(tmp_path, source)
    assert traced[:2] == plain[:2]
    assert plain[0] == 0


WARNED = """
import subprocess, sys
subprocess.run([sys.executable, "-c", ""], text=True)
subprocess.Popen([sys.executable, "-c", ""], text=True).wait()
"""


def test_warnings_that_there_is_no_encoding_are_about_the_programs_lines_alone(tmp_path: Path) -> None:
    (tmp_path / "program.py").write_text(WARNED)
    main = Path(__file__).parents[3] / "main.py"
    done = subprocess.run(
        [sys.executable, str(main), "record", "-o", "recording.lane", "program.py"],
        cwd=tmp_path, env=os.environ | {"PYTHONWARNDEFAULTENCODING": "1"}, capture_output=True, text=True, check=True,
        timeout=100,
    )  # fmt: skip
    warned = [line.partition(": EncodingWarning")[0] for line in done.stderr.splitlines() if "EncodingWarning" in line]
    assert [place.rpartition("/")[2] for place in warned] == ["program.py:3", "program.py:4"], done.stderr

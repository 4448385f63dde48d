"""The same on every interpreter at hand: a program that uses a bit of everything, by every start method."""

from pathlib import Path

import pytest

from engine.tracer import layout
from tests.engine.tracer.tracing import run_program, trace

EVERYTHING = """
    import multiprocessing, queue, sys, threading, time
    from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
    def square(x): time.sleep(0.001); return x * x
    def child(lock, results):
        with lock: results.put(1)
    if __name__ == "__main__":
        context = multiprocessing.get_context(sys.argv[1])
        lock, rlock, items = threading.Lock(), threading.RLock(), queue.Queue(2)
        def work():
            for _ in range(20):
                with lock: time.sleep(0)
                with rlock, rlock: items.put(1); items.get()
        threads = [threading.Thread(target=work) for _ in range(3)]
        for t in threads: t.start()
        for t in threads: t.join()
        with ThreadPoolExecutor(2) as pool: assert list(pool.map(square, range(3))) == [0, 1, 4]
        with ProcessPoolExecutor(2, mp_context=context) as pool: assert list(pool.map(square, range(3))) == [0, 1, 4]
        with context.Pool(2) as pool: assert pool.map(square, range(3)) == [0, 1, 4]
        shared, results = context.RLock(), context.JoinableQueue()
        process = context.Process(target=child, args=(shared, results)); process.start()
        results.get(); results.task_done(); results.join(); process.join()
        assert process.exitcode == 0
"""


@pytest.mark.full
@pytest.mark.parametrize("method", ["fork", "spawn", "forkserver"])
def test_everything_everywhere(tmp_path: Path, other_pythons: list[str], method: str) -> None:
    for number, python in enumerate(other_pythons):
        folder = tmp_path / str(number)
        folder.mkdir()
        processes = trace(folder, EVERYTHING, method, python=python)
        program = processes[0]
        assert len(program.of(layout.HOLD, program.primitive("Lock"))) == 60, python
        assert len(program.of(layout.HOLD, program.primitive("RLock"))) == 60, python
        assert sum(bool(p.texts("executor-worker")) for p in processes) >= 3, python
        shared = program.primitive("process RLock")
        assert any(p.of(layout.HOLD, shared) for p in processes[1:]), python


NEW_SITES = """
    import threading, time
    lines = ["def work(step, lock, condition):", "  if step < 0:", "    with condition:"]
    lines += ["      for _ in range(60): condition.wait(0.006)"]
    for step in range(1500):
        lines += [f"  if step == {step}:", "    with lock: pass"]
    exec(compile("\\n".join(lines), __file__, "exec"))
    failures = []
    threading.excepthook = failures.append
    def run_new_lines(first):
        for step in range(first, 1500, 2):
            work(step, threading.Lock(), None)
            time.sleep(0.0003)
    threads = [threading.Thread(target=work, args=(-1, None, threading.Condition())) for _ in range(6)]
    threads += [threading.Thread(target=run_new_lines, args=(first,)) for first in range(2)]
    for t in threads: t.start()
    for t in threads: t.join()
    assert not failures, failures
"""


@pytest.mark.full
def test_long_waits_while_other_threads_run_new_lines(tmp_path: Path, other_pythons: list[str]) -> None:
    """On a free-threaded build a dict may not grow while it is iterated over."""
    for number, python in enumerate(other_pythons):
        folder = tmp_path / str(number)
        folder.mkdir()
        (program,) = trace(folder, NEW_SITES, python=python)
        assert program.of(layout.WAIT, program.primitive("Condition")), python


@pytest.mark.full
def test_children_of_many_threads_that_fork_at_once(tmp_path: Path, other_pythons: list[str]) -> None:
    """Without a GIL, what another thread had locked at that instant stays locked in the child."""
    for number, python in enumerate(other_pythons):
        folder = tmp_path / str(number)
        folder.mkdir()
        done = run_program(
            folder,
            """
            import os, signal, threading
            def fork():
                child = os.fork()
                if not child: os._exit(50)
                assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 50
            signal.alarm(60)
            for _ in range(8):
                threads = [threading.Thread(target=fork) for _ in range(16)]
                for thread in threads: thread.start()
                for thread in threads: thread.join()
            """,
            python=python,
        )
        assert done.returncode == 0, done.stderr

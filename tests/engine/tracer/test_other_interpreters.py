"""The same on every interpreter at hand: a program that uses a bit of everything, by every start method."""

from pathlib import Path

import pytest

from engine.tracer import layout
from tests.engine.tracer.tracing import trace

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

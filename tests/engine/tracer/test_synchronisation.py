"""Conditions, events, semaphores, barriers, queues, executors: who waits for what, who lets them go on."""

from itertools import pairwise
from pathlib import Path

from engine.tracer import layout
from tests.engine.tracer.tracing import TracedProcess, trace

LONG_NS = 15_000_000


def long_waits(program: TracedProcess, number: int, thread: int | None = None) -> list[int]:
    """Details of the waits for a primitive that took their time."""
    return [w.detail for w in program.of(layout.WAIT, number, thread) if w.end - w.start > LONG_NS]


def test_every_primitive_of_threading(tmp_path: Path) -> None:
    (program,) = trace(
        tmp_path,
        """
        import threading, time
        condition, event = threading.Condition(), threading.Event()
        semaphore, barrier = threading.Semaphore(0), threading.Barrier(2)
        def waiter():
            with condition: condition.wait()
            event.wait()
            with semaphore: pass
            barrier.wait()
        t = threading.Thread(target=waiter, name="waiter"); t.start()
        time.sleep(0.03)
        with condition: condition.notify()
        time.sleep(0.03); event.set()
        time.sleep(0.03); semaphore.release()
        time.sleep(0.03); barrier.wait()
        t.join()
        """,
    )
    waiter = program.thread("waiter")
    for kind in ("Condition", "Event", "Semaphore", "Barrier"):
        number = program.primitive(kind)
        assert long_waits(program, number, waiter) == [layout.WAIT_OTHER], kind
        assert program.of(layout.SIGNAL, number)[0].thread == 1, kind
    assert [p[6] for p in program.texts("primitive") if p[1] in {"Semaphore", "Barrier"}] == [0, 2]


def test_queues(tmp_path: Path) -> None:
    (program,) = trace(
        tmp_path,
        """
        import queue, threading, time
        full, empty, simple = queue.Queue(1), queue.LifoQueue(), queue.SimpleQueue()
        def other():
            time.sleep(0.03); full.get()
            time.sleep(0.03); empty.put(1)
            time.sleep(0.03); simple.put(1)
            time.sleep(0.03); full.task_done(); full.task_done()
        full.put(1)
        t = threading.Thread(target=other, name="other"); t.start()
        full.put(2); empty.get(); simple.get(); full.join()
        t.join()
        """,
    )
    queues = {p[0]: p[1] for p in program.texts("primitive") if "Queue" in p[1]}
    assert list(queues.values()) == ["Queue", "Queue", "SimpleQueue"]
    for number, waits in zip(queues, (2, 1, 1), strict=True):
        assert long_waits(program, number, 1) == [layout.WAIT_OTHER] * waits
    depths = [(d.detail, d.site) for d in program.of(layout.DEPTH, next(iter(queues)))]
    assert depths[0] == (layout.QUEUE_PUT, 1)
    assert {d[0] for d in depths} == {layout.QUEUE_PUT, layout.QUEUE_GET}


def test_thread_pool(tmp_path: Path) -> None:
    (program,) = trace(
        tmp_path,
        """
        import time
        from concurrent.futures import ThreadPoolExecutor, as_completed
        def square(x): time.sleep(0.03); return x * x
        with ThreadPoolExecutor(2) as pool:
            assert pool.submit(square, 3).result() == 9
            assert list(pool.map(square, range(2))) == [0, 1]
            assert len(list(as_completed([pool.submit(square, n) for n in range(2)]))) == 2
        """,
    )
    number = program.primitive("Executor")
    workers = [w[1] for w in program.texts("executor-worker") if w[0] == number]
    names = dict(program.texts("text"))
    tasks = program.of(layout.TASK)
    assert [names[t.object] for t in tasks] == ["square"] * 5
    assert {t.thread for t in tasks} == set(workers)
    assert layout.WAIT_OTHER in long_waits(program, number, 1)
    assert {w.detail for w in program.of(layout.WAIT, number) if w.thread in workers} == {layout.WAIT_IDLE}


def test_a_wait_inside_a_wait_closes_it_first(tmp_path: Path) -> None:
    (program,) = trace(
        tmp_path,
        """
        import threading, time
        lock = threading.Lock()
        condition = threading.Condition(lock)
        def waiter():
            with condition: condition.wait()
        t = threading.Thread(target=waiter, name="waiter"); t.start()
        time.sleep(0.03)
        with condition:
            condition.notify()
            time.sleep(0.03)
        t.join()
        """,
    )
    waits = program.of(layout.WAIT, thread=program.thread("waiter"))
    assert all(a.end <= b.start for a, b in pairwise(waits))
    assert long_waits(program, program.primitive("Condition")) == [layout.WAIT_OTHER]
    assert long_waits(program, program.primitive("Lock")) == [layout.WAIT_LOCK]

"""Conditions, events, semaphores, barriers, queues, executors: who waits for what, who lets them go on."""

from itertools import pairwise
from pathlib import Path

from engine.tracer import layout
from tests.engine.tracer.tracing import TracedProcess, run_program, trace

LONG_NS = 30_000_000


def long_waits(program: TracedProcess, number: int, thread: int | None = None) -> list[int]:
    """Details of the waits for a primitive that took their time."""
    return [w.detail for w in program.of(layout.WAIT, number, thread) if w.end - w.start >= LONG_NS]


def test_every_primitive_of_threading(tmp_path: Path) -> None:
    (program,) = trace(
        tmp_path,
        """
        import threading; from until import until_somebody_waits_for
        condition, event = threading.Condition(), threading.Event()
        semaphore, barrier = threading.Semaphore(0), threading.Barrier(2)
        def waiter():
            with condition: condition.wait()
            event.wait()
            with semaphore: pass
            barrier.wait()
        t = threading.Thread(target=waiter, name="waiter"); t.start()
        until_somebody_waits_for(condition)
        with condition: condition.notify()
        until_somebody_waits_for(event); event.set()
        until_somebody_waits_for(semaphore); semaphore.release()
        until_somebody_waits_for(barrier); barrier.wait()
        t.join()
        """,
    )
    waiter = program.thread("waiter")
    for kind in ("Condition", "Event", "Semaphore", "Barrier"):
        number = program.primitive(kind)
        assert long_waits(program, number, waiter) == [layout.WAIT_OTHER], kind
        assert program.of(layout.SIGNAL, number)[0].thread == 1, kind
    assert [p[6] for p in program.primitives() if p[1] in {"Semaphore", "Barrier"}] == [0, 2]


def test_who_runs_a_barriers_action_does_not_wait_at_it_and_who_comes_meanwhile_does(tmp_path: Path) -> None:
    (program,) = trace(
        tmp_path,
        """
        import threading; from until import until_somebody_waits_for
        def act():
            if not late.ident:
                late.start()
                until_somebody_waits_for(phase)
        phase = threading.Barrier(1, action=act)
        late = threading.Thread(target=phase.wait, name="late")
        phase.wait()
        late.join()
        """,
    )
    number = program.primitive("Barrier")
    assert long_waits(program, number, program.thread("late")) == [layout.WAIT_OTHER]
    assert long_waits(program, number) == [layout.WAIT_OTHER]


def test_a_wait_goes_on_after_a_barrier_that_was_passed_meanwhile(tmp_path: Path) -> None:
    (program,) = trace(
        tmp_path,
        """
        import os, signal, threading, time; from until import until_somebody_waits_for
        phase, event = threading.Barrier(1), threading.Event()
        passed = []
        signal.signal(signal.SIGUSR1, lambda *_: passed.append(phase.wait()))
        def interrupt():
            until_somebody_waits_for(event)
            os.kill(os.getpid(), signal.SIGUSR1)
            while not passed: time.sleep(0.001)
            time.sleep(0.05)
            event.set()
        threading.Thread(target=interrupt).start()
        event.wait()
        """,
    )
    assert long_waits(program, program.primitive("Event"), 1) == [layout.WAIT_OTHER] * 2


def test_who_waits_has_the_whole_stack_from_the_beginning(tmp_path: Path) -> None:
    (program,) = trace(
        tmp_path,
        """
        import os, queue, threading; from until import until_somebody_waits_for
        condition = threading.Condition()
        def wait_on_condition():
            with condition: condition.wait()
        event, semaphore, barrier, items = (
            threading.Event(), threading.Semaphore(0), threading.Barrier(2), queue.Queue())
        simple = queue.SimpleQueue()
        def inner(wait): wait()
        def outer(wait):
            inner(wait)
        waits = {
            condition: wait_on_condition, event: event.wait, semaphore: semaphore.acquire, barrier: barrier.wait,
            items: items.get, simple: simple.get}
        for wait in waits.values(): threading.Thread(target=outer, args=(wait,), name="waiter", daemon=True).start()
        for awaited in waits: until_somebody_waits_for(awaited)
        os._exit(0)
        """,
    )
    functions = {site[0]: site[3] for site in program.texts("site")}
    stacks = {number: [functions[site] for site in sites] for number, sites in program.texts("stack")}
    waiters = [t[0] for t in program.texts("thread") if t[2] == "waiter"]
    seen = [stacks[program.cells()[serial][layout.CELL_WAIT_SITE]] for serial in waiters]
    assert seen == [["outer", "inner", "wait_on_condition"]] + [["outer", "inner"]] * 5


def test_queues(tmp_path: Path) -> None:
    (program,) = trace(
        tmp_path,
        """
        import queue, threading; from until import until_somebody_waits_for
        full, empty, simple = queue.Queue(1), queue.LifoQueue(), queue.SimpleQueue()
        def other():
            until_somebody_waits_for(full); full.get()
            until_somebody_waits_for(empty); empty.put(1)
            until_somebody_waits_for(simple); simple.put(1)
            until_somebody_waits_for(full); full.task_done(); full.task_done()
        full.put(1)
        t = threading.Thread(target=other, name="other"); t.start()
        full.put(2); empty.get(); simple.get(); full.join()
        t.join()
        """,
    )
    queues = {p[0]: p[1] for p in program.primitives() if "Queue" in p[1]}
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
        from until import until_somebody_waits_for
        from concurrent.futures import ThreadPoolExecutor, as_completed
        def square(x):
            if x == 3: until_somebody_waits_for(pool)
            return x * x
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
    assert {t.thread for t in tasks} <= set(workers)
    assert layout.WAIT_OTHER in long_waits(program, number, 1)
    assert {w.detail for w in program.of(layout.WAIT, number) if w.thread in workers} == {layout.WAIT_IDLE}


def test_a_wait_inside_a_wait_closes_it_first(tmp_path: Path) -> None:
    (program,) = trace(
        tmp_path,
        """
        import threading; from until import until_somebody_waits_for
        lock = threading.Lock()
        condition = threading.Condition(lock)
        def waiter():
            with condition: condition.wait()
        t = threading.Thread(target=waiter, name="waiter"); t.start()
        until_somebody_waits_for(condition)
        with condition:
            condition.notify()
            until_somebody_waits_for(lock)
        t.join()
        """,
    )
    waiter = program.thread("waiter")
    waits = program.of(layout.WAIT, thread=waiter)
    assert all(a.end <= b.start for a, b in pairwise(waits))
    assert long_waits(program, program.primitive("Condition")) == [layout.WAIT_OTHER]
    assert long_waits(program, program.primitive("Lock"), waiter) == [layout.WAIT_LOCK]


def test_who_holds_the_permits_of_a_semaphore(tmp_path: Path) -> None:
    (program,) = trace(
        tmp_path,
        """
        import threading
        both, signal = threading.Semaphore(2), threading.BoundedSemaphore(1)
        with both:
            both.acquire()  # line 4
        both.release()
        signal.acquire()  # line 6
        t = threading.Thread(target=signal.release); t.start(); t.join()
        signal.acquire()
        """,
    )
    both = program.of(layout.HOLD, program.primitive("Semaphore"))
    assert sorted(program.line(hold.site) for hold in both) == [3, 4]
    assert program.texts("used-as-signal") == [(program.primitive("BoundedSemaphore"),)]
    assert not program.of(layout.HOLD, program.primitive("BoundedSemaphore"))
    assert not any(any(cell[layout.CELL_HELD :: 2]) for cell in program.cells().values())


def test_a_timer_waits_until_it_is_due(tmp_path: Path) -> None:
    (program,) = trace(
        tmp_path,
        """
        import threading
        timer = threading.Timer(0.05, print)
        timer.start()
        timer.join()
        """,
    )
    (wait,) = program.of(layout.WAIT, program.primitive("Timer"))
    assert wait.thread != program.thread("MainThread")
    assert wait.detail & layout.WAIT_TIMED
    assert wait.end - wait.start >= 50_000_000


def test_arguments_that_are_refused_stay_refused(tmp_path: Path) -> None:
    source = """
        import threading
        for make in (threading.Lock, threading.RLock, threading.Semaphore):
            for args, kwargs in (
                ((), {"bad": 1}), ((1, 2, 3), {}), ((True, "x"), {}), ((True, None), {}), ((False, 1), {}),
                ((True, -2), {}), ((False,), {}), ((True, 0), {}), ((), {"blocking": False}),
            ):
                try:
                    outcome = make().acquire(*args, **kwargs)
                except Exception as error:
                    outcome = type(error).__name__, len(args) < 3 and not kwargs and str(error)
                print(make.__name__, args, kwargs, outcome)
        """
    plain = run_program(tmp_path, source, traced=False)
    traced = run_program(tmp_path, source)
    assert traced.stdout == plain.stdout != ""

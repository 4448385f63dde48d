"""Locks: what is held, by whom, since when and from which line; who waits for whom."""

from pathlib import Path

from engine.tracer import layout
from tests.engine.tracer.tracing import RunningProgram, TracedProcess, trace, wait_until

CONTENDED = """
    import threading; from until import until_somebody_waits_for
    lock = threading.Lock()
    inside = threading.Event()
    def holder():
        with lock:  # line 5
            inside.set()
            until_somebody_waits_for(lock)
    def waiter():
        inside.wait()
        lock.acquire()  # line 10
        lock.release()
    threads = [threading.Thread(target=t, name=t.__name__) for t in (holder, waiter)]
    for t in threads: t.start()
    for t in threads: t.join()
"""


def test_a_contended_lock(tmp_path: Path) -> None:
    (program,) = trace(tmp_path, CONTENDED)
    lock = program.primitive("Lock")
    first, second = program.of(layout.HOLD, lock)
    (wait,) = program.of(layout.WAIT, lock)
    assert (first.thread, second.thread) == (program.thread("holder"), program.thread("waiter"))
    assert wait.thread == second.thread
    assert wait.detail == layout.WAIT_LOCK
    assert [program.line(r.site) for r in (first, second, wait)] == [5, 10, 10]
    assert first.end <= second.start
    assert first.start < wait.start < first.end < wait.end <= second.start
    assert second.detail > first.detail  # the serial orders hand-offs
    assert wait.end - wait.start >= 30_000_000
    assert [p[1:5] for p in program.primitives() if p[0] == lock] == [("Lock", "", str(tmp_path / "program.py"), 2)]


def test_the_cells_of_a_deadlock(tmp_path: Path) -> None:
    source = """
        import threading
        a, b = threading.Lock(), threading.RLock()
        both = threading.Barrier(2)
        def one():
            with a:
                both.wait()
                with b: pass  # line 7
        def two():
            with b:
                both.wait()
                with a: pass  # line 11
        for f in (one, two): threading.Thread(target=f, name=f.__name__).start()
    """
    with RunningProgram(tmp_path, source) as running:

        def deadlocked() -> TracedProcess | None:
            now = running.look()
            if now is None:
                return None
            waiting = [
                cell[layout.CELL_WAIT_DETAIL] for cell in now.cells().values() if cell[layout.CELL_WAIT_SERIAL] % 2
            ]
            return now if waiting.count(layout.WAIT_LOCK) == 2 else None

        program = wait_until(deadlocked, "both threads wait for a lock")
        cells = program.cells()
        one, two = program.thread("one"), program.thread("two")
        a, b = program.primitive("Lock"), program.primitive("RLock")
        for me, other, wanted, held, line in ((one, two, b, a, 7), (two, one, a, b, 11)):
            cell = cells[me]
            assert cell[layout.CELL_WAIT_OBJECT] == wanted
            assert cell[layout.CELL_OWNER_THREAD] == other
            assert program.line(cell[layout.CELL_WAIT_SITE]) == line
            slots = cell[layout.CELL_HELD :]
            assert held in slots[::2]
            assert wanted not in slots[::2]


def test_what_is_held_is_named_before_the_holder_waits(tmp_path: Path) -> None:
    source = """
        import threading
        lock, rlock = threading.Lock(), threading.RLock()
        lock.acquire()
        with rlock: threading.Event().wait()
    """
    with RunningProgram(tmp_path, source) as running:

        def waiting() -> TracedProcess | None:
            now = running.look()
            return now if now and any(cell[layout.CELL_WAIT_SERIAL] == 1 for cell in now.cells().values()) else None

        program = wait_until(waiting, "the program waits")
        (cell,) = program.cells().values()
        held = cell[layout.CELL_HELD :]
        named = {number: since for number, since in zip(held[::2], held[1::2], strict=True) if number}
        assert set(named) == {program.primitive("Lock"), program.primitive("RLock")}
        assert all(cell[layout.CELL_STARTED] < since < cell[layout.CELL_WAIT_SINCE] for since in named.values())


def test_a_waiter_tells_who_holds_the_lock_and_since_when(tmp_path: Path) -> None:
    source = """
        import threading
        lock = threading.Lock()
        def hold():
            with lock:  # line 4
                inside.set()
                while True: pass
        inside = threading.Event()
        threading.Thread(target=hold, name="holder", daemon=True).start()
        inside.wait()
        lock.acquire()
    """
    with RunningProgram(tmp_path, source) as running:

        def waiting() -> TracedProcess | None:
            now = running.look()
            cells = now.cells().values() if now else ()
            return now if any(c[layout.CELL_OWNER_THREAD] and c[layout.CELL_WAIT_SERIAL] % 2 for c in cells) else None

        program = wait_until(waiting, "the program waits for the lock")
        waiter, holder = program.cells()[1], program.thread("holder")
        assert waiter[layout.CELL_WAIT_OBJECT] == program.primitive("Lock")
        assert waiter[layout.CELL_OWNER_THREAD] == holder
        assert program.line(waiter[layout.CELL_OWNER_SITE]) == 4
        assert program.cells()[holder][layout.CELL_STARTED] < waiter[layout.CELL_OWNER_SINCE]
        assert waiter[layout.CELL_OWNER_SINCE] < waiter[layout.CELL_WAIT_SINCE]


def test_locks_held_by_a_thread_that_has_ended_stay_named(tmp_path: Path) -> None:
    (program,) = trace(
        tmp_path,
        """
        import threading
        a, b = threading.Lock(), threading.Lock()
        t = threading.Thread(target=a.acquire, name="ended"); t.start(); t.join()
        b.acquire()
        """,
    )
    a, b = (p[0] for p in program.primitives() if p[1] == "Lock")
    cells = program.cells()
    assert {n for n in cells[program.thread("ended")][layout.CELL_HELD :: 2] if n} == {a}
    assert {n for n in cells[program.thread("MainThread")][layout.CELL_HELD :: 2] if n} == {b}


def test_an_abort_ends_threads_that_wait_for_locks(tmp_path: Path) -> None:
    source = """
        import threading, sys
        lock = threading.Lock()
        lock.acquire()
        lock.acquire()
    """
    with RunningProgram(tmp_path, source) as running:
        wait_until(lambda: (now := running.look()) and now.texts("site") and now.cells(), "the program waits")
        (ring,) = running.run.glob("*.ring")
        with ring.open("r+b") as file:
            file.seek(layout.HEADER_COMMAND)
            file.write(layout.COMMAND_ABORT.to_bytes(4, "little"))
        assert running.process.wait(20) == 0


def test_released_by_another_thread(tmp_path: Path) -> None:
    (program,) = trace(
        tmp_path,
        """
        import threading
        lock = threading.Lock()
        lock.acquire()
        t = threading.Thread(target=lock.release, name="releaser"); t.start(); t.join()
        lock.acquire()
        lock.release()
        """,
    )
    lock = program.primitive("Lock")
    (signal,) = program.of(layout.SIGNAL, lock)
    assert signal.thread == program.thread("releaser")
    assert len(program.of(layout.HOLD, lock)) == 1
    assert not any(lock in cell[layout.CELL_HELD :: 2] for cell in program.cells().values())


def test_an_rlock_is_one_hold_from_first_to_last(tmp_path: Path) -> None:
    (program,) = trace(
        tmp_path,
        """
        import threading, time
        lock = threading.RLock()
        with lock:
            with lock: pass
            lock.acquire()
            time.sleep(0.01)
            lock.release()
        with lock: pass
        """,
    )
    holds = program.of(layout.HOLD, program.primitive("RLock"))
    assert len(holds) == 2
    assert holds[0].end - holds[0].start > 10_000_000
    assert [program.line(h.site) for h in holds] == [3, 8]


def test_more_locks_than_a_cell_has_room_for(tmp_path: Path) -> None:
    (program,) = trace(
        tmp_path,
        """
        import threading
        locks = [threading.Lock() for _ in range(200)]
        for lock in locks:
            with lock: pass
        for lock in locks[:40]: lock.acquire()
        for lock in locks[:40]: lock.release()
        for lock in locks:
            with lock: pass
        """,
    )
    assert len(program.of(layout.HOLD)) == 440
    assert not any(any(cell[layout.CELL_HELD :: 2]) for cell in program.cells().values())


def test_library_code_gets_raw_locks(tmp_path: Path) -> None:
    (program,) = trace(
        tmp_path,
        """
        import threading, _thread, logging, queue, tempfile
        raw = queue.Queue().mutex
        assert type(raw) is not type(threading.Lock()), raw
        assert type(_thread.allocate_lock()) is type(threading.Lock())
        logging.warning("from the standard library")
        """,
    )
    assert sorted(p[1] for p in program.primitives() if not p[5]) == ["Lock", "Lock", "Lock", "Queue"]


def test_locks_that_logging_makes_users_wait_for_are_internal(tmp_path: Path) -> None:
    (program,) = trace(
        tmp_path,
        """
        import logging, threading; from until import until_somebody_waits_for
        class Slow(logging.Handler):
            def emit(self, record):
                inside.set()
                until_somebody_waits_for(self.lock)
        inside = threading.Event()
        handler = Slow()
        first = threading.Thread(target=logging.getLogger().error, args=("one",), name="first")
        logging.getLogger().addHandler(handler); first.start(); inside.wait()
        handler.acquire(); handler.release()  # line 10
        first.join()
        """,
    )
    (wait,) = [r for r in program.of(layout.WAIT) if r.detail == layout.WAIT_LOCK]
    assert wait.thread == program.thread("MainThread")
    assert program.line(wait.site) == 10
    kind, _, file, _, internal = next(p[1:6] for p in program.primitives() if p[0] == wait.object)
    assert (kind, Path(file).parent.name, internal) == ("RLock", "logging", True)
    holds = program.of(layout.HOLD, wait.object)
    assert [hold.thread for hold in holds][:2] == [program.thread("first"), program.thread("MainThread")]


def test_a_lock_that_is_not_used_costs_no_definition(tmp_path: Path) -> None:
    (program,) = trace(
        tmp_path,
        """
        import threading
        made = [threading.Lock() for _ in range(1000)]
        with made[6]: pass
        made[7].acquire()
        """,
    )
    ((template, kind, _, line, column, internal, capacity),) = program.texts("template")
    assert (kind, line, column, internal, capacity) == ("Lock", 2, 8, False, None)
    (hold,) = program.of(layout.HOLD)
    assert hold.object == (template << layout.TEMPLATE_SHIFT) + 7
    assert not program.texts("primitive")


def test_timeouts_are_failed_waits(tmp_path: Path) -> None:
    (program,) = trace(
        tmp_path,
        """
        import threading
        lock = threading.Lock()
        lock.acquire()
        assert not lock.acquire(timeout=0.05)
        """,
    )
    (wait,) = program.of(layout.WAIT)
    assert wait.detail == layout.WAIT_LOCK | layout.WAIT_TIMED | layout.WAIT_FAILED | layout.WAIT_TIMED_OUT
    assert wait.end - wait.start >= 30_000_000, "its time runs from the call on, a little before the wait"

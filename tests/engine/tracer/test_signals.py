"""Signal handlers that raise at any instant leave no lock held that a raw lock would not."""

import sys
from pathlib import Path

import pytest

from tests.engine.tracer.tracing import run_program

STRESS = """
    import random, signal, sys, threading, time
    give_up = time.monotonic() + float(sys.argv[2])  # a loaded machine does fewer laps
    class Bang(Exception): pass
    def handler(number, frame): raise Bang
    signal.signal(signal.SIGALRM, handler)
    assert signal.getsignal(signal.SIGALRM) is handler
    lock, rlock, rng = threading.Lock(), threading.RLock(), random.Random(1)
    contended, outer, inner = threading.Lock(), threading.Lock(), threading.RLock()
    def contend():
        while not over:
            with contended: pass
    over = False
    helper = threading.Thread(target=contend); helper.start()
    bangs = stuck = 0
    for lap in range(int(sys.argv[1])):
        if time.monotonic() > give_up: lap -= 1; break
        one = (lock, rlock, contended, outer)[lap % 4]
        try:
            signal.setitimer(signal.ITIMER_REAL, rng.random() * 0.0003 + 0.00001)
            if one is outer:
                while True:
                    with one:
                        with inner: pass
            while True:
                with one: pass
        except Bang: bangs += 1
        if one is outer: stuck += outer.locked() + inner._is_owned()
        elif one is rlock: stuck += rlock._is_owned()
        elif one is lock: stuck += lock.locked()
        else:
            if not contended.acquire(timeout=50): stuck += 1; break
            contended.release()
    over = True
    helper.join()
    print(lap + 1, bangs, stuck)
"""
SECONDS = 30.0
MIN_LAPS = 200


def check(folder: Path, laps: int, python: str = sys.executable) -> None:
    """Every lap is interrupted, and none leaves a lock held."""
    done = run_program(folder, STRESS, str(laps), str(SECONDS), python=python)
    assert done.returncode == 0, done.stderr
    ran, bangs, stuck = map(int, done.stdout.split())
    assert ran >= MIN_LAPS
    assert (bangs, stuck) == (ran, 0)


def test_no_lock_stays_held(tmp_path: Path) -> None:
    check(tmp_path, 1500)


@pytest.mark.full
def test_no_lock_stays_held_for_long(tmp_path: Path) -> None:
    check(tmp_path, 12_000)


@pytest.mark.full
def test_no_lock_stays_held_elsewhere(tmp_path: Path, other_pythons: list[str]) -> None:
    for number, python in enumerate(other_pythons):
        folder = tmp_path / str(number)
        folder.mkdir()
        check(folder, 6000, python=python)


def test_a_blocking_acquire_is_interrupted_at_once(tmp_path: Path) -> None:
    done = run_program(
        tmp_path,
        """
        import signal, threading, time
        lock = threading.Lock(); lock.acquire()
        signal.setitimer(signal.ITIMER_REAL, 0.1)
        def handler(number, frame): raise TimeoutError
        signal.signal(signal.SIGALRM, handler)
        start = time.perf_counter()
        for block in (lock.acquire, lambda: time.sleep(20), threading.Event().wait):
            signal.setitimer(signal.ITIMER_REAL, 0.1)
            try: block()
            except TimeoutError: print("interrupted")
        assert time.perf_counter() - start < 15  # the sleep alone would take 20
        """,
    )
    assert done.stdout == "interrupted\n" * 3, done.stderr


def test_timers_are_told_while_they_are_set(tmp_path: Path) -> None:
    """Neither by a call that fails, nor in a forked child, which inherits none."""
    done = run_program(
        tmp_path,
        """
        import os, signal, sys, time
        from contextlib import suppress
        def told():
            timers = sys.modules["_lanescope.state"].current_ring().words[7:10]
            now = time.perf_counter_ns()
            return *(each and ("often" if each == 2**64 - 1 else round((each - now) / 1e9)) for each in timers),
        def again(*_): signal.setitimer(signal.ITIMER_REAL, 70)
        signal.signal(signal.SIGALRM, again)
        print(*told())
        signal.alarm(90); print(*told())
        with suppress(OSError): signal.setitimer(signal.ITIMER_REAL, -1)
        with suppress(TypeError): signal.alarm("soon")
        print(*told(), flush=True)
        if not (child := os.fork()): print(*told(), signal.alarm(0)); sys.stdout.flush(); os._exit(0)
        os.waitpid(child, 0)
        signal.setitimer(signal.ITIMER_VIRTUAL, 80); signal.setitimer(signal.ITIMER_PROF, 80, 1); print(*told())
        for which in (signal.ITIMER_VIRTUAL, signal.ITIMER_PROF): signal.setitimer(which, 0)
        signal.setitimer(signal.ITIMER_REAL, 1e-6)
        while not told()[0] > 60: pass
        print(*told()); signal.alarm(0); print(*told())
        """,
    )
    lines = ["0 0 0", "90 0 0", "90 0 0", "0 0 0 0", "90 often often", "70 0 0", "0 0 0"]
    assert done.stdout.splitlines() == lines, done.stderr


# Every builtin that blocks, interrupted while it blocks, and by a signal that came while its wait was still being told.
BLOCKS = """
    import functools, multiprocessing, os, queue, select, signal, socket, sys, time, types
    tell = sys.modules["_lanescope.waits"]
    def told(*args):
        tell(*args)
        if armed: armed.pop()()
    armed = []
    known = {"DEFERS_SIGNALS": True, "tell": tell._open, "armed": armed}
    tell._open = types.FunctionType(told.__code__, known)
    signal.signal(signal.SIGALRM, signal.default_int_handler)
    reader, _writer = os.pipe()
    here, _there = socket.socketpair()
    poll = select.poll(); poll.register(reader, select.POLLIN)
    blocks = {
        "sleep": lambda: time.sleep(30), "read": lambda: os.read(reader, 1), "recv": lambda: here.recv(1),
        "select": lambda: select.select([reader], [], [], 30), "poll": lambda: poll.poll(30_000),
        "queue": queue.SimpleQueue().get, "semaphore": multiprocessing.Semaphore(0).acquire,
        "semaphore in time": lambda: multiprocessing.Semaphore(0).acquire(timeout=30),
    }
    for name, block in blocks.items():
        for at_once in (True, False):
            print(name, at_once, flush=True)
            start = time.monotonic()
            if at_once: armed.append(functools.partial(signal.raise_signal, signal.SIGINT))
            else: signal.setitimer(signal.ITIMER_REAL, 0.1)
            try: block(); print("went on")
            except KeyboardInterrupt: pass
            signal.setitimer(signal.ITIMER_REAL, 0)
            assert not armed, "was never told"
            if time.monotonic() - start > 20: print("too late")
    print("end")
"""
INTERRUPTED = [*(f"{name} {at_once}" for name in (
    "sleep", "read", "recv", "select", "poll", "queue", "semaphore", "semaphore in time"
) for at_once in (True, False)), "end"]  # fmt: skip


def test_whatever_blocks_is_interrupted_at_once(tmp_path: Path) -> None:
    done = run_program(tmp_path, BLOCKS)
    assert done.stdout.splitlines() == INTERRUPTED, done.stderr


@pytest.mark.full
def test_whatever_blocks_is_interrupted_at_once_elsewhere(tmp_path: Path, other_pythons: list[str]) -> None:
    for number, python in enumerate(other_pythons):
        folder = tmp_path / str(number)
        folder.mkdir()
        done = run_program(folder, BLOCKS, python=python)
        assert done.stdout.splitlines() == INTERRUPTED, (python, done.stderr)

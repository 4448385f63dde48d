"""Signal handlers that raise at any instant leave no lock held that a raw lock would not."""

from pathlib import Path

import pytest

from tests.engine.tracer.tracing import run_program

STRESS = """
    import random, signal, sys, threading, time
    class Bang(Exception): pass
    def handler(number, frame): raise Bang
    signal.signal(signal.SIGALRM, handler)
    assert signal.getsignal(signal.SIGALRM) is handler
    lock, rlock, rng = threading.Lock(), threading.RLock(), random.Random(1)
    contended = threading.Lock()
    def contend():
        while not over:
            with contended: pass
    over = False
    helper = threading.Thread(target=contend); helper.start()
    bangs = stuck = 0
    for lap in range(int(sys.argv[1])):
        one = (lock, rlock, contended)[lap % 3]
        try:
            signal.setitimer(signal.ITIMER_REAL, rng.random() * 0.0003 + 0.00001)
            while True:
                with one: pass
        except Bang: bangs += 1
        if one is rlock: stuck += rlock._is_owned()
        elif one is lock: stuck += lock.locked()
        else:
            if not contended.acquire(timeout=50): stuck += 1; break
            contended.release()
    over = True
    helper.join()
    print(bangs, stuck)
"""


def check(folder: Path, laps: int, **options: str) -> None:
    done = run_program(folder, STRESS, str(laps), **options)
    assert done.stdout.split() == [str(laps), "0"], done.stderr


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
        assert time.perf_counter() - start < 10
        """,
    )
    assert done.stdout == "interrupted\n" * 3, done.stderr

"""What is acquired while something else is held: told to observers afterwards, to steerers beforehand."""

from pathlib import Path

from tests.engine.tracer.tracing import run_program, trace

PREPARATION = """
    import sys, threading
    nesting = sys.modules["_lanescope.nesting"]
    a, b, c, r = threading.Lock(), threading.Lock(), threading.Lock(), threading.RLock()
    names = {id(a): "a", id(b): "b", id(c): "c", id(r): "r"}
    def name(locks): return "".join(names[id(lock)] for lock in locks)
"""


def test_what_is_nested_is_observed(tmp_path: Path) -> None:
    source = (
        PREPARATION
        + """
    nesting.observe(lambda lock, outer, state, frame, may_block: print(name(outer), name([lock]), may_block))
    with a: pass
    with a, b, c: pass
    with r:
        with r: a.acquire(timeout=1)
        b.acquire(False)
    a.release()  # not in the order of their acquisition
    with c: pass
    b.release()
    with c: pass
    a.acquire()
    releaser = threading.Thread(target=a.release); releaser.start(); releaser.join()
    with b: pass
    """
    )
    done = run_program(tmp_path, source)
    assert done.stderr == ""
    assert done.stdout.split("\n") == ["a b True", "ab c True", "r a False", "ra b False", "b c True", ""]


def test_who_holds_a_lock_can_be_steered(tmp_path: Path) -> None:
    source = (
        PREPARATION
        + """
    kinds = (type(a), type(r))
    nesting.steer(kinds, lambda lock, outer, state, frame: print(name(outer), name([lock]), lock.owner is not None))
    with a: pass
    with a, r:
        with r, b: pass
    """
    )
    done = run_program(tmp_path, source)
    assert done.stderr == ""
    assert done.stdout.split("\n") == ["a r False", "ar b False", ""]


def test_threads_that_let_others_go_on_leave_nothing_behind(tmp_path: Path) -> None:
    (process,) = trace(
        tmp_path,
        """
        import sys, threading
        event = threading.Event()
        lock_order, tests = (sys.modules[f"_lanescope.{name}"] for name in ("lock_order", "test_runs"))
        kept = [each for each in vars(lock_order).values() if isinstance(each, (dict, set))]
        before = sum(map(len, kept))
        for _ in range(20):
            thread = threading.Thread(target=event.set); thread.start(); thread.join()
        assert sum(map(len, kept)) == before
        assert tests.starts() == 40
        event.clear(); event.set()
        assert tests.starts() == 40  # starts and ends, nothing else
        """,
    )
    assert len(process.texts("gave")) == 21

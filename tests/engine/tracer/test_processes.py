"""Processes: each its own ring, however started; primitives that are the same object in all of them."""

import signal
import sys
from itertools import pairwise
from pathlib import Path

import pytest

from engine.tracer import layout
from tests.engine.tracer.tracing import read_run, run_program, trace

METHODS = ["fork", "spawn", "forkserver"]


@pytest.mark.parametrize("method", METHODS)
def test_children_share_primitives(tmp_path: Path, method: str) -> None:
    processes = trace(
        tmp_path,
        """
        import multiprocessing, sys, time
        def work(lock, queue, event):
            queue.put("about to lock")
            with lock: pass
            queue.put("done")
            event.wait()
        if __name__ == "__main__":
            context = multiprocessing.get_context(sys.argv[1])
            lock, queue, event = context.Lock(), context.Queue(), context.Event()
            children = [context.Process(target=work, args=(lock, queue, event), name=f"child-{n}") for n in range(2)]
            with lock:
                for child in children: child.start()
                for child in children: assert queue.get() == "about to lock"
                time.sleep(0.3)
            for child in children: assert queue.get() == "done"
            event.set()
            for child in children: child.join()
        """,
        method,
    )
    program = processes[0]
    lock, queue = program.primitive("process Lock"), program.primitive("process Queue")
    assert lock & layout.OBJECT_SHARED
    children = [p for p in processes[1:] if p.of(layout.HOLD, lock)]
    assert sorted(c[2] for c in program.texts("child")) == ["child-0", "child-1"]
    assert {c[0] for c in program.texts("child")} == {c.pid for c in children}
    assert sorted(c[0::2] for c in program.texts("child-end")) == sorted((c.pid, 0) for c in children)
    waits = [w for c in children for w in c.of(layout.WAIT, lock)]
    assert {w.detail for w in waits} == {layout.WAIT_LOCK}
    holds = sorted((h for p in processes for h in p.of(layout.HOLD, lock)), key=lambda h: h.start)
    assert len(holds) == 3
    assert all(one.end <= other.start for one, other in pairwise(holds))
    assert program.of(layout.WAIT, queue)
    assert all(c.of(layout.DEPTH, queue)[0].detail == layout.QUEUE_PUT for c in children)
    assert all(c.texts("process")[0][-1] == ("exec" if method == "spawn" else "fork") for c in children)


@pytest.mark.parametrize("method", METHODS)
def test_ending_a_child_is_told_of_before_its_end(tmp_path: Path, method: str) -> None:
    program = trace(
        tmp_path,
        """
        import multiprocessing, subprocess, sys, time
        if __name__ == "__main__":
            context = multiprocessing.get_context(sys.argv[1])
            child = context.Process(target=time.sleep, args=(60,), name="child"); child.start()
            other = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"])
            child.kill(); child.join(); child.kill()
            other.terminate(); other.wait(); other.terminate()
        """,
        method,
    )[0]
    pids = {name: pid for pid, _, name, _ in program.texts("child")}
    child, other = pids.pop("child"), pids.popitem()[1]
    assert program.texts("child-signal") == [(child, signal.SIGKILL), (other, signal.SIGTERM)]
    assert [end[0::2] for end in program.texts("child-end")] == [(child, -signal.SIGKILL), (other, -signal.SIGTERM)]


def test_what_a_launch_finds_to_have_ended_is_joined_when_it_is_joined(tmp_path: Path) -> None:
    """By each thread once, and not by the launch of another process."""
    program = trace(
        tmp_path,
        """
        import multiprocessing, os, threading
        context = multiprocessing.get_context("fork")
        first = context.Process(target=str, name="first"); first.start()
        os.waitid(os.P_PID, first.pid, os.WEXITED | os.WNOWAIT)
        second = context.Process(target=str, name="second"); second.start()
        other = threading.Thread(target=first.join)
        second.join(); first.join(); first.join(); other.start(); other.join()
        """,
    )[0]
    pids = {pid: name for pid, _, name, _ in program.texts("child")}
    joined = [(serial, pids[pid]) for serial, _, _, pid in program.texts("joined") if pid]
    assert joined == [(1, "second"), (1, "first"), (2, "first")]
    assert pids[program.texts("child-end")[0][0]] == "first"


def test_fork_keeps_nothing_of_the_parents_ring(tmp_path: Path) -> None:
    parent, child = trace(
        tmp_path,
        """
        import os, sys, threading, warnings
        warnings.simplefilter("ignore")
        lock, held = threading.Lock(), threading.Lock()
        with lock: pass
        held.acquire()
        pid = os.fork()
        with lock: pass
        held.release()
        if pid == 0: os._exit(0)
        os.waitpid(pid, 0)
        """,
    )
    lock, held = (p[0] for p in parent.primitives())
    assert len(parent.of(layout.HOLD, lock)) == 2
    assert len(parent.of(layout.HOLD, held)) == 1
    assert [h.object for h in child.of(layout.HOLD)] == [lock]
    assert child.texts("process")[0][-1] == "fork"


@pytest.mark.parametrize("method", ["fork", "spawn"])
def test_pools(tmp_path: Path, method: str) -> None:
    processes = trace(
        tmp_path,
        """
        import multiprocessing, sys, time
        from concurrent.futures import ProcessPoolExecutor
        def square(x): time.sleep(0.02); return x * x
        if __name__ == "__main__":
            context = multiprocessing.get_context(sys.argv[1])
            with context.Pool(2) as pool:
                assert pool.map(square, range(4), 2) == [0, 1, 4, 9]
            with ProcessPoolExecutor(2, mp_context=context) as pool:
                assert list(pool.map(square, range(4))) == [0, 1, 4, 9]
        """,
        method,
    )
    program = processes[0]
    for kind, tasks in (("Pool", 2), ("Executor", 4)):
        number = program.primitive(kind)
        workers = [p for p in processes if any(w[0] == number for w in p.texts("executor-worker"))]
        assert workers, kind
        run = [t for w in workers for t in w.of(layout.TASK)]
        assert len(run) == tasks, kind
        assert all(dict(w.texts("text"))[t.object] == "square" for w in workers for t in w.of(layout.TASK))
        firsts = [wait for w in workers for wait in w.of(layout.WAIT, number)[:1]]  # one that got no task has none
        assert {wait.detail for wait in firsts} == {layout.WAIT_IDLE}
        assert any(w.detail == layout.WAIT_OTHER for w in program.of(layout.WAIT, number, 1))
    internal = {t[2] for t in program.texts("thread") if t[4]}
    assert any("_handle_tasks" in name for name in internal)


def test_a_process_that_waits_for_its_feeder(tmp_path: Path) -> None:
    processes = trace(
        tmp_path,
        """
        import multiprocessing, time
        def work(queue): queue.put("x" * 1_000_000)  # more than a pipe holds
        if __name__ == "__main__":
            context = multiprocessing.get_context("fork")
            queue = context.Queue()
            child = context.Process(target=work, args=(queue,)); child.start()
            assert queue._reader.poll(60)  # the child's feeder has begun to write: the child has nothing left to do
            time.sleep(0.2)
            queue.get(); child.join()
        """,
    )
    queue = processes[0].primitive("process Queue")
    waits = processes[1].of(layout.WAIT, queue, thread=1)
    assert max(w.end - w.start for w in waits) > 20_000_000


def test_children_started_with_an_environment_of_their_own(tmp_path: Path) -> None:
    done = run_program(
        tmp_path,
        """
        import os, subprocess, sys
        child = "import os; print(sorted(k for k in os.environ if k != 'LC_CTYPE'))"
        print(subprocess.run([sys.executable, "-c", child], env={"A": "1"}, stdout=subprocess.PIPE, text=True).stdout)
        print(subprocess.run(["/usr/bin/env"], env={"A": "1"}, stdout=subprocess.PIPE, text=True).stdout)
        """,
    )
    assert done.stdout == "['A']\n\nA=1\n\n"
    assert len(list((tmp_path / "run").glob("*.ring"))) == 2


def test_waiting_for_connections_and_sentinels(tmp_path: Path) -> None:
    (program, *_) = trace(
        tmp_path,
        """
        import multiprocessing
        from multiprocessing.connection import wait
        def child(): pass
        process = multiprocessing.get_context("fork").Process(target=child)
        process.start()
        assert wait([process.sentinel]) == [process.sentinel]  # line 6
        process.join()
        """,
    )
    (waited,) = [wait for wait in program.of(layout.WAIT) if wait.detail == layout.WAIT_IO]
    assert program.line(waited.site) == 6


def test_waiting_for_a_queue_or_a_process_is_waiting_for_the_queue(tmp_path: Path) -> None:
    (program, *_) = trace(
        tmp_path,
        """
        import multiprocessing
        from multiprocessing.connection import wait
        context = multiprocessing.get_context("fork")
        reports, plain = context.Queue(), context.SimpleQueue()
        ours, theirs = context.Pipe()
        process = context.Process(target=plain.put, args=(1,))
        process.start()
        while wait([plain._reader, process.sentinel]) == [process.sentinel]: pass  # line 8
        assert wait([plain._reader], 0) == [plain._reader]  # only looks
        assert wait(iter([reports._reader]), timeout=0.01) == []  # line 10
        assert wait([ours], 0.01) == []  # line 11
        assert wait([ours, reports._reader], 0.01) == []  # line 12: for one as for the other
        process.join()
        try: wait([object()], 1)
        except ValueError as error: assert "file object" in str(error), error
        """,
    )
    kinds = {number: kind for number, kind, *_ in program.primitives()}
    endings = layout.WAIT_FAILED | layout.WAIT_TIMED_OUT
    waits = {
        program.line(wait.site): (wait.detail & ~endings, kinds.get(wait.object, ""))
        for wait in program.of(layout.WAIT)
    }
    assert waits[8] == (layout.WAIT_OTHER | layout.WAIT_ANY, "process SimpleQueue")
    assert waits[10] == (layout.WAIT_OTHER | layout.WAIT_TIMED, "process Queue")
    assert waits[11] == (layout.WAIT_IO | layout.WAIT_TIMED, "Pipe")
    assert waits[12] == (layout.WAIT_IO, "")


def test_so_it_is_in_a_process_that_got_the_queue_by_a_message(tmp_path: Path) -> None:
    (tmp_path / "late.py").write_text("""
from multiprocessing.connection import wait
def look(numbers):
    assert wait([numbers._reader], 0.01) == []  # line 4
""")
    programs = trace(
        tmp_path,
        """
        import multiprocessing, sys
        sys.path.insert(0, "")
        import late
        if __name__ == "__main__":
            context = multiprocessing.get_context("spawn")
            for numbers in context.Queue(), context.SimpleQueue():
                process = context.Process(target=late.look, args=(numbers,))
                process.start()
                process.join()
                assert process.exitcode == 0
        """,
    )
    kinds = {number: kind for program in programs for number, kind, *_ in program.primitives()}
    waits = [
        (program.line(wait.site), kinds.get(wait.object, ""))
        for program in programs
        for wait in program.of(layout.WAIT)
        if wait.detail & layout.WAIT_TIMED
    ]
    assert sorted(waits) == [(4, "process Queue"), (4, "process SimpleQueue")]


def test_what_backends_need_for_themselves_is_internal(tmp_path: Path) -> None:
    """Not what a package of the user's that happens to be called the same makes."""
    ours = Path(layout.__file__).parent.parent.parent
    (tmp_path / "engine" / "backends").mkdir(parents=True)
    (tmp_path / "engine" / "backends" / "mine.py").write_text("import threading; lock = threading.Lock()")
    found = {}
    for root, module, make in ((ours, "channel", "ThreadChannel()"), (tmp_path, "mine", "lock")):
        *_, program = trace(
            tmp_path,
            f"""
            import sys; sys.path.insert(0, {str(root)!r})
            import multiprocessing, threading
            from engine.backends import {module}
            made = {module}.{make}, threading.Event()
            if {module!r} == "channel": made += {module}.ProcessChannel(multiprocessing.get_context()),
            """,
        )
        found[module] = {kind: internal for _, kind, _, _, _, internal, _ in program.primitives()}
    assert found == {
        "channel": {"SimpleQueue": True, "process SimpleQueue": True, "Event": False},
        "mine": {"Lock": False, "Event": False},
    }


HELD_AT_FORK = """
    import multiprocessing, os, threading, warnings
    warnings.simplefilter("ignore")
    many, rlocks = [threading.Lock() for _ in range(30)], [threading.RLock() for _ in range(30)]
    shared = [multiprocessing.Lock() for _ in range(30)]
    entered = [threading.Lock(), threading.RLock()]
    orphans = [threading.Lock() for _ in range(30)]
    def take_and_end():
        for lock in orphans: lock.acquire()
    thread = threading.Thread(target=take_and_end); thread.start(); thread.join()
    for lock in many + rlocks + shared: lock.acquire()
    for lock in entered: lock.__enter__()
    pid = os.fork()
    if pid == 0:
        try:
            orphans.pop().__exit__(None, None, None)
            other = threading.Thread(target=orphans.pop().release); other.start(); other.join()
            assert not many[7].acquire(timeout=0.02) and not orphans[3].acquire(timeout=0.02)
            for lock in many + rlocks + shared + orphans: lock.release()
            for lock in entered: lock.__exit__(None, None, None)
            for lock in many + rlocks + orphans + entered:
                with lock: pass
            grandchild = os.fork()
            if grandchild == 0:
                with many[0]: pass
            elif os.waitpid(grandchild, 0)[1]: raise SystemExit(1)
        except BaseException as error:
            print(repr(error), flush=True)
            os._exit(3)
        os._exit(0)
    for lock in many + rlocks + entered: lock.release()
    for lock in orphans: lock.release()
    assert os.waitpid(pid, 0)[1] == 0
"""


def check_locks_held_at_a_fork(folder: Path, python: str) -> None:
    """Nothing is raised, and the holds of the child are its own."""
    parent, child, grandchild = trace(folder, HELD_AT_FORK, python=python)
    assert len(child.of(layout.HOLD)) == 90, python  # those acquired after the fork
    assert len(grandchild.of(layout.HOLD)) == 1, python
    assert len(parent.of(layout.HOLD)) == 62, python


def test_locks_held_at_a_fork_are_released_in_the_child(tmp_path: Path) -> None:
    check_locks_held_at_a_fork(tmp_path, sys.executable)


@pytest.mark.full
def test_locks_held_at_a_fork_everywhere(tmp_path: Path, other_pythons: list[str]) -> None:
    for number, python in enumerate(other_pythons):
        (tmp_path / str(number)).mkdir()
        check_locks_held_at_a_fork(tmp_path / str(number), python)


def test_a_fork_inside_a_wait(tmp_path: Path) -> None:
    """A signal handler forks while its thread waits: the child goes on waiting until its timeout."""
    parent, child = trace(
        tmp_path,
        """
        import os, signal, sys, threading, time, warnings
        warnings.simplefilter("ignore")
        lock, pids = threading.Lock(), []
        signal.signal(signal.SIGALRM, lambda *_: pids.append(os.fork()))
        signal.setitimer(signal.ITIMER_REAL, 0.05)
        lock.acquire()
        assert not lock.acquire(timeout=0.5)
        event = threading.Event()
        assert not event.wait(0.01)
        lock.release()
        with lock: pass
        if pids[0]: assert os.waitpid(pids[0], 0)[1] == 0
        """,
    )
    assert len(child.of(layout.HOLD)) == 1
    assert len(parent.of(layout.HOLD)) == 2


@pytest.mark.parametrize("environment", ["os.environ", "dict(os.environ)", "{}", "{b'PYTHONPATH': b'/nowhere'}"])
def test_programs_started_without_subprocess(tmp_path: Path, environment: str) -> None:
    """Pythons among them are traced, and see the environment that they were given."""
    source = f"""
        import os, subprocess, sys
        child = [sys.executable, "-c", "import os; print(os.environ.get('PYTHONPATH'))"]
        for spawn in os.posix_spawn, os.posix_spawnp:
            os.waitpid(spawn(child[0], child, {environment}), 0)
        subprocess.run(child, close_fds=False, env={environment})
        os.spawnve(os.P_WAIT, child[0], child, {environment})
        os.execvpe(child[0], child, {environment})
    """
    plain = run_program(tmp_path, source, traced=False)
    traced = run_program(tmp_path, source)
    assert (traced.returncode, traced.stdout, traced.stderr) == (0, plain.stdout, plain.stderr)
    told = [process.texts("process")[0] for process in read_run(tmp_path / "run")]
    assert len([process for process in told if process[5][1] == "-c" and process[7] == "exec"]) == 5


def test_proxies_of_a_manager_and_locks_of_shared_values(tmp_path: Path) -> None:
    processes = trace(
        tmp_path,
        """
        import multiprocessing
        if __name__ == "__main__":
            value = multiprocessing.Value("i", 0)
            with value.get_lock(): value.value += 1  # line 4
            with multiprocessing.Manager() as manager:
                lock = manager.Lock()
                with lock: pass  # line 7
        """,
    )
    program, *_ = processes
    (hold,) = program.of(layout.HOLD, program.primitive("process RLock"))
    waits = program.of(layout.WAIT, program.primitive("Proxy"))
    assert (program.line(hold.site), [program.line(wait.site) for wait in waits]) == (4, [7, 7])


def test_a_manager_may_be_spoken_to_in_xml(tmp_path: Path) -> None:
    """Which has no word for many characters."""
    done = run_program(
        tmp_path,
        """
        from multiprocessing.managers import BaseManager
        class Counter:
            def get(self, number): return number
        class Manager(BaseManager): pass
        Manager.register("Counter", Counter)
        if __name__ == "__main__":
            with Manager(serializer="xmlrpclib") as manager:
                print(manager.Counter().get(3))
        """,
    )
    assert done.stdout == "3\n", done.stderr


def test_signals_that_are_none_are_refused_as_ever_and_not_told(tmp_path: Path) -> None:
    processes = trace(
        tmp_path,
        """
        import subprocess, sys
        child = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
        child.send_signal(0)
        for wrong in ("x", None, 1.5):
            try: child.send_signal(wrong)
            except TypeError: pass
        child.communicate(b"\\n")
        """,
    )
    assert not processes[0].texts("child-signal")

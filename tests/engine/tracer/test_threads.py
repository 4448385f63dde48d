"""Threads as lanes: names, parents, errors, joins; states other than locks."""

from pathlib import Path

from engine.tracer import layout
from tests.engine.tracer.tracing import run_program, trace


def test_threads_and_their_ends(tmp_path: Path) -> None:
    (program,) = trace(
        tmp_path,
        """
        import threading, _thread, sys, time
        threading.excepthook = lambda args: None
        def fail(): raise ValueError("no good\\nat all")
        def outer():
            threading.current_thread().name = "renamed"
            inner = threading.Thread(target=sys.exit, name="inner", daemon=True); inner.start(); inner.join()
        for t in (threading.Thread(target=fail, name="fail"), threading.Thread(target=outer, name="outer")):
            t.start(); t.join()
        done = threading.Lock(); done.acquire()
        _thread.start_new_thread(done.release, ())
        done.acquire()
        """,
    )
    threads = {t[2]: t for t in program.texts("thread")}
    serials = {name: t[0] for name, t in threads.items()}
    assert list(serials.values())[:4] == [1, 2, 3, 4]
    assert threads["inner"][5:] == (serials["outer"], True)
    assert threads["outer"][4:] == (False, 1, False)
    assert (serials["outer"], "renamed") in [frame[:2] for frame in program.texts("thread-name")]
    ends = {t[0]: t[2] for t in program.texts("thread-end")}
    assert ends[serials["fail"]] == "ValueError: no good"
    assert ends[serials["inner"]] == ""
    joins = program.of(layout.WAIT, program.primitive("Thread", "outer"))
    assert all(j.thread == 1 and j.detail == layout.WAIT_OTHER for j in joins)


def test_reused_idents_are_new_lanes(tmp_path: Path) -> None:
    (program,) = trace(
        tmp_path,
        """
        import threading
        lock = threading.Lock()
        def work():
            with lock: pass
        for n in range(50):
            t = threading.Thread(target=work, name=f"t{n}"); t.start(); t.join()
        """,
    )
    holds = program.of(layout.HOLD)
    assert [h.thread for h in holds] == list(range(2, 52))
    assert [h.detail for h in holds] == list(range(1, 51))


def test_sleep_and_tasks_and_marks(tmp_path: Path) -> None:
    (program,) = trace(
        tmp_path,
        """
        import sys, time
        lanescope = sys.modules["_lanescope"]
        with lanescope.task("outer"):
            time.sleep(0.01)
            with lanescope.task("inner"): lanescope.mark("here")
        lanescope.progress("worker-1", "step", 1, None, 2, "", "")
        """,
    )
    names = dict(program.texts("text"))
    inner, outer = program.of(layout.TASK)
    assert [(names[t.object], t.detail) for t in (inner, outer)] == [("inner", 1), ("outer", 0)]
    (sleep,) = program.of(layout.WAIT)
    assert sleep.detail == layout.WAIT_SLEEP | layout.WAIT_TIMED
    assert outer.start < sleep.start < sleep.end < inner.start
    assert program.line(sleep.site) == 4
    (mark,) = program.of(layout.MARK)
    assert names[mark.object] == "here"
    assert program.texts("progress")[0][2:] == ("worker-1", "step", 1, None, 2, "", "")


def test_output_is_recorded_by_line_and_thread(tmp_path: Path) -> None:
    (program,) = trace(
        tmp_path,
        """
        import sys, threading
        print("one", 1)
        t = threading.Thread(target=lambda: print("two", file=sys.stderr)); t.start(); t.join()
        print("no line end", end="")
        """,
    )
    assert [(o[0], o[2], o[3]) for o in program.texts("output")] == [
        (1, 1, "one 1\n"),
        (2, 2, "two\n"),
        (1, 1, "no line end"),
    ]


def test_io_waits(tmp_path: Path) -> None:
    (program,) = trace(
        tmp_path,
        """
        import os, socket, threading; from until import until_somebody_waits_for
        r, w = os.pipe()
        threading.Thread(target=lambda: (until_somebody_waits_for(None), os.write(w, b"x"))).start()
        os.read(r, 1)
        a, b = socket.socketpair()
        threading.Thread(target=lambda: (until_somebody_waits_for(None), b.send(b"x"))).start()
        a.recv(1)
        a.close(); b.close(); os.close(r); os.close(w)
        """,
    )
    waits = [w for w in program.of(layout.WAIT, 0, thread=1) if w.detail == layout.WAIT_IO]
    long = [program.line(w.site) for w in waits if w.end - w.start > 10_000_000]
    assert long == [4, 7]


def test_where_calls_have_been_over_at_once_a_living_one_has_its_line_only(tmp_path: Path) -> None:
    (program,) = trace(
        tmp_path,
        """
        import os, sys, threading; from until import until_somebody_waits_for
        waits, ring = sys.modules["_lanescope.waits"], sys.modules["_lanescope.state"].run.ring
        r, w = os.pipe()
        def outer(): inner()
        def inner(): os.read(r, 1)
        def help():
            until_somebody_waits_for(None)
            print([state.wait[2] for state in ring.states.values() if state.wait])
            os.write(w, b"x")
        def wait():
            thread = threading.Thread(target=help); thread.start()
            outer()
            thread.join()
        wait()
        long, waits.LONG_NS = waits.LONG_NS, 10 ** 15
        for _ in range(waits.MANY):
            os.write(w, b"x")
            outer()
        waits.LONG_NS = long
        wait()
        wait()
        """,
    )
    stacks = {stack[0]: len(stack[1]) for stack in program.texts("stack")}
    alive = [stacks.get(int(output[3].strip("[]\n")), 1) for output in program.texts("output")]
    over = [stacks.get(w.site, 1) for w in program.of(layout.WAIT, 0, thread=1) if w.end - w.start > 10_000_000]
    assert (alive, over) == ([4, 1, 4], [4, 4, 4])


def test_objects_that_poll(tmp_path: Path) -> None:
    (program,) = trace(
        tmp_path,
        """
        import os, select
        r, w = os.pipe()
        poller = select.poll(); poller.register(r, select.POLLIN)
        assert poller.poll(30) == []
        with select.epoll() as events:
            assert isinstance(events, select.epoll) and type(events).__name__ == "epoll"
            events.register(r, select.EPOLLIN)
            assert events.poll(0.03) == []
            os.write(w, b"x")
            assert events.poll() == [(r, select.EPOLLIN)]
        assert events.closed
        try: events.poll()
        except ValueError as error: assert "traceback" not in str(error)
        import copy, pickle
        assert select.epoll.fromfd and select.epoll.modify.__doc__ and str(type(events).__mro__)
        def refused(what, *args):
            try: what(*args)
            except TypeError: return True
        for each in poller, events:
            assert refused(copy.copy, each) and refused(pickle.dumps, each) and refused(type, "Mine", (type(each),), {})
        os.close(r); os.close(w)
        """,
    )
    waits = [w for w in program.of(layout.WAIT, 0, thread=1) if w.detail == layout.WAIT_IO]
    assert [program.line(w.site) for w in waits if w.end - w.start > 10_000_000] == [4, 8]


def test_kernel_queues_of_other_systems(tmp_path: Path) -> None:
    (program,) = trace(
        tmp_path,
        """
        import sys, time, types
        class kqueue:
            "A stand-in: Linux has none."
            closed = False
            def control(self, changes, events, timeout=None, /): sleep(timeout or 0); return [changes, events]
            def fileno(self): return 7
            @classmethod
            def fromfd(cls, number, /): return cls()
        sleep, kqueue.__module__ = sys.modules["_lanescope.originals"].sleep, "select"
        select = types.SimpleNamespace(kqueue=kqueue)
        sys.modules["_lanescope.polling"].patch_select(select)
        for queue in select.kqueue(), select.kqueue.fromfd(7):
            assert isinstance(queue, select.kqueue) and type(queue) is not kqueue and type(queue).__name__ == "kqueue"
            assert queue.control(None, 2, 0.03) == [None, 2] and queue.fileno() == 7 and not queue.closed
        """,
    )
    waits = [w for w in program.of(layout.WAIT, 0, thread=1) if w.detail == layout.WAIT_IO]
    assert [program.line(w.site) for w in waits if w.end - w.start > 10_000_000] == [14, 14]


def test_names_and_stacks_are_told_before_another_thread_speaks_of_them(tmp_path: Path) -> None:
    """While a thread is held up on its way to tell of one, others tell of it themselves."""
    source = """
    import sys
    originals, reporter, sites, texts = (
        sys.modules["_lanescope." + name] for name in ("originals", "reporter", "sites", "texts")
    )
    number = {"text": lambda: reporter.text_number("parse"), "stack": lambda: sites.interned([1, 2])}
    write, told, to_hold_up, through = texts.TextFile.write, set(), set(number), originals.allocate_lock()

    def speak_of(kind):
        print(kind, (kind, number[kind]()) in told)
        through.release()

    def write_late(self, kind, *rest):
        if kind in to_hold_up:
            to_hold_up.remove(kind)
            through.acquire()
            originals.start_new_thread(speak_of, (kind,))
            through.acquire()
            through.release()
        told.add((kind, rest[0]))
        return write(self, kind, *rest)

    texts.TextFile.write = write_late
    for kind in ("text", "stack"):
        number[kind]()
    """
    done = run_program(tmp_path, source)
    assert done.stdout == "text True\nstack True\n", done.stderr

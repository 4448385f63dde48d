"""Bookmarks from the program: recorded as marks, and invisible to it."""

import sys
from pathlib import Path

from engine.tracer import layout
from tests.engine.tracer.tracing import read_run, run_program

PROGRAM = """
    import sys, threading, pickle

    heard = []
    def work():
        sys.audit("lanescope.bookmark", "in the worker")

    sys.audit("lanescope.bookmark", "before")
    sys.addaudithook(lambda event, arguments: heard.append(event) if event.startswith("lanescope") else None)
    thread = threading.Thread(target=work, name="worker")
    thread.start()
    thread.join()
    sys.audit("lanescope.bookmark", 42)
    sys.audit("lanescope.bookmark")
    sys.audit("something.else", "ignored")
    class Odd:
        def __str__(self):
            raise RuntimeError("no text")
    sys.audit("lanescope.bookmark", Odd())
    try:
        sys.audit()
    except TypeError as error:
        print(error.__traceback__.tb_next is None)
    class Holder:
        audit = sys.audit
    Holder().audit("lanescope.bookmark", "unbound")
    print(heard.count("lanescope.bookmark"), pickle.loads(pickle.dumps(sys.audit)) is not None)
"""


def test_bookmarks_are_marks_of_their_lanes_and_audit_hooks_still_hear_them(tmp_path: Path) -> None:
    done = run_program(tmp_path, PROGRAM)
    assert done.stdout.split() == ["True", "5", "True"], done.stderr
    (process,) = read_run(tmp_path / "run")
    names = dict(process.texts("text"))
    marks = [(names[record.object], record.thread) for record in process.of(layout.MARK)]
    main, worker = process.thread("MainThread"), process.thread("worker")
    assert marks == [
        ("before", main), ("in the worker", worker), ("42", main), ("", main), ("Odd", main), ("unbound", main),
    ]  # fmt: skip


def test_outside_of_a_recording_the_call_does_nothing() -> None:
    sys.audit("lanescope.bookmark", "nobody listens")

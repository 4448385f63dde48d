"""pytest's plugin: `pytest -p lanescope` with this folder on PYTHONPATH, or `./run pytest` in its stead.

The tests run once more as a child of Lanescope, traced, in the same interpreter with the same arguments. A test during
which a deadlock happens or is predicted fails with the explanation; one that hangs is ended, and its failure says who
waits for whom. Each test is a task on the main thread's lane of the recording.

In the traced process the plugin tells Lanescope, over a socket, when tests begin and end, and asks for what was found
when threads or processes had a part in one. A deadlock or a hang is told with a signal, whose handler raises the
failure wherever the main thread waits. Nothing here imports Lanescope, which is found by its path: the project under
test may have packages of the same names.
"""

from __future__ import annotations

import contextlib
import json
import os
import pathlib
import select
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Generator
from typing import Any

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]
VARIABLE = "LANESCOPE_TESTS"  # in the traced process only: a signal's number, a colon, and the socket
ANSWER_S = 10.0
LEAVING_S = 0.5  # for threads whose waits were given up


def pytest_addoption(parser: pytest.Parser) -> None:
    group = parser.getgroup("lanescope")
    group.addoption(
        "--lanescope-timeout",
        type=float,
        default=60.0,
        metavar="S",
        help="a test whose main thread waits for one thing for so many seconds hangs, and is ended (60; 0: never)",
    )


@pytest.hookimpl(tryfirst=True)
def pytest_cmdline_main(config: pytest.Config) -> int | None:
    """Runs the tests traced, unless this is the traced process."""
    if "_lanescope" in sys.modules:
        return None
    if config.option.help or config.option.version or getattr(config.option, "collectonly", False):
        return None
    if getattr(config.option, "numprocesses", None):
        raise pytest.UsageError("lanescope follows one process of tests: leave out -n")
    limit = config.option.lanescope_timeout
    if not 0 <= limit < float("inf"):
        raise pytest.UsageError(f"--lanescope-timeout takes a number of seconds, 0 for none, not {limit:g}")
    own = [ROOT / ".venv" / "bin" / "python", ROOT / ".venv" / "Scripts" / "python.exe"]
    python = next((str(path) for path in own if path.exists()), sys.executable)
    command = [python, str(ROOT / "main.py"), "pytest", "--timeout", str(limit), "--interpreter", sys.executable]
    status = stand_by([*command, "--as-started", "--", *sys.orig_argv[1:]])
    if is_measured():
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(status)
    return status


def is_measured() -> bool:
    """Whether coverage is at work here: at its end it would write what it has measured, which is nothing, in place of
    what it has measured in the traced process.
    """
    coverage = sys.modules.get("coverage")
    return coverage is not None and coverage.Coverage.current() is not None


def stand_by(command: list[str]) -> int:
    """Runs it to its end. Ctrl-C is for the tests, which hear of it from the terminal; to be told to end is, too."""
    former = {number: signal.signal(number, lambda *_: None) for number in (signal.SIGINT, signal.SIGTERM)}
    with subprocess.Popen(command) as process:
        signal.signal(signal.SIGTERM, lambda *_: process.terminate())
        status = process.wait()
    for number, handler in former.items():
        signal.signal(number, handler)
    return 128 - status if status < 0 else status


@pytest.hookimpl(tryfirst=True)
def pytest_configure(config: pytest.Config) -> None:
    number, _, path = os.environ.pop(VARIABLE, "").partition(":")
    if "_lanescope" in sys.modules and path:
        width = shutil.get_terminal_size().columns
        config.pluginmanager.register(TestReporter(int(number), path, width), "lanescope-reporter")
        # Where pytest-xdist is installed, pytest-rerunfailures has a thread wait for its workers, of whom there are
        # none: for all that can be seen it might end the wait of every other thread.
        rerunfailures: Any = sys.modules.get("pytest_rerunfailures")
        if rerunfailures is not None:
            rerunfailures.HAS_PYTEST_HANDLECRASHITEM = False


class TestReporter:
    """What goes on in the traced process."""

    __test__ = False

    def __init__(self, number: int, path: str, width: int) -> None:
        """`number`: of the signal; `path`: of the socket; `width`: of the terminal, in characters."""
        self.tracer: Any = sys.modules["_lanescope"]
        self.stream = socket.socket(socket.AF_UNIX)
        self.stream.connect(path)
        self.rest = b""
        self.failures: list[str] = []  # found, not yet shown
        self.at_the_end: list[str] = []  # told after the last test
        self.is_exposed = False  # test code runs: a failure may be raised
        self.raised: BaseException | None = None  # the latest, while it has not been seen again
        self.threads = threading.active_count()
        self.starts = 0  # of threads and processes
        self.session: pytest.Session | None = None  # when it has come to its end
        self.hook = threading.excepthook
        signal.signal(number, self.on_signal)  # for good: it may come late, and would kill the process
        self.pid = os.getpid()
        self.send(pid=self.pid, width=width)

    def is_fork(self) -> bool:
        """In a child that a test has forked and not ended: it goes on with the tests, but is not who is asked for."""
        return os.getpid() != self.pid

    def send(self, **message: object) -> None:
        if self.is_fork():
            return
        with contextlib.suppress(OSError):  # nobody is there any more: this process is about to be ended
            self.stream.sendall(json.dumps(message).encode() + b"\n")

    def receive(self, timeout_s: float) -> dict[str, Any] | None:
        """The next message; None when none comes in time."""
        deadline = time.monotonic() + timeout_s
        while b"\n" not in self.rest:
            left = deadline - time.monotonic()
            if not select.select([self.stream], [], [], max(0.0, left))[0]:
                return None
            data = b""
            with contextlib.suppress(OSError):
                data = self.stream.recv(1 << 16)
            if not data:
                return None
            self.rest += data
        line, _, self.rest = self.rest.partition(b"\n")
        message: dict[str, Any] = json.loads(line)
        return message

    def on_signal(self, *_: object) -> None:
        """A failure has been told: raises it where the test waits."""
        __tracebackhide__ = True
        if not self.is_exposed:
            return
        message = self.receive(1.0)
        if message and "failed" in message:
            self.is_exposed = False
            self.give_up_waits()
            self.raised = pytest.fail.Exception(message["failed"] + waiting_tasks(), pytrace=False)
            raise self.raised

    @pytest.hookimpl(hookwrapper=True)
    def pytest_make_collect_report(self, collector: pytest.Collector) -> Generator[None, None, None]:
        """Importing tests may hang, too."""
        yield from self.told(f"collecting {collector.nodeid}")
        self.let_go()

    @pytest.hookimpl(hookwrapper=True, trylast=True)
    def pytest_sessionfinish(self, session: pytest.Session) -> Generator[None, Any, None]:
        """So may other hooks at the end. What is raised in them would keep pytest from telling how the tests went."""
        outcome = yield from self.told("the end of the session")
        if outcome.excinfo is not None and outcome.excinfo[1] is self.raised:
            self.at_the_end.append(str(self.raised))
            outcome.force_result([])
            session.exitstatus = pytest.ExitCode.TESTS_FAILED
        self.session = session

    @pytest.hookimpl
    def pytest_terminal_summary(self, terminalreporter: Any) -> None:
        for text in self.at_the_end:
            terminalreporter.section("Lanescope: the end of the session", red=True)
            terminalreporter.write_line(text)

    def told(self, what: str) -> Generator[None, Any, Any]:
        """Around what may hang besides tests. Returns what came of it."""
        self.send(begin=what, time_ns=time.perf_counter_ns())
        outcome = yield from self.exposed()
        self.send(end=what)
        return outcome

    @pytest.hookimpl(hookwrapper=True)
    def pytest_runtest_protocol(self, item: pytest.Item) -> Generator[None, None, None]:
        self.raised = None
        self.threads = threading.active_count()
        self.starts = self.tracer.starts()
        with self.tracer.task(item.nodeid):
            yield
        self.send(end=item.nodeid)

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_logstart(self, nodeid: str) -> None:
        """Of each run of a test: there may be more than one."""
        self.send(begin=nodeid, is_test=True, time_ns=time.perf_counter_ns())

    @pytest.hookimpl(hookwrapper=True)
    def pytest_runtest_setup(self) -> Generator[None, Any, None]:
        outcome = yield from self.exposed()
        if outcome.excinfo is not None or self.raised is not None:  # else what fixtures have begun goes on
            self.judge(outcome)

    @pytest.hookimpl(hookwrapper=True)
    def pytest_runtest_call(self) -> Generator[None, Any, None]:
        self.judge((yield from self.exposed()))

    @pytest.hookimpl(hookwrapper=True)
    def pytest_runtest_teardown(self) -> Generator[None, Any, None]:
        self.judge((yield from self.exposed()))

    def exposed(self) -> Generator[None, Any, Any]:
        """While code of the tests runs. Returns what came of it."""
        self.is_exposed = True
        outcome = yield
        self.is_exposed = False
        return outcome

    def judge(self, outcome: Any) -> None:
        """What was found fails the test as an exception of its own would, so that marks like xfail count."""
        if self.raised is not None and (outcome.excinfo is None or outcome.excinfo[1] is not self.raised):
            self.failures.append(str(self.raised))  # the test has swallowed it
        self.raised = None
        self.failures += self.findings()
        if self.failures and outcome.excinfo is None:
            failure = pytest.fail.Exception("\n\n".join(self.failures), pytrace=False)
            self.failures = []
            if hasattr(outcome, "force_exception"):
                outcome.force_exception(failure)
            else:  # pluggy before 1.1
                outcome._excinfo = type(failure), failure, None

    @pytest.hookimpl(hookwrapper=True)
    def pytest_runtest_makereport(self) -> Generator[None, Any, None]:
        outcome = yield
        report = outcome.get_result()
        self.let_go()
        if self.failures:  # of a test that has failed by itself, or is skipped
            if not report.failed and not hasattr(report, "wasxfail"):
                report.outcome, report.longrepr = "failed", "\n\n".join(self.failures)
            else:
                report.sections.append(("Lanescope", "\n\n".join(self.failures)))
        self.failures = []

    def findings(self) -> list[str]:
        """What was found in the test so far: asked for only when other threads or processes had a part in it."""
        starts, threads = self.tracer.starts(), threading.active_count()
        found: list[str] = []
        if (starts != self.starts or threads > 1) and not self.is_fork():
            self.starts = starts
            self.tracer.mark("asked for findings")  # so that the recording goes on to this moment
            self.send(ask=True, time_ns=time.perf_counter_ns(), settle=threads > self.threads)
            while (message := self.receive(ANSWER_S)) is not None:
                found += [message["failed"]] if "failed" in message else message["found"]
                if "found" in message:
                    break
        return found

    def give_up_waits(self) -> None:
        """Threads that wait for locks end, by a SystemExit that nobody is to be bothered with."""
        self.hook = hook = threading.excepthook
        threading.excepthook = lambda args: None if args.exc_type is SystemExit else hook(args)
        self.tracer.abort_waits(True)

    def let_go(self) -> None:
        """Once these threads have ended, waits are waits again."""
        if self.tracer.abort_waits():
            deadline = time.monotonic() + LEAVING_S
            while threading.active_count() > self.threads and time.monotonic() < deadline:
                time.sleep(0.01)
            self.tracer.abort_waits(False)
            threading.excepthook = self.hook

    @pytest.hookimpl(trylast=True)
    def pytest_unconfigure(self) -> None:
        self.send(bye=int(self.session.exitstatus) if self.session is not None else None)
        self.stream.close()


def waiting_tasks() -> str:
    """Where the tasks of this thread's event loop wait, a line each; empty without such a loop."""
    asyncio = sys.modules.get("asyncio")
    loop = asyncio._get_running_loop() if asyncio is not None else None
    if asyncio is None or loop is None:
        return ""
    lines = []
    for task in sorted(asyncio.all_tasks(loop), key=lambda each: str(each.get_name())):
        for frame in task.get_stack(limit=1):
            code = frame.f_code
            lines.append(f"\n  {task.get_name()} at {code.co_filename}:{frame.f_lineno} in {code.co_name}")
    return "".join(["\nasyncio tasks that wait:", *lines]) if lines else ""

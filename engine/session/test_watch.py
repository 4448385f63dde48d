"""Watches a run of pytest: tells each test what was found in it, and ends what hangs (see engine/pytest_plugin).

The plugin in the traced process learns of a signal's number and a socket by VARIABLE, connects and sends JSON lines:
`{"pid", "width"}` (of its terminal) at first, `{"begin": TEST, "time_ns", "is_test"}`, `{"end": TEST}`, `{"ask": true,
"time_ns", "settle"}`, which is answered by `{"found": [TEXT, ...]}`, and `{"bye": EXIT_STATUS}` (null where pytest
has not come to its end). A deadlock or a hang is told by `{"failed": TEXT}` and that signal.
"""

import contextlib
import json
import os
import select
import signal
import socket
import tempfile
import time
from collections.abc import Set
from dataclasses import replace
from pathlib import Path
from typing import Any

from engine.analysis.order import lock_order
from engine.analysis.verdict import WIDTH, render_plainly, stack_lines, wrapped
from engine.model.entities import Slice
from engine.model.explain import explain
from engine.model.format import duration
from engine.model.model import Model
from engine.recorder.request import RunRequest
from engine.recording.reader import NotARecording, RecordingReader
from engine.recording.schema import State
from engine.session.session import Session, SessionStatus

VARIABLE = "LANESCOPE_TESTS"  # "NUMBER:SOCKET"
SIGNAL = getattr(signal, "SIGRTMIN", signal.SIGUSR1 - 5) + 5
LOOK_S = 0.01
SETTLED_NS = 80_000_000  # a deadlock is found within that time
PATIENCE_S = 1.0  # when the recording does not move, there is nothing more to come
INTERRUPT_S = 5.0  # for a test that was told to end
LEAVING_S = 2.0  # for the process, once its tests are over
LONGEST_ADDRESS = 103  # bytes: the least that systems allow
MOST_NAMES = 8
BEFORE = "before the first test: "
AFTER = "after the last test: "
AT_EXIT = "pytest's process"  # in place of a test
WAITS = (State.LOCK_WAIT, State.WAIT)
HANGS = (*WAITS, State.IO)  # an event loop whose test waits for what never comes waits in the system


class TestWatch:
    """One run of tests. `step` until it gives a status; then `close`."""

    __test__ = False

    def __init__(self, request: RunRequest, timeout_s: float) -> None:
        """`timeout_s`: for how long a test's main thread may wait for one thing; 0: for ever."""
        self._folder = _folder_for_socket()
        self._server = socket.socket(socket.AF_UNIX)
        self._server.bind(str(self._folder / "socket"))
        self._server.listen(1)
        environment = {**request.environment, VARIABLE: f"{int(SIGNAL)}:{self._folder / 'socket'}"}
        self.request = replace(request, environment=environment, test_signal=int(SIGNAL))
        self._session = Session(self.request)
        self._timeout_ns = int(timeout_s * 1e9)
        self._plugin: socket.socket | None = None
        self._rest = b""
        self._pid: int | None = None
        self._width = WIDTH
        self._reader: RecordingReader | None = None
        self._model: Model | None = None
        self._told: set[object] = set()  # findings, by what makes each
        self._predicted: set[object] = set()  # those of them that were predicted in the test that is run
        self._nestings = 0  # looked at for predictions
        self._test = ""  # or what else goes on, in words
        self._is_test = False
        self._began_ns = 0
        self._question: tuple[dict[str, Any], float] | None = None  # and when it came, in s
        self._failures_before = 0  # when it began
        self._left: set[int] = set()  # lanes that failed tests have left
        self._interrupted_s: float | None = None
        self._bye: tuple[int | None, float] | None = None
        self._is_stuck = False  # something was: threads or processes of it may keep the program from ending
        self.failures = 0
        self._failure = ""  # told last, in words
        self.last: list[str] = []  # what no test has been told, in words: what came later, or could not be heard

    def start(self) -> None:
        """SessionError when it cannot be started."""
        self._session.start()

    def stop(self) -> None:
        """Ends the run."""
        self._session.stop()

    def step(self) -> SessionStatus:
        """One look at everything; sleeps LOOK_S."""
        ends = [self._server if self._plugin is None else self._plugin]
        with contextlib.suppress(ValueError):  # closed by the other side
            ready, _, _ = select.select(ends, [], [], LOOK_S)
            if ready:
                self._hear()
        self._follow()
        self._tell_deadlocks()
        self._answer()
        self._end_what_hangs()
        status = self._session.poll()
        over = self._bye is not None and time.monotonic() - self._bye[1] > LEAVING_S
        if over and self._is_stuck and status.phase == "running":
            self._session.stop()
        return status

    @property
    def exit_status(self) -> int | None:
        """pytest's own; None when it has not come to its end."""
        return self._bye[0] if self._bye is not None else None

    @property
    def test(self) -> str:
        """The one that is run, or what else goes on."""
        return self._test

    def close(self) -> None:
        """Leaves nothing behind."""
        self._session.close()
        if self._reader is not None:
            self._reader.close()
        for end in (self._plugin, self._server):
            if end is not None:
                end.close()
        (self._folder / "socket").unlink(missing_ok=True)
        self._folder.rmdir()

    def _hear(self) -> None:
        if self._plugin is None:
            self._plugin, _ = self._server.accept()
            return
        data = b""
        with contextlib.suppress(OSError):
            data = self._plugin.recv(1 << 16)
        if not data:
            time.sleep(LOOK_S)
            return
        *lines, self._rest = (self._rest + data).split(b"\n")
        for line in lines:
            message = json.loads(line)
            if "pid" in message:
                self._pid, self._width = message["pid"], min(WIDTH, message["width"])
            elif "begin" in message:
                self._begin(message)
            elif "end" in message:
                self._note_what_is_left()
                self._test, self._interrupted_s = "", None
            elif "ask" in message:
                self._question = message, time.monotonic()
                self._session.hurry()
            elif "bye" in message:
                self._bye = message["bye"], time.monotonic()
                self._test, self._began_ns = AT_EXIT, time.perf_counter_ns()

    def _begin(self, message: dict[str, Any]) -> None:
        """A test that has failed may be run again: what was predicted is true of that run, too."""
        self._interrupted_s = None
        if message["begin"] == self._test:
            self._told -= self._predicted
            self._nestings = 0
        else:
            self._test, self._began_ns = message["begin"], message["time_ns"]
            self._is_test = message.get("is_test", False)
            self._failures_before = self.failures
        self._predicted = set()

    def _follow(self) -> None:
        """Takes in what has been recorded."""
        if self._reader is None or self._model is None:
            with contextlib.suppress(NotARecording, OSError):
                self._reader = RecordingReader(self.request.recording)
                self._model = Model(self._reader.header)
            return
        while batch := self._reader.poll():
            self._model.take_in(batch)

    def _new_deadlocks(self) -> list[str]:
        """In words, each once."""
        assert self._model is not None
        found = []
        for number, each in self._model.findings.items():
            if each.get("kind") == "deadlock" and number not in self._told:
                self._told.add(number)
                found.append(render_plainly(self._model, each, self._width))
        self._is_stuck |= bool(found)
        return found

    def _new_predictions(self) -> list[str]:
        model = self._model
        if model is None or len(model.nestings) == self._nestings:
            return []
        self._nestings = len(model.nestings)
        found = []
        for each in lock_order.find(
            model, self._began_ns
        ):  # of the same lines, too, that another test has been told of
            if each["severity"] == "error":
                key = frozenset((edge["primitive"], edge["wait_site"], edge["hold_site"]) for edge in each["edges"])
                if key not in self._told:
                    self._told.add(key)
                    self._predicted.add(key)
                    found.append(render_plainly(model, each, self._width))
        return found

    def _tell_deadlocks(self) -> None:
        if self._model is not None and self._question is None:
            for text in self._new_deadlocks():
                if self._bye is not None:
                    self.last.append(AFTER + text)
                elif self._pid is not None:
                    self._fail(text)
                else:  # nobody is there who could be told
                    self.last.append(BEFORE + text)
                    self._session.stop()

    def _answer(self) -> None:
        """Once everything up to the question has been recorded, or nothing more comes."""
        if self._question is None or self._model is None:
            return
        question, asked_s = self._question
        until = question["time_ns"] + (SETTLED_NS if question["settle"] else 0)
        late = time.monotonic() - asked_s > PATIENCE_S
        if late or (self._model.end_ns >= question["time_ns"] and time.perf_counter_ns() >= until):
            self._question = None
            found = self._new_deadlocks() + self._new_predictions()
            self.failures += len(found)
            self._send({"found": found})

    def _end_what_hangs(self) -> None:
        model, now_s = self._model, time.monotonic()
        if self._interrupted_s is not None:
            if now_s - self._interrupted_s > INTERRUPT_S and self._test:
                self._interrupted_s = float("inf")
                self.last.append(f"{self._test} goes on, so that all tests are ended. It was told: {self._failure}")
                self._session.stop()
            return
        if not (self._timeout_ns and self._test and model is not None and model.lanes):
            return
        now_ns = time.perf_counter_ns()
        if now_ns - self._began_ns < self._timeout_ns:
            return
        main = next((lane for lane in model.lanes if self._is_main(model, lane.process, lane.serial)), model.lanes[0])
        waiting = [item for item in model.states.open_slices() if item.state in HANGS and item.lane == main.id]
        if waiting and now_ns - max(waiting[0].start_ns, self._began_ns) > self._timeout_ns:
            self._tell_of_hang(model, waiting[0])

    def _tell_of_hang(self, model: Model, of_main: Slice) -> None:
        """Ends it, too."""
        if self._bye is None:
            words = explain(model, of_main)
            what = words[:1].lower() + words[1:] if self._is_test else self._test
            before = {
                item.lane
                for item in model.states.open_slices()
                if item.lane in self._left and item.start_ns < self._began_ns
            }
            self._fail(f"This hangs: {what}.\n{who_waits(model, self._width, before)}")
        elif not self._is_stuck:
            self._is_stuck = True
            self.last.append(f"{AFTER}the process of the tests does not end.\n{who_waits(model, self._width)}")

    def _note_what_is_left(self) -> None:
        """By the test that ends, if it has failed."""
        if self.failures > self._failures_before and self._model is not None:
            lanes = self._model.lanes
            self._left |= {each.id for each in lanes if each.start_ns >= self._began_ns and each.end_ns is None}

    def _is_main(self, model: Model, process: int, serial: int) -> bool:
        return model.processes[process].pid == self._pid and serial == 1

    def _fail(self, text: str) -> None:
        """Tells the plugin, and wakes it."""
        self.failures += 1
        self._is_stuck = True
        self._failure = text
        self._send({"failed": text})
        if self._pid is not None:
            self._interrupted_s = time.monotonic()
            with contextlib.suppress(OSError):
                os.kill(self._pid, SIGNAL)

    def _send(self, message: dict[str, Any]) -> None:
        if self._plugin is not None:
            with contextlib.suppress(OSError):
                self._plugin.sendall(json.dumps(message).encode() + b"\n")


def _folder_for_socket() -> Path:
    """A new one; not in a TMPDIR whose name is too long for a socket's address."""
    room = LONGEST_ADDRESS - len("/lanescope-tests-12345678/socket")
    usual = os.fsencode(tempfile.gettempdir())
    return Path(tempfile.mkdtemp(prefix="lanescope-tests-", dir=None if len(usual) <= room else "/tmp"))


def who_waits(model: Model, width: int, aside: Set[int] = frozenset()) -> str:
    """The wait-for graph in words: every lane that waits now, for what, who could end it, and where. Of lanes `aside`,
    which have waited since failed tests, only the names.
    """
    lines, running = [], []
    for item in sorted(model.states.open_slices(), key=lambda item: item.lane):
        label = model.lane_label(item.lane)
        if model.lanes[item.lane].internal or item.lane in aside:
            continue
        if item.state in HANGS:
            lines += wrapped(f"{label}: {explain(model, item)}", width, "  ")
            lines += stack_lines(model.stack(model.detail(item.detail)[1]))
        else:
            running.append(f"{label} ({duration(item.duration_ns)} {item.state.words})")
    for words, labels in (
        ("not waiting for anybody", running),
        ("waiting since tests that failed before", [model.lane_label(lane) for lane in sorted(aside)]),
    ):
        if labels:
            more = f" and {len(labels) - MOST_NAMES} more" if len(labels) > MOST_NAMES else ""
            lines += wrapped(f"{words}: {', '.join(labels[:MOST_NAMES])}{more}", width, "  ")
    return "\n".join(["Who waits for whom:", *lines])

"""Processes that are stuck at a pipe: writing to it, for it is full, or reading from it, for it is empty (Linux only).

Only who has the pipe's other end open can let such a process go on. Where that is a process that waits for its end, or
for another pipe of its, neither ever goes on: `communicate()` of `subprocess` reads all pipes and waits. Whole
processes are told, for the system does not say which of their threads would have read or written. Of pipes without a
name only, which have been inherited: nobody else can open them later.
"""

import contextlib
import os
import platform
import time
from typing import NamedTuple

from engine.recorder.deadlocks.asleep import is_asleep
from engine.recorder.deadlocks.outsiders import has_timer
from engine.recorder.processes.open_files import OpenFiles, access_mode, named

LASTS_NS = 1_000_000_000  # an answer about who has a pipe open is good for so long
MAX_SHARE = 0.005  # of the time, or for longer where asking everybody takes long
SOON_NS = 20_000_000  # after that it is noticed that somebody has come to a pipe,
MANY = 8  # as long as there are no more than these
# Numbers of the system calls whose first argument is the descriptor.
_WRITES, _READS = {
    "x86_64": ({1, 20, 278}, {0, 19}),  # write, writev, vmsplice; read, readv
    "aarch64": ({64, 66, 75}, {63, 65}),
}.get(platform.machine(), (set(), set()))


class StreamCall(NamedTuple):
    """A process's main thread sleeps at a pipe, by that descriptor."""

    inode: int
    descriptor: int
    is_writing: bool


class StuckAtPipe(NamedTuple):
    """A process is, in its main thread. `others`: pids of those that have the pipe's other end open. `for_good`: it has
    nothing of its own that might yet end it, neither a thread nor a timer.
    """

    inode: int
    is_writing: bool
    others: frozenset[int]
    for_good: bool


class Answer(NamedTuple):
    """Who has something open: asked then, good until then."""

    asked_ns: int
    until_ns: int
    pids: frozenset[int]


class FullPipes:
    """Remembers for a while who has which pipe open, and of whom it was asked whether he is stuck."""

    def __init__(self, files: OpenFiles) -> None:
        self._files = files
        self._answers: dict[tuple[int, bool], Answer] = {}  # by pipe and end
        self._asked: dict[int, bool] = {}  # by pid: whether it was at a pipe
        self._due_ns = 0
        self._has_news = False

    def ask_anew(self, since_ns: int) -> None:
        """Who has the pipe open may have changed: answers from before that time do not count any more."""
        self._answers = {key: answer for key, answer in self._answers.items() if answer.asked_ns >= since_ns}

    def has_news(self, now_ns: int) -> bool:
        """Whether somebody has come to a pipe since it was asked, until that is forgotten. Looked after now and then,
        the less the more there are.
        """
        if not self._has_news and now_ns >= self._due_ns:
            self._due_ns = now_ns + SOON_NS * (1 + len(self._asked) // MANY)
            self._has_news = any(not was_at and pipe_call(pid) is not None for pid, was_at in self._asked.items())
        return self._has_news

    def forget(self) -> None:
        """Those who were asked about: they will be again, if they still matter."""
        self._asked.clear()
        self._has_news = False

    def stuck(self, pid: int, waiter: int | None = None) -> StuckAtPipe | None:
        """At what `pid` is stuck, if it is (and if process `waiter`, or another of the run, could let it go on)."""
        call = pipe_call(pid)
        self._asked[pid] = call is not None
        if call is None:
            return None
        inode, _, is_writing = call
        if waiter is not None and not self._is_near({waiter, *self._files.of_run} - {pid}, inode, not is_writing):
            return None
        others = self._who_has_open(inode, not is_writing)
        if not others:
            return None  # or else it would have seen the end: somebody has it open who may not be looked at
        alone = _is_alone(pid)
        for_good = alone and not has_timer(pid)
        return StuckAtPipe(inode, is_writing, others - {pid} if alone else others, for_good)

    def _is_near(self, pids: set[int], inode: int, for_writing: bool) -> bool:
        """Whether one of these has that end of the pipe: to ask them takes less time than to ask everybody."""
        known = self._known(inode, for_writing)
        if known is not None:
            return not pids.isdisjoint(known.pids)
        name, modes = f"pipe:[{inode}]", _modes(for_writing)
        return any(file == name and access_mode(each, at) in modes for each in pids for at, file in named(each))

    def _who_has_open(self, inode: int, for_writing: bool) -> frozenset[int]:
        now_ns, used_ns = time.perf_counter_ns(), time.thread_time_ns()
        answer = self._known(inode, for_writing)
        if answer is None:
            modes, holders = _modes(for_writing), self._files.holders(f"pipe:[{inode}]")
            pids = frozenset(each.pid for each in holders if access_mode(*each) in modes) | self._files.hidden
            used_ns = time.thread_time_ns() - used_ns
            answer = Answer(now_ns, now_ns + max(LASTS_NS, int(used_ns / MAX_SHARE)), pids)
            self._answers[inode, for_writing] = answer
        return answer.pids

    def _known(self, inode: int, for_writing: bool) -> Answer | None:
        """The last answer, if that is still good."""
        answer = self._answers.get((inode, for_writing))
        if answer is None or time.perf_counter_ns() > answer.until_ns:
            return None
        return answer if all(os.path.exists(f"/proc/{pid}") for pid in answer.pids) else None


def _modes(for_writing: bool) -> tuple[int, int]:
    return (os.O_WRONLY if for_writing else os.O_RDONLY), os.O_RDWR


def pipe_call(pid: int) -> StreamCall | None:
    """At which pipe a process's main thread sleeps now, if it does."""
    words = _read(f"/proc/{pid}/syscall").split()
    call, descriptor = (int(word, 0) for word in words[:2]) if len(words) > 1 else (-1, -1)
    if call not in _WRITES | _READS:
        return None
    inode = pipe_of(pid, descriptor)
    return StreamCall(inode, descriptor, call in _WRITES) if inode and is_asleep(pid, pid) else None


def pipe_of(pid: int, descriptor: int | str) -> int:
    """The inode of the pipe without a name that this descriptor is of; 0: of none."""
    with contextlib.suppress(OSError):
        kind, _, inode = os.readlink(f"/proc/{pid}/fd/{descriptor}").partition(":")
        if kind == "pipe":
            return int(inode.strip("[]"))
    return 0


def _is_alone(pid: int) -> bool:
    """Whether it has a single thread, which is stuck and so does nothing with its own other end."""
    with contextlib.suppress(OSError):
        return len(os.listdir(f"/proc/{pid}/task")) == 1
    return False


def _read(path: str) -> str:
    """Nothing when it is gone, or not allowed to be read."""
    with contextlib.suppress(OSError), open(path, encoding="utf-8") as file:
        return file.read()
    return ""

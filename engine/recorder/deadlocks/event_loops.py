"""Threads that rest in the selector of an event loop, and what may wake them, as the system tells it (Linux).

A loop watches, besides what it was made for, a pair of sockets or a pipe of its own, by which other threads wake it.
Where that is all it watches, and no other process has an end of it, nobody else ever does.
"""

import contextlib
import os
import platform
import time
from typing import NamedTuple

from engine.recorder.deadlocks.full_pipes import LASTS_NS, MAX_SHARE, Answer
from engine.recorder.processes.open_files import OpenFiles, access_mode, named
from engine.recorder.processes.socket_peers import peer_of

# Numbers of the system calls that wait with epoll, whose first argument is its descriptor. The fourth is how long they
# do: in ms, below zero for ever; or a time's address, none for ever.
_WAITS, _WAITS_UNTIL = {"x86_64": ({232, 281}, 441), "aarch64": ({22}, 441)}.get(platform.machine(), (set(), 0))
_SIGN = 1 << 31
_MOST_WATCHED = 8  # are looked at, those that were opened first: a loop opens first what wakes it
_MOST_BYTES = 4096  # of what a system call tells of them


class Loop(NamedTuple):
    """What a thread rests in. `timed`: for some time at most; `watches_more`: than what its own process wakes it by;
    `own`: that, as the files of a process are called; nothing: it is no such loop.
    """

    timed: bool
    watches_more: bool
    own: frozenset[str]


NO_LOOP = Loop(timed=False, watches_more=True, own=frozenset())


class EventLoops:
    """Remembers for a while what is watched and who has it open."""

    def __init__(self, files: OpenFiles) -> None:
        self._files = files
        self._ends: dict[tuple[int, str], tuple[int, frozenset[str]]] = {}  # by pid and file: when they were asked for,
        # and both ends, if they are its own
        self._others: dict[frozenset[str], Answer] = {}  # who has it open

    def ask_anew(self, since_ns: int) -> None:
        """Things may have been opened, closed and inherited: answers from before that time do not count any more."""
        self._ends = {key: answer for key, answer in self._ends.items() if answer[0] >= since_ns}
        self._others = {key: answer for key, answer in self._others.items() if answer.asked_ns >= since_ns}

    def at(self, pid: int, native_id: int) -> Loop | None:
        """In what this thread rests; None: it does not."""
        words = _read(f"/proc/{pid}/task/{native_id}/syscall").split()
        if len(words) <= 4:
            return None
        call, descriptor, _, _, limit = (int(word, 0) for word in words[:5])
        if call != _WAITS_UNTIL and call not in _WAITS:
            return NO_LOOP
        watches_more, own = self._watched(pid, descriptor)
        timed = limit != 0 if call == _WAITS_UNTIL else not limit & _SIGN
        return Loop(timed, watches_more, own)

    def _watched(self, pid: int, descriptor: int) -> tuple[bool, frozenset[str]]:
        """Whether an epoll descriptor watches more than what the process wakes itself by, and that, with both ends."""
        registered = _read(f"/proc/{pid}/fdinfo/{descriptor}", _MOST_BYTES)
        lines = [line.split() for line in registered.splitlines() if line.startswith("tfd:")]
        lines.sort(key=lambda words: int(words[1]))
        own: set[str] = set()
        watches_more = len(registered) >= _MOST_BYTES or len(lines) > _MOST_WATCHED
        for words in lines[:_MOST_WATCHED]:
            file = _file(pid, words[1])
            kind, _, rest = file.partition(":[")
            inode = int(rest.rstrip("]")) if kind in ("socket", "pipe") else -1
            ends = self._both_ends(pid, file, kind, inode) if f"ino:{inode:x}" in words else frozenset()
            own |= ends
            watches_more |= not ends  # or what it was has been closed here, and is watched by another name
        return watches_more, frozenset(own)

    def _both_ends(self, pid: int, file: str, kind: str, inode: int) -> frozenset[str]:
        """Of a pair of sockets or a pipe; nothing, where the process has but one itself."""
        if (pid, file) not in self._ends:
            asked_ns = time.perf_counter_ns()
            ends = frozenset({file, f"socket:[{peer_of(inode)}]"} if kind == "socket" else {file})
            is_own = _writes_to(pid, file) if kind == "pipe" else ends <= {name for _, name in named(pid)}
            self._ends[pid, file] = asked_ns, ends if is_own else frozenset()
        return self._ends[pid, file][1]

    def others(self, pid: int, own: frozenset[str]) -> frozenset[int]:
        """The processes besides this one that have some of it open, or that may not be looked at."""
        now_ns, used_ns = time.perf_counter_ns(), time.thread_time_ns()
        answer = self._others.get(own)
        if answer is None or now_ns > answer.until_ns:
            pids = frozenset(each.pid for file in own for each in self._files.holders(file)) | self._files.hidden
            used_ns = time.thread_time_ns() - used_ns
            answer = Answer(now_ns, now_ns + max(LASTS_NS, int(used_ns / MAX_SHARE)), pids)
            self._others[own] = answer
        return answer.pids - {pid}


def _writes_to(pid: int, file: str) -> bool:
    """Whether a process itself has the end of this pipe that is written to."""
    return any(name == file and access_mode(pid, each) != os.O_RDONLY for each, name in named(pid))


def _file(pid: int, descriptor: str) -> str:
    """`socket:[4711]`; nothing when it is closed."""
    with contextlib.suppress(OSError):
        return os.readlink(f"/proc/{pid}/fd/{descriptor}")
    return ""


def _read(path: str, most: int = -1) -> str:
    """Nothing when it is gone, or not allowed to be read."""
    with contextlib.suppress(OSError), open(path, encoding="utf-8") as file:
        return file.read(most)
    return ""

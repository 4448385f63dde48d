"""Threads that rest in the selector of an event loop, and what may wake them, as the system tells it (Linux).

A loop watches, besides what it was made for, a pair of sockets or a pipe of its own, by which other threads wake it.
Where that is all it watches, and no other process has an end of it, nobody else ever does.
"""

import contextlib
import os
import platform
import time
from collections.abc import Iterator
from typing import NamedTuple

from engine.recorder.deadlocks.full_pipes import LASTS_NS, MAX_SHARE
from engine.recorder.processes import tree
from engine.recorder.processes.socket_peers import peer_of

# Numbers of the system calls that wait with epoll, whose first argument is its descriptor. The fourth is how long they
# do: in ms, below zero for ever; or a time's address, none for ever.
_WAITS, _WAITS_UNTIL = {"x86_64": ({232, 281}, 441), "aarch64": ({22}, 441)}.get(platform.machine(), (set(), 0))
_SIGN = 1 << 31


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

    def __init__(self) -> None:
        self._watched: dict[tuple[int, str], tuple[bool, frozenset[str]]] = {}  # by pid and what is registered
        self._others: dict[frozenset[str], tuple[int, frozenset[int]]] = {}  # who has it open; until when that holds

    def ask_anew(self) -> None:
        """Things may have been opened, closed and inherited since."""
        self._watched.clear()
        self._others.clear()

    def at(self, pid: int, native_id: int) -> Loop | None:
        """In what this thread rests; None: it does not."""
        words = _read(f"/proc/{pid}/task/{native_id}/syscall").split()
        if len(words) <= 4:
            return None
        call, descriptor, _, _, limit = (int(word, 0) for word in words[:5])
        if call != _WAITS_UNTIL and call not in _WAITS:
            return NO_LOOP
        registered = _registered(pid, descriptor)
        key = pid, registered
        if key not in self._watched:
            self._watched[key] = _watched(pid, registered)
        watches_more, own = self._watched[key]
        timed = limit != 0 if call == _WAITS_UNTIL else not limit & _SIGN
        return Loop(timed, watches_more, own)

    def others(self, pid: int, own: frozenset[str]) -> frozenset[int]:
        """The processes besides this one that have some of it open, or that may not be looked at."""
        now_ns, used_ns = time.perf_counter_ns(), time.thread_time_ns()
        until_ns, pids = self._others.get(own, (0, frozenset()))
        if now_ns > until_ns:
            everybody = map(int, filter(str.isdigit, os.listdir("/proc")))
            hidden = {each for each in tree.descendants() if not os.access(f"/proc/{each}/fd", os.R_OK)}
            pids = frozenset(each for each in everybody if not own.isdisjoint(_files(each))) | hidden
            used_ns = time.thread_time_ns() - used_ns
            self._others[own] = now_ns + max(LASTS_NS, int(used_ns / MAX_SHARE)), pids
        return pids - {pid}


def _registered(pid: int, descriptor: int) -> str:
    """The lines that say what an epoll descriptor watches."""
    lines = _read(f"/proc/{pid}/fdinfo/{descriptor}").splitlines()
    return "\n".join(line for line in lines if line.startswith("tfd:"))


def _watched(pid: int, registered: str) -> tuple[bool, frozenset[str]]:
    """Whether there is more than what the process wakes itself by, and that, with its other ends."""
    files = set(_files(pid))
    own: set[str] = set()
    watches_more = False
    for line in registered.splitlines():
        words = line.split()
        file, ends = _file(pid, words[1]), set[str]()
        kind, _, rest = file.partition(":[")
        inode = int(rest.rstrip("]")) if kind in ("socket", "pipe") else -1
        if f"ino:{inode:x}" not in words:
            pass  # what it was has been closed here, and is watched by another name
        elif kind == "socket":
            ends = {file, f"socket:[{peer_of(inode)}]"}
        elif _writes_to(pid, file):
            ends = {file}
        if ends and ends <= files:
            own |= ends
        else:
            watches_more = True
    return watches_more, frozenset(own)


def _writes_to(pid: int, file: str) -> bool:
    """Whether a process itself has the end of this pipe that is written to."""
    for each in _descriptors(pid):
        if _file(pid, each) == file:
            flags = _read(f"/proc/{pid}/fdinfo/{each}").partition("flags:")[2].split(None, 1)
            if flags and int(flags[0], 8) & os.O_ACCMODE != os.O_RDONLY:
                return True
    return False


def _files(pid: int) -> Iterator[str]:
    """What a process has open; nothing, when it may not be looked at."""
    return (_file(pid, each) for each in _descriptors(pid))


def _descriptors(pid: int) -> list[str]:
    with contextlib.suppress(OSError):
        return os.listdir(f"/proc/{pid}/fd")
    return []


def _file(pid: int, descriptor: str) -> str:
    """`socket:[4711]`; nothing when it is closed."""
    with contextlib.suppress(OSError):
        return os.readlink(f"/proc/{pid}/fd/{descriptor}")
    return ""


def _read(path: str) -> str:
    """Nothing when it is gone, or not allowed to be read."""
    with contextlib.suppress(OSError), open(path, encoding="utf-8") as file:
        return file.read()
    return ""

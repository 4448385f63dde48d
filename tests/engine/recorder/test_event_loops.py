"""What the system tells of a thread that rests in a selector: what may wake it, and who else has that."""

import os
import select
import selectors
import socket
import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from engine.recorder.deadlocks import event_loops
from engine.recorder.deadlocks.event_loops import NO_LOOP, EventLoops, Loop
from engine.recorder.processes.open_files import OpenFiles
from engine.recorder.processes.socket_peers import peer_of

PATIENCE_S = 10


class Resting:
    """A thread of this process in a selector, until its pair of sockets wakes it."""

    def __init__(self, selector: Any, timeout: float | None = None) -> None:
        self.selector = selector
        self.here, self.there = socket.socketpair()
        self.selector.register(self.here, selectors.EVENT_READ)
        self._thread = threading.Thread(target=self._rest, args=(timeout,))
        self.also: list[Any] = []

    def _rest(self, timeout: float | None) -> None:
        while not any(key.fileobj is self.here for key, _ in self.selector.select(timeout)):
            pass

    def start(self) -> None:
        self._thread.start()

    def seen(self) -> Loop:
        """Once it has come to rest."""
        deadline = time.monotonic() + PATIENCE_S
        while time.monotonic() < deadline:
            loop = EventLoops(OpenFiles()).at(os.getpid(), self._thread.native_id or 0)
            if loop is not None:
                return loop
        raise AssertionError("it never rests")

    def end(self) -> None:
        self.there.send(b"x")
        if self._thread.ident is not None:
            self._thread.join()
        for each in (self.selector, self.here, self.there, *self.also):
            each.close()


Rest = Callable[..., Resting]


@pytest.fixture
def rest() -> Iterator[Rest]:
    """Makes such threads."""
    made: list[Resting] = []

    def make(selector: Any = None, timeout: float | None = None) -> Resting:
        made.append(Resting(selector or selectors.EpollSelector(), timeout))
        return made[-1]

    yield make
    for each in made:
        each.end()


def name(file: Any) -> str:
    return os.readlink(f"/proc/self/fd/{file.fileno()}")


def inode(file: Any) -> int:
    return os.fstat(file.fileno()).st_ino


def test_a_pair_of_sockets_knows_each_other() -> None:
    here, there = socket.socketpair()
    with here, there:
        assert (peer_of(inode(here)), peer_of(inode(there))) == (inode(there), inode(here))
    with socket.socket() as alone:
        assert peer_of(inode(alone)) == 0


def test_a_loop_with_nothing_but_its_own_pair_of_sockets(rest: Rest) -> None:
    loop = rest()
    loop.start()
    assert loop.seen() == Loop(timed=False, watches_more=False, own=frozenset({name(loop.here), name(loop.there)}))


def test_a_pipe_of_its_own_serves_as_well(rest: Rest) -> None:
    loop = rest()
    reader, writer = (os.fdopen(each, mode) for each, mode in zip(os.pipe(), ("rb", "wb"), strict=True))
    loop.also = [reader, writer]
    loop.selector.register(reader, selectors.EVENT_READ)
    loop.start()
    seen = loop.seen()
    assert name(reader) in seen.own
    assert not seen.watches_more


def test_it_may_watch_more(rest: Rest) -> None:
    listening, timer = socket.create_server(("127.0.0.1", 0)), select.epoll()
    for more in (listening, timer):
        loop = rest()
        loop.also = [more]
        loop.selector.register(more, selectors.EVENT_READ)
        loop.start()
        assert loop.seen() == Loop(timed=False, watches_more=True, own=frozenset({name(loop.here), name(loop.there)}))


def test_of_many_things_that_it_watches_a_few_are_looked_at(rest: Rest, monkeypatch: pytest.MonkeyPatch) -> None:
    loop = rest()
    for _ in range(100):
        pair = socket.socketpair()
        loop.also += pair
        loop.selector.register(pair[0], selectors.EVENT_READ)
    asked: list[int] = []
    monkeypatch.setattr(event_loops, "peer_of", lambda number: asked.append(number) or peer_of(number))
    loop.start()
    assert loop.seen().watches_more
    assert 0 < len(asked) < 10


def test_what_has_been_closed_may_still_be_watched(rest: Rest) -> None:
    loop = rest()
    here, there = socket.socketpair()
    loop.selector.register(here, selectors.EVENT_READ)
    kept = socket.socket(fileno=os.dup(here.fileno()))
    loop.also = [there, kept]
    number = here.detach()
    os.dup2(loop.there.fileno(), number)
    loop.start()
    assert loop.seen().watches_more
    os.close(number)


def test_ends_that_the_process_has_given_away_are_not_its_own(rest: Rest) -> None:
    loop = rest()
    here, there = socket.socketpair()
    kept = os.dup(there.fileno())
    loop.also = [here, there]
    loop.selector.register(here, selectors.EVENT_READ)
    child = os.fork()
    if not child:
        os.read(loop.here.fileno(), 1)  # until the test is over
        os._exit(0)
    os.close(kept)
    there.close()
    loop.start()
    assert loop.seen().watches_more
    assert EventLoops(OpenFiles()).others(os.getpid(), frozenset({name(loop.here)})) == {child}
    loop.there.send(b"x")
    os.waitpid(child, 0)


def test_nobody_else_has_what_no_child_has_inherited(rest: Rest) -> None:
    assert EventLoops(OpenFiles()).others(os.getpid(), frozenset({name(rest().here)})) == frozenset()


@pytest.mark.parametrize("timeout", [60, 0.01])
def test_a_loop_may_rest_for_some_time_only(rest: Rest, timeout: float) -> None:
    loop = rest(timeout=timeout)
    loop.start()
    assert loop.seen().timed


def test_other_waits_are_no_loops(rest: Rest) -> None:
    loop = rest(selectors.PollSelector())
    loop.start()
    assert loop.seen() == NO_LOOP

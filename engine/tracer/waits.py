"""Waits: what a thread waits for now (its cell), a WAIT record once it is over. Waits of one thread never overlap."""

from . import layout
from .originals import clock, get_frame
from .sites import stack_at, user_site, whole_stack
from .state import ThreadState, Wait

DEFERS_SIGNALS = True
SERIAL, OBJECT, SINCE = layout.CELL_WAIT_SERIAL, layout.CELL_WAIT_OBJECT, layout.CELL_WAIT_SINCE
DETAIL, SITE = layout.CELL_WAIT_DETAIL, layout.CELL_WAIT_SITE
LONG_NS = 5_000_000  # a wait whose stack was not worth its price at the beginning has it when it has lasted so long
# Mostly over at once. A wait for a lock that goes on gets its stack meanwhile (see contention); calls for input and
# output get it beforehand, but for those from a place where many in a row have been over at once.
MOSTLY_SHORT = layout.WAIT_LOCK, layout.WAIT_IO
MANY = 32
_quick: dict[int, int] = {}  # by site: calls for input and output in a row, MANY at most, none of which has lasted
FORK_FLAGS = layout.WAIT_HELD_AT_FORK | layout.WAIT_HELD_BY_FORKER
OWNER_THREAD, OWNER_SITE, OWNER_SINCE = layout.CELL_OWNER_THREAD, layout.CELL_OWNER_SITE, layout.CELL_OWNER_SINCE


def after_fork_in_child() -> None:
    """Without a GIL it may be locked for ever here, by a thread that did not come along."""
    global _quick  # noqa: PLW0603
    _quick = {}


def begin(
    state: ThreadState,
    number: int,
    detail: int,
    site: int,
    owner: int = 0,
    owner_site: int = 0,
    owner_since: int = 0,
) -> Wait | None:
    """The thread waits from now on. Returns the wait it was in, for `finish`: closed here, reopened there.

    A service thread rests, unless it waits for a lock or (it has a site then) in a callback of the user's. The site
    becomes the stack there, unless such waits are mostly short.
    """
    kind = detail & layout.WAIT_STATE_MASK
    if site:
        if kind not in MOSTLY_SHORT:
            site = whole_stack(get_frame(1))
        elif kind == layout.WAIT_IO and (quick := _quick.get(site, 0)) < MANY:
            _quick[site] = quick + 1
            site = whole_stack(get_frame(1))
    elif state.internal and kind != layout.WAIT_LOCK:
        detail |= layout.WAIT_INTERNAL
    now = clock()
    outer = state.wait
    state.expects = False
    if outer is not None:
        _close(state, outer, now, 0)
    if state.reserved:
        state.name_holds()
    if state.ring.is_crowded:
        state.hand_back_chunk()
    _open(state, (number, detail, site, now), owner, owner_site, owner_since)
    return outer


def finish(state: ThreadState, outer: Wait | None, flags: int = 0) -> None:
    """The wait is over; `flags` (WAIT_FAILED, WAIT_TIMED_OUT) go into its record."""
    wait = state.wait
    if wait is None:  # it is over already (see `expect` and `over`)
        if outer is not None and state.serial:  # 0: it is the parent's, for there was a fork in between
            _open(state, (outer[0], outer[1], outer[2], clock()), 0, 0, 0)
        return
    state.expects = False
    now = clock()
    if wait[2] and now - wait[3] >= LONG_NS and wait[1] & layout.WAIT_STATE_MASK in MOSTLY_SHORT:
        frame = get_frame(1)
        _quick.pop(user_site(frame), None)
        wait = (wait[0], wait[1], stack_at(wait[2], frame), wait[3])
    _close(state, wait, now, flags)
    state.wait = None
    if outer is not None:
        _open(state, (outer[0], outer[1], outer[2], now), 0, 0, 0)


def over(state: ThreadState, number: int) -> None:
    """The wait for this primitive ends here, if the thread is in one, before the call returns that began it."""
    if state.wait is not None and state.wait[0] == number:
        finish(state, None)


def expect(state: ThreadState, outer: object) -> None:
    """The wait that has just begun (inside `outer`) is for bytes of a connection, and over once they are there: what
    they mean is found out afterwards, by code of the program's that may wait for something else.
    """
    state.expects = outer is None


def refine(state: ThreadState, site: int, owner: int, owner_site: int, owner_since: int) -> None:
    """More is known of the wait that goes on: its stack (0: as before), and who holds what it waits for."""
    words, cell = state.words, state.cell
    if site and state.wait is not None:
        state.wait = (state.wait[0], state.wait[1], site, state.wait[3])
        words[cell + SITE] = site
    words[cell + OWNER_THREAD] = owner
    words[cell + OWNER_SITE] = owner_site
    words[cell + OWNER_SINCE] = owner_since


def qualify(state: ThreadState, flags: int) -> None:
    """The wait that goes on has these of the flags about a fork, and no other."""
    wait = state.wait
    if wait is not None:
        detail = wait[1] & ~FORK_FLAGS | flags
        state.wait = (wait[0], detail, wait[2], wait[3])
        state.words[state.cell + DETAIL] = detail


def time_out(state: ThreadState) -> None:
    """The wait that goes on is over by its timeout; what remains is to say so."""
    wait = state.wait
    if wait is not None:
        state.wait = (wait[0], wait[1] | layout.WAIT_TIMED_OUT, wait[2], wait[3])


def _open(state: ThreadState, wait: Wait, owner: int, owner_site: int, owner_since: int) -> None:
    state.wait = wait
    words, cell = state.words, state.cell
    words[cell + OBJECT], words[cell + DETAIL], words[cell + SITE], words[cell + SINCE] = wait
    words[cell + OWNER_THREAD] = owner
    words[cell + OWNER_SITE] = owner_site
    words[cell + OWNER_SINCE] = owner_since
    state.wait_serial += 1
    words[cell + SERIAL] = state.wait_serial


def _close(state: ThreadState, wait: Wait, now: int, flags: int) -> None:
    state.wait_serial += 1
    state.words[state.cell + SERIAL] = state.wait_serial
    state.record(layout.WAIT, wait[1] | flags, wait[2], wait[0], wait[3], now)

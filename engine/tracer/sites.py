"""Positions in the code: each (code object, instruction) is interned once as a site, each list of sites as a stack."""

from __future__ import annotations

import sys

from .originals import STANDARD_LIBRARY, count
from .ring import is_gil_enabled
from .state import current_ring

TYPE_CHECKING = False
if TYPE_CHECKING:
    from types import FrameType, TracebackType

DEFERS_SIGNALS = True
PACKAGE = __name__.partition(".")[0] if not __name__.startswith("engine.") else __name__.rpartition(".")[0]
# Whether the program is a command line of multiprocessing's, which is nobody's code.
LAUNCHED = any("from multiprocessing." in word for word in sys.orig_argv)
OF_PROXY = ("_callmethod",)  # names in methods that `multiprocessing.managers` makes for its proxies
STACK_LIMIT = 64  # frames, innermost kept
MOST_STACKS = 20_000  # told by one process
PATH_LIMIT = 2 * STACK_LIMIT  # two numbers a frame

numbers = count(1)  # of sites and stacks
_codes: dict[int, _Code] = {}  # by id: hashing a code object would hash its contents
_stacks: dict[tuple[int, ...], int] = {}
_paths: dict[tuple[int, ...], int] = {}  # stacks by what identifies their frames, see `whole_stack`


class _Code:
    __slots__ = ("code", "is_user", "sites")

    def __init__(self, frame: FrameType) -> None:
        self.code = frame.f_code  # kept, so that its id stays its own
        self.sites: dict[int, int] = {}
        made = self.code.co_filename == "<string>" and (LAUNCHED or self.code.co_names == OF_PROXY)
        self.is_user = is_user_code(frame) and not made


def after_fork_in_child() -> None:
    """Without a GIL these may be locked for ever here, by threads that did not come along: they begin anew."""
    global _codes, _stacks, _paths
    if not is_gil_enabled():
        _codes, _stacks, _paths = {}, {}, {}


def is_user_code(frame: FrameType) -> bool:
    """Whether the code that runs there is neither the standard library's nor ours: its module's name tells."""
    name = frame.f_globals.get("__name__")
    if not isinstance(name, str):
        return True
    top = name.partition(".")[0]
    return top not in STANDARD_LIBRARY and not name.startswith(PACKAGE + ".")


def code_of(frame: FrameType) -> _Code:
    """What is known of the code that runs there."""
    code = frame.f_code
    known = _codes.get(id(code))
    if known is None or known.code is not code:
        known = _codes[id(code)] = _Code(frame)
    return known


def site_of(frame: FrameType) -> int:
    """Number of the place where this frame is now."""
    number = code_of(frame).sites.get(frame.f_lasti)
    return number if number is not None else new_site(frame, frame.f_lasti, frame.f_lineno)


def new_site(frame: FrameType, instruction: int, line: int | None) -> int:
    """Number of a place in the frame's code that has had none. Told before others use it in a stack."""
    known = code_of(frame)
    number, code = next(numbers), known.code
    current_ring().texts.write("site", number, code.co_filename, line or 0, code.co_qualname)
    return known.sites.setdefault(instruction, number)


def user_frame(frame: FrameType | None) -> FrameType | None:
    """The innermost frame that runs the user's code, this one or further out; None when there is none."""
    while frame is not None and not code_of(frame).is_user:
        frame = frame.f_back
    return frame


def user_site(frame: FrameType | None) -> int:
    """Number of the innermost place in the user's code; 0 when there is none."""
    found = user_frame(frame)
    return site_of(found) if found is not None else 0


def stack_of(frame: FrameType | None, earlier: int = 0) -> int:
    """Number of the stack of the user's code from this frame outwards; 0 when there is none. Of very many stacks that
    differ (recursion), later ones are told by their innermost site alone.

    `earlier`: a site that the innermost of these frames has passed; the stack is as it was there.
    """
    sites: list[int] = []
    frame = user_frame(frame)
    while frame is not None and len(sites) < STACK_LIMIT:
        sites.append(site_of(frame) if sites or not earlier else earlier)
        frame = user_frame(frame.f_back)
    return interned(sites)


def stack_of_traceback(traceback: TracebackType | None) -> int:
    """Number of the stack of the user's code through which an exception came; 0 when there is none."""
    sites: list[int] = []
    while traceback is not None:
        frame, instruction = traceback.tb_frame, traceback.tb_lasti
        known = code_of(frame)
        if known.is_user:
            number = known.sites.get(instruction)
            sites.append(new_site(frame, instruction, traceback.tb_lineno) if number is None else number)
        traceback = traceback.tb_next
    return interned(sites[::-1][:STACK_LIMIT])


def interned(sites: list[int]) -> int:
    """Number of the stack that consists of these sites, innermost first; of a single one its own. Told before another
    thread can use it.
    """
    if len(sites) < 2:
        return sites[0] if sites else 0
    key = tuple(reversed(sites))
    number = _stacks.get(key)
    if number is None:
        if len(_stacks) >= MOST_STACKS:
            return sites[0]
        number = next(numbers)
        current_ring().texts.write("stack", number, key)
        number = _stacks.setdefault(key, number)
    return number


def whole_stack(frame: FrameType | None) -> int:
    """As `stack_of`, for stacks that are asked for often: found again by code objects and instructions alone."""
    path: list[int] = []
    at = frame
    while at is not None and len(path) < PATH_LIMIT:
        path += (id(at.f_code), at.f_lasti)
        at = at.f_back
    key = tuple(path)
    number = _paths.get(key)
    if number is None:
        number = stack_of(frame)  # which keeps the code objects, so that no other gets their ids
        if at is None and len(_paths) < MOST_STACKS:
            _paths[key] = number
    return number


def stack_at(site: int, frame: FrameType | None) -> int:
    """The stack at a site that a frame still running has passed; the site itself when none has."""
    frame = user_frame(frame)
    while frame is not None:
        if site in list(code_of(frame).sites.values()):  # a copy: other threads add theirs meanwhile
            return stack_of(frame, site)
        frame = user_frame(frame.f_back)
    return site


def place_of_site(number: int) -> tuple[str, int]:
    """File and line of a site. Slow: it is looked for."""
    for known in list(_codes.values()):
        for instruction, site in list(known.sites.items()):
            if site == number:
                positions = list(known.code.co_positions())
                return known.code.co_filename, positions[instruction // 2][0] or 0
    return "", 0


def place_of(frame: FrameType) -> tuple[str, int]:
    """File and line where this frame is now."""
    return frame.f_code.co_filename, frame.f_lineno or 0

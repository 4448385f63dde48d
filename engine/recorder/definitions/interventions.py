"""What code does that may end other threads' waits, whatever they are for: it cancels jobs, and sends signals.

Told by the source alone, so it is what the code might do somewhere, to somebody. The rule for jobs: what is named
`cancel` cancels one, as an attribute or as a text for `getattr`, unless it is asked of what nobody waits for: of timers
(`threading.Timer`), and of an event loop's tasks and handles.

For signals: what is named as the functions below sends one, that which stands there by name or number, else any; so
does a text with such a name in it, or with the command `kill`. (`interrupt_main` and `raise_signal` are none: they only
have the handler called, and wake up nobody who waits.) A process's own methods, of `subprocess`, `multiprocessing` and
asyncio, and what asks for such a process's `pid`, send them only to what was started; psutil's do to anybody. What has
a signal handled by an event loop is named as asyncio's method for that, or as the function by which a loop is told of
all.
"""

import ast
import re
import signal
import warnings
from typing import NamedTuple

from engine.recorder.definitions.variables import Variables, last_name

ANY_SIGNAL = (1 << 64) - 1
_TIMERS = frozenset({"Timer"})
_OF_LOOPS = frozenset(
    {"create_task", "ensure_future", "current_task", "all_tasks", "call_later", "call_at", "call_soon"}
)
_TYPES_OF_LOOPS = frozenset({"Task", "TimerHandle", "Handle"})
_STARTED = frozenset({"Popen", "Process", "create_subprocess_exec", "create_subprocess_shell"})
_CANCEL, _CANCEL_ALL = "cancel", "cancel_futures"
# By name: which argument says the signal (none: it is known), and how many there are.
_AT_HOME = {"pthread_kill": (1, 2)}
_ABROAD = {"kill": (1, 2), "killpg": (1, 2), "pidfd_send_signal": (1, 2)}
_TO_STARTED = {"send_signal": (0, 1), "terminate": (9, 0)}
_IN_LOOPS = {"add_signal_handler": (0, 1), "set_wakeup_fd": (1, 2)}
_SENDS = _AT_HOME | _ABROAD | _TO_STARTED
_NAMES = _SENDS | _IN_LOOPS
_USUAL = {"terminate": signal.SIGTERM}
_WORTH_PARSING = re.compile("|".join((_CANCEL, *_NAMES)))
_IN_TEXT = re.compile(r"\b(pthread_kill|killpg|send_signal|os\.kill)\b|\bp?kill(all)? +-|^p?kill(all)?$")


class Interventions(NamedTuple):
    """`cancels` jobs; sends signals (bits, the lowest for signal 1) within the process, to any, and to such that have
    been started; has event loops handle some.
    """

    cancels: bool = False
    at_home: int = 0
    abroad: int = 0
    to_started: int = 0
    in_loops: int = 0

    def with_those(self, others: "Interventions") -> "Interventions":
        """Of both."""
        return Interventions(
            self.cancels or others.cancels,
            self.at_home | others.at_home,
            self.abroad | others.abroad,
            self.to_started | others.to_started,
            self.in_loops | others.in_loops,
        )


ANYTHING = Interventions(True, ANY_SIGNAL, ANY_SIGNAL, ANY_SIGNAL, ANY_SIGNAL)


def interventions_in(source: str) -> Interventions:
    """Of a file; of one that is not understood, anything, if it has one of the names in it."""
    if _WORTH_PARSING.search(source) is None:
        return Interventions()
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # about the program's own text
            tree = ast.parse(source)
    except (SyntaxError, ValueError, RecursionError):
        return ANYTHING
    nodes = [*ast.walk(tree)]
    if "wrap_future" in source:  # a task may stand for another thread's job
        cancellable = Variables(nodes, _TIMERS, _TIMERS)
    else:
        cancellable = Variables(nodes, _TIMERS | _OF_LOOPS, _TIMERS | _TYPES_OF_LOOPS)
    started = Variables(nodes, _STARTED, _STARTED) if "psutil" not in source else None
    calls = {id(node.func): node for node in nodes if isinstance(node, ast.Call)}
    remarks = {id(node.value) for node in nodes if isinstance(node, ast.Expr)}  # documentation, that is
    imported = {node.asname or node.name for node in nodes if isinstance(node, ast.alias)}
    found = Interventions()
    for node in nodes:
        match node:
            case ast.Attribute(attr=name) if name == _CANCEL:
                found = found.with_those(Interventions(cancels=not cancellable.is_made_so(node.value)))
            case ast.keyword(arg=name, value=value) if name == _CANCEL_ALL:
                is_off = isinstance(value, ast.Constant) and not value.value
                found = found.with_those(Interventions(cancels=not is_off))
            case ast.Constant(value=str(text)) if id(node) not in remarks:
                signals = ANY_SIGNAL if _IN_TEXT.search(text) else 0
                in_loops = ANY_SIGNAL if text in _IN_LOOPS else 0
                found = found.with_those(Interventions(text == _CANCEL, signals, signals, in_loops=in_loops))
            case ast.Attribute(attr=name, ctx=ast.Load()) if name in _NAMES:
                is_known = last_name(node.value) == "os"
                found = found.with_those(_sent(name, calls.get(id(node)), started, is_known=is_known))
            case ast.Name(id=name, ctx=ast.Load()) if name in _NAMES and name in imported:
                found = found.with_those(_sent(name, calls.get(id(node)), started, is_known=True))
            case ast.alias(name=name, asname=str()) if name in _NAMES:
                found = found.with_those(_sent(name, None, started, is_known=True))
    return found


def _sent(name: str, call: ast.Call | None, started: Variables | None, *, is_known: bool) -> Interventions:
    """By what has this name. `is_known`: it is certainly the system's function, called or handed on; `started`: what
    holds nothing but processes that were started (None: that is not known).
    """
    if name == "kill" and not is_known and (call is None or len([*call.args, *call.keywords]) < _SENDS[name][1]):
        return Interventions()  # a method without a signal: of a process, which cannot handle that
    signals = _signals(name, call)
    if name in _IN_LOOPS:
        return Interventions(in_loops=signals)
    if started is not None and (name in _TO_STARTED or (name == "kill" and _is_pid(call, started))):
        return Interventions(to_started=signals)
    return Interventions(at_home=signals, abroad=0 if name in _AT_HOME else signals)


def _is_pid(call: ast.Call | None, started: Variables) -> bool:
    """Whether it is for such a process's `pid`."""
    match call:
        case ast.Call(args=[ast.Attribute(value=process, attr="pid"), *_]):
            return started.is_made_so(process)
    return False


def _signals(name: str, call: ast.Call | None) -> int:
    place, least = _NAMES[name]
    given = call.args if call is not None else []
    if any(isinstance(each, ast.Starred) for each in given) or (call is None and name not in _USUAL):
        return ANY_SIGNAL
    if place >= len(given):
        return _bit(_USUAL[name]) if len(given) >= least and name in _USUAL else ANY_SIGNAL
    said = given[place]
    number = said.value if isinstance(said, ast.Constant) else getattr(signal, last_name(said), None)
    return _bit(number) if isinstance(number, int) else ANY_SIGNAL


def _bit(number: int) -> int:
    return 1 << (number - 1) if number > 0 else 0

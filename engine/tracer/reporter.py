"""What a traced program may tell Lanescope, through `sys.modules["_lanescope"]`: progress, tasks, marks, names."""

from __future__ import annotations

from . import layout
from .originals import clock, count
from .primitives import name as name_primitive
from .primitives import number_of
from .state import ThreadState, current, current_ring

TYPE_CHECKING = False
if TYPE_CHECKING:
    from types import ModuleType

texts: dict[str, int] = {}
numbers = count(1)


def text_number(text: str) -> int:
    """Number of a task's name or a mark's text. Told before another thread can use it."""
    number = texts.get(text)
    if number is None:
        number = next(numbers)
        current_ring().texts.write("text", number, text)
        number = texts.setdefault(text, number)
    return number


def progress(worker: str, label: str, done: int, total: int | None, items: int, result: str, error: str) -> None:
    """State of one worker: `done` of `total` steps (None: unknown), `items` handled, and how it ended."""
    state = current()
    state.ring.texts.write(
        "progress",
        state.serial,
        clock(),
        str(worker),
        str(label),
        int(done),
        None if total is None else int(total),
        int(items),
        str(result),
        str(error),
    )


def begin_task(state: ThreadState, name: str) -> None:
    """A named piece of work begins on this thread; tasks nest."""
    number, now = text_number(name), clock()
    state.tasks.append((number, now))
    state.words[state.cell + layout.CELL_TASK_SINCE] = now
    state.words[state.cell + layout.CELL_TASK] = number


def end_task(state: ThreadState) -> None:
    """The innermost task of this thread ends."""
    if not state.tasks:  # a fork in between
        return
    number, since = state.tasks.pop()
    state.record(layout.TASK, len(state.tasks), 0, number, since, clock())
    outer, outer_since = state.tasks[-1] if state.tasks else (0, 0)
    state.words[state.cell + layout.CELL_TASK_SINCE] = outer_since
    state.words[state.cell + layout.CELL_TASK] = outer


class task:  # noqa: N801  (reads as a function: `with task("name"):`)
    """A named piece of work on this thread's lane, for as long as the `with` block lasts."""

    __slots__ = ("name", "state")

    def __init__(self, name: str) -> None:
        self.name = str(name)

    def __enter__(self) -> None:
        self.state = current()
        begin_task(self.state, self.name)

    def __exit__(self, *exception: object) -> None:
        if self.state is current():
            end_task(self.state)


def mark(text: str) -> None:
    """A mark on this thread's lane, now."""
    state, number, now = current(), text_number(str(text)), clock()
    state.record(layout.MARK, 0, 0, number, now, now)


def name(primitive: object, text: str) -> None:
    """The name to show a primitive by. Nothing happens for an object that is not followed."""
    number = number_of(primitive)
    if number:
        name_primitive(number, str(text))


def parameter(key: str, value: object) -> None:
    """A parameter of the run, for the recording's header."""
    current_ring().texts.write("parameter", str(key), str(value))


def publish(package: ModuleType) -> None:
    """Put these functions where programs find them."""
    for function in (progress, task, mark, name, parameter):
        setattr(package, function.__name__, function)

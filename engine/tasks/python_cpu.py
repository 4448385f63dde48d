"""Pure-Python CPU work: it holds the GIL the whole time."""

from collections.abc import Iterator
from contextlib import contextmanager

from engine.tasks.parameters import Parameter
from engine.tasks.task_type import Step, TaskType, Values


def collatz_length(number: int) -> int:
    """Steps until 1 is reached by halving even numbers and taking 3n + 1 of odd ones."""
    steps = 0
    while number != 1:
        number = number // 2 if number % 2 == 0 else 3 * number + 1
        steps += 1
    return steps


@contextmanager
def open_task(values: Values) -> Iterator[Step]:
    count = int(values["numbers"])

    def step() -> None:
        for number in range(1, count + 1):
            collatz_length(number)

    yield step


TASK = TaskType(
    name="python-cpu",
    title="Pure-Python CPU",
    explanation="Computes in Python code, without a pause. With a GIL, threads take turns; processes do not.",
    parameters=(
        Parameter("numbers", "Numbers per iteration", "int", 1000, 1, 10_000_000, help="Collatz sequences to follow."),
    ),
    open=open_task,
)

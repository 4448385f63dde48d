"""What a task type is: a kind of work that a worker repeats, iteration by iteration."""

from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass

from engine.tasks.parameters import Parameter, Value

Values = Mapping[str, Value]
Step = Callable[[], None]


@dataclass(frozen=True)
class TaskType:
    """One kind of work. `open(values)` sets up what it needs and gives a function that does one iteration."""

    name: str
    title: str
    explanation: str
    parameters: tuple[Parameter, ...]
    open: Callable[[Values], AbstractContextManager[Step]]

    def defaults(self) -> dict[str, Value]:
        return {parameter.name: parameter.default for parameter in self.parameters}

    def run(self, parameters: Values, iterations: int, on_progress: Callable[[int], None]) -> None:
        """Does `iterations` iterations; `on_progress` is told how many are done after each."""
        with self.open({**self.defaults(), **parameters}) as step:
            for done in range(1, iterations + 1):
                step()
                on_progress(done)

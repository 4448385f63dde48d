"""Sleep: a stand-in for waiting on something far away. It costs no CPU time."""

import time
from collections.abc import Iterator
from contextlib import contextmanager

from engine.tasks.parameters import Parameter
from engine.tasks.task_type import Step, TaskType, Values


@contextmanager
def open_task(values: Values) -> Iterator[Step]:
    seconds = float(values["duration_ms"]) / 1000
    yield lambda: time.sleep(seconds)


TASK = TaskType(
    name="sleep",
    title="Sleep",
    explanation="Sleeps. A stand-in for waiting on something far away; any number of workers can do it side by side.",
    parameters=(Parameter("duration_ms", "Duration", "float", 10.0, 0.0, 60_000.0, unit="ms"),),
    open=open_task,
)

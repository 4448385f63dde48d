"""All task types, by name."""

from difflib import get_close_matches

from engine.tasks import file_io, memory, mixed, native_cpu, network_io, python_cpu, sleep
from engine.tasks.task_type import TaskType

TASKS: dict[str, TaskType] = {
    module.TASK.name: module.TASK for module in (python_cpu, native_cpu, sleep, file_io, network_io, memory, mixed)
}


def get(name: str) -> TaskType:
    """The task type called `name`. ValueError with one line that names close matches when there is none."""
    if name in TASKS:
        return TASKS[name]
    near = get_close_matches(name, TASKS, n=1)
    hint = f"did you mean {near[0]}?" if near else f"there are {', '.join(TASKS)}"
    raise ValueError(f"there is no task type {name!r}: {hint}")

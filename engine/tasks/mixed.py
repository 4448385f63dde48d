"""A bit of everything, as in most programs: computing in Python, computing in C, a file, and waiting."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

from engine.tasks import file_io, native_cpu, python_cpu, sleep
from engine.tasks.parameters import Parameter
from engine.tasks.progress import Reporter
from engine.tasks.task_type import Step, TaskType, Values


@contextmanager
def open_task(values: Values) -> Iterator[Step]:
    parts = (
        (python_cpu.TASK, {"numbers": values["numbers"]}),
        (native_cpu.TASK, {"size_kib": values["size_kib"]}),
        (file_io.TASK, {"size_kib": values["size_kib"], "sync": False}),
        (sleep.TASK, {"duration_ms": values["wait_ms"]}),
    )
    reporter = Reporter()
    with ExitStack() as stack:
        steps = [(task.title, stack.enter_context(task.open({**task.defaults(), **given}))) for task, given in parts]

        def step() -> None:
            for title, part in steps:
                with reporter.task(title):
                    part()

        yield step


TASK = TaskType(
    name="mixed",
    title="Mixed",
    explanation="Computes in Python, hashes in C, writes and reads a file, and sleeps: a bit of everything, in turn.",
    parameters=(
        Parameter("numbers", "Numbers per iteration", "int", 300, 1, 10_000_000, help="For the part in Python."),
        Parameter("size_kib", "Size of block and file", "int", 512, 1, 262_144, unit="KiB"),
        Parameter("wait_ms", "Sleep", "float", 5.0, 0.0, 60_000.0, unit="ms"),
    ),
    open=open_task,
)

"""What runs in a pool's processes. A pool's task can carry no locks or queues, so they come with the initializer."""

import threading
from typing import Any

from engine.backends.base import Job
from engine.backends.worker import execute, take_name

_entered: list[Job] = []


def enter(job: Job, numbers: Any) -> None:
    """Initializer of a pool's process: keeps the job, and takes the next free number (a shared value) as its name."""
    _entered[:] = [job]
    with numbers.get_lock():
        take_name(job.name(numbers.value))
        numbers.value += 1


def execute_entered(index: int) -> None:
    """Does one piece of the job that this process was made for."""
    job = _entered[0]
    execute(job.work, job.context_for(index, name=threading.current_thread().name))

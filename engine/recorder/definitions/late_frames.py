"""Frames about the order of locks and of threads, and of jobs that failed, as texts of the recording."""

from typing import Any

from engine.recorder.definitions.registry import Registry, TracedProcess
from engine.recorder.definitions.texts import Frame

# What they are: see engine.tracer.layout.
JOBS = frozenset({"job-submitted", "job-began", "job-ended", "job-read"})
LATE = JOBS | {
    "nesting", "joined", "passed", "gave", "got", "untold", "job-failed", "job-error", "forked", "fork-child",
    "forked-by",
}  # fmt: skip


class LateFrames:
    """Takes frames of LATE.

    They may speak of what another process has defined before. Its text file may have been read too early in the cycle
    for that, but not in the next one: until then they wait.
    """

    def __init__(self, registry: Registry) -> None:
        self._registry = registry
        self._new: list[tuple[TracedProcess, Frame]] = []
        self._due: list[tuple[TracedProcess, Frame]] = []
        self._forks: dict[tuple[int, int], dict[str, Any]] = {}  # by parent, what it has told; nothing: its child

    def take(self, process: TracedProcess, frame: Frame) -> None:
        """One frame."""
        if self._is_clear(process, frame):
            self._tell(process, frame)
        else:
            self._new.append((process, frame))

    def settle(self, *, final: bool = False) -> None:
        """All files have been read once more: tells what was taken before that, finally everything."""
        for process, frame in self._due:
            self._tell(process, frame)
        self._due, self._new = self._new, []
        if final:
            self.settle()

    def _is_clear(self, process: TracedProcess, frame: Frame) -> bool:
        registry = self._registry
        match frame:
            case ("nesting", _, _, number, _, _, held):
                return all(registry.knows(process, each) for each in (number, *held[::2]))
            case ("joined", _, _, thread, pid):
                return thread in process.lanes if thread else registry.process_of_pid(pid) is not None
            case ("job-failed", _, _, number, _, task, _, stack):
                told = (not task or registry.text(process, task)) and (not stack or registry.site(process, stack))
                return bool(told) and registry.knows(process, number)
            case ("forked-by", serial, _):
                return process.parent is None or serial in process.parent.lanes
            case (
                ("job-submitted" | "job-began" | "job-ended" | "job-read" | "gave" | "got", _, _, number, *_)
                | ("passed", _, _, _, number, _)
                | ("job-error", _, number, *_)
            ):
                return not number or registry.knows(process, number)
        return True

    def _tell(self, process: TracedProcess, frame: Frame) -> None:
        registry = self._registry
        match frame:
            case ("nesting", serial, time_ns, number, stack, waits, held):
                pairs = zip(held[::2], held[1::2], strict=True)
                registry.emit(
                    {
                        "type": "nesting",
                        "lane": registry.lane(process, serial).number,
                        "time_ns": time_ns,
                        "primitive": registry.primitive(process, number),
                        "stack": registry.site(process, stack),
                        "waits": bool(waits),
                        "held": [
                            [registry.primitive(process, lock), registry.site(process, site)] for lock, site in pairs
                        ],
                    }
                )
            case ("passed", serial, arrived_ns, left_ns, number, nth):
                registry.emit(
                    {
                        "type": "passed",
                        "lane": registry.lane(process, serial).number,
                        "arrived_ns": arrived_ns,
                        "time_ns": left_ns,
                        "primitive": registry.primitive(process, number),
                        "nth": nth,
                    }
                )
            case ("gave", serial, time_ns, number, is_followed):
                registry.emit(
                    {
                        "type": "gave",
                        "lane": registry.lane(process, serial).number,
                        "time_ns": time_ns,
                        "primitive": registry.primitive(process, number) if number else None,
                        "followed": is_followed,
                    }
                )
            case ("untold", serial, time_ns):
                registry.emit({"type": "untold", "lane": registry.lane(process, serial).number, "time_ns": time_ns})
            case ("got", serial, time_ns, number, is_sure):
                registry.emit(
                    {
                        "type": "got",
                        "lane": registry.lane(process, serial).number,
                        "time_ns": time_ns,
                        "primitive": registry.primitive(process, number),
                        "sure": is_sure,
                    }
                )
            case (kind, serial, time_ns, number, job, *rest) if kind in JOBS:
                registry.emit(
                    {
                        "type": kind,
                        "lane": registry.lane(process, serial).number,
                        "time_ns": time_ns,
                        "primitive": registry.primitive(process, number),
                        "job": job,
                        **dict(zip(("part", "sure"), rest, strict=False)),
                    }
                )
            case ("joined", serial, time_ns, thread, pid):
                ended = registry.process_of_pid(pid) if pid else None
                if thread or ended is not None:
                    registry.emit(
                        {
                            "type": "joined",
                            "lane": registry.lane(process, serial).number,
                            "time_ns": time_ns,
                            "joined": registry.lane(process, thread).number if thread else None,
                            "process": ended.number if ended is not None else None,
                        }
                    )
            case ("job-failed", serial, time_ns, number, job, task, error, stack):
                registry.emit(
                    {
                        "type": "job-failed",
                        "lane": registry.lane(process, serial).number,
                        "time_ns": time_ns,
                        "primitive": registry.primitive(process, number),
                        "job": job,
                        "task": registry.text(process, task),
                        "error": error,
                        "stack": registry.site(process, stack),
                    }
                )
            case ("forked" | "fork-child" | "forked-by", *_):
                self._tell_of_fork(process, frame)
            case ("job-error", time_ns, number, job, what, error):
                registry.emit(
                    {
                        "type": "job-error",
                        "process": process.number,
                        "time_ns": time_ns,
                        "primitive": registry.primitive(process, number),
                        "job": job,
                        "what": what,
                        "error": error,
                    }
                )

    def _tell_of_fork(self, process: TracedProcess, frame: Frame) -> None:
        """A fork itself once parent and child have told of it, in whatever order: one that failed has no child."""
        registry = self._registry
        match frame:
            case ("forked", serial, nth, start_ns, end_ns, stack):
                process.forks[nth] = serial, registry.site(process, stack)
                text = {
                    "type": "forked",
                    "lane": registry.lane(process, serial).number,
                    "nth": nth,
                    "start_ns": start_ns,
                    "end_ns": end_ns,
                    "stack": registry.site(process, stack),
                }
                if self._forks.pop((process.number, nth), None) is None:
                    self._forks[process.number, nth] = text
                else:
                    registry.emit(text)
            case ("fork-child", nth):
                if told := self._forks.pop((process.number, nth), None):
                    registry.emit(told)
                else:
                    self._forks[process.number, nth] = {}
            case ("forked-by", serial, nth) if process.parent is not None:
                process.nth_fork = nth
                lane = registry.lane(process.parent, serial).number
                registry.emit({"type": "forked-by", "process": process.number, "lane": lane, "nth": nth})

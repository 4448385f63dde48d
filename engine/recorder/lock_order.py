"""Frames about the order of locks and of threads, as texts of the recording."""

from engine.recorder.registry import Registry, TracedProcess
from engine.recorder.texts import Frame


def lock_order(registry: Registry, process: TracedProcess, frame: Frame) -> None:
    """A "nesting" or "joined" frame (see engine.tracer.layout)."""
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
                    "held": [[registry.primitive(process, lock), registry.site(process, site)] for lock, site in pairs],
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

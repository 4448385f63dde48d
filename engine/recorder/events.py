"""Frames that define nothing but tell something: output, progress, notes; and who has read from which queue."""

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from engine.model.wait_for import Node
from engine.recorder.definitions.registry import Registry, TracedProcess
from engine.recorder.definitions.texts import Frame
from engine.recorder.output import Output
from engine.recorder.processes import run_folder
from engine.recorder.processes.shared_names import SharedNames
from engine.tracer import layout


class FrameEvents:
    """Turns such frames into texts of the recording. `getters`: threads that have read from a queue, by primitive."""

    def __init__(self, registry: Registry, output: Output, emit: Callable[[dict[str, Any]], None]) -> None:
        self._registry = registry
        self._output = output
        self._emit = emit
        self.getters: dict[int, set[Node]] = {}
        self._temporary_folders: set[str] = set()  # made by multiprocessing, for it to remove
        self._shared_names = SharedNames()

    def remove_leftovers(self) -> None:
        """Of processes that were killed; call once none is left."""
        run_folder.remove_temporary(self._temporary_folders)
        self._shared_names.remove()

    def take(self, process: TracedProcess, frame: Frame) -> None:
        """One frame; unknown ones are left out."""
        match frame:
            case ("output", serial, time_ns, stream, text):
                lane = self._registry.lane(process, serial)
                self._output.announce(process.number, lane.number, stream, text, time_ns)
            case ("progress", serial, time_ns, worker, label, done, total, items, result, error):
                self._emit(
                    {
                        "type": "progress",
                        "time_ns": time_ns,
                        "lane": self._registry.lane(process, serial).number,
                        "worker": worker,
                        "label": label,
                        "done": done,
                        "total": total,
                        "items": items,
                        "result": result,
                        "error": error,
                    }
                )
            case ("used-as-signal", number):
                self._registry.used_as_signals.add(self._registry.primitive(process, number))
            case ("temporary-folder", path):
                self._temporary_folders.add(path)
            case ("shared-name", name):
                self._shared_names.add(name)
            case ("note", time_ns, text):
                self._emit({"type": "note", "time_ns": time_ns, "text": text, "level": "warning"})

    def note_getters(self, depths: NDArray[np.void]) -> None:
        """From DEPTHS rows."""
        got = depths[depths["operation"] == layout.QUEUE_GET]
        for lane_number, primitive in set(zip(got["lane"].tolist(), got["primitive"].tolist(), strict=True)):
            lane = self._registry.lanes[lane_number]
            self.getters.setdefault(primitive, set()).add((lane.process.number, lane.serial))

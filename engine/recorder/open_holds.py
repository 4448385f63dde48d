"""Locks that are held now, as cells tell, for as long as no HOLD record says how it ended.

A holder's own cell names what it holds; where it does not (see CELL_HELD in layout), whoever waits for the lock tells.
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from engine.recorder.definitions.registry import Registry, TracedProcess
from engine.recording.schema import HOLD_ROW, OPEN_HOLD_ROW, Layer
from engine.tracer import layout

LONG_NS = 10_000_000  # shorter holds are not announced before they end

_OWNER = [layout.CELL_WAIT_OBJECT, layout.CELL_OWNER_THREAD, layout.CELL_OWNER_SITE, layout.CELL_OWNER_SINCE]

Key = tuple[int, int]  # lane, primitive
Cells = Sequence[tuple[TracedProcess, NDArray[np.uint64]]]


class OpenHolds:
    """Gives out rows (OPEN_HOLD_ROW) for what has changed since the last update."""

    def __init__(self, registry: Registry) -> None:
        self._registry = registry
        self._open: dict[Key, tuple[int, int]] = {}  # since, site

    def update(
        self, now_ns: int, cells: Cells, numbers: NDArray[np.int64], words: NDArray[np.uint64]
    ) -> NDArray[np.void]:
        """`numbers` are the lanes of `words`, of all cells that count."""
        now: dict[Key, tuple[int, int]] = {}
        before_ns = max(0, now_ns - LONG_NS)
        held = words[:, layout.CELL_HELD :].reshape(-1, layout.HELD_SLOTS, 2)
        sites = words[:, layout.CELL_HELD_SITE :]
        long = (held[:, :, 0] != 0) & (held[:, :, 1] < np.uint64(before_ns))
        rows, slots = np.nonzero(long)
        seen = self._seen_by_waiters(before_ns, cells)
        columns = numbers[rows].tolist(), held[rows, slots].tolist(), sites[rows, slots].tolist()
        for lane_number, (number, since), site in zip(*columns, strict=True):
            process = self._registry.lanes[lane_number].process
            key = lane_number, self._registry.primitive(process, number)
            now[key] = since, self._registry.site(process, site)
        named = {primitive for _, primitive in now}
        now.update((key, told) for key, told in seen.items() if key[1] not in named)
        changed = [(*key, *value) for key, value in now.items() if self._open.get(key) != value]
        changed += [(*key, 0, 0) for key in self._open if key not in now]
        self._open = now
        return np.array(changed, OPEN_HOLD_ROW)

    def close_process(
        self, process: TracedProcess, words: NDArray[np.uint64], time_ns: int
    ) -> list[tuple[Layer, NDArray[np.void]]]:
        """What a process held when it died becomes holds that end then."""
        closed = []
        for row in words.tolist():
            lane = process.lanes.get(row[layout.CELL_THREAD])
            held, sites = row[layout.CELL_HELD :], row[layout.CELL_HELD_SITE :]
            for number, since, site in zip(held[::2], held[1::2], sites, strict=False):
                if number and lane is not None:
                    primitive = self._registry.primitive(process, number)
                    told = self._registry.site(process, site)
                    closed.append((lane.number, primitive, since, max(time_ns, since), told, 0))
        gone = [key for key in self._open if self._registry.lanes[key[0]].process is process]
        for key in gone:
            del self._open[key]
        ended = np.array([(*key, 0, 0) for key in gone], OPEN_HOLD_ROW)
        return [(Layer.HOLDS, np.array(closed, HOLD_ROW)), (Layer.OPEN_HOLDS, ended)]

    def _seen_by_waiters(self, before_ns: int, cells: Cells) -> dict[Key, tuple[int, int]]:
        """Holders since before that time as those who wait for their locks saw them last: since when, at which site."""
        latest: dict[int, tuple[int, int, int]] = {}  # by primitive: since, lane, site; it has one holder at a time
        for process, words in cells:
            since = words[:, layout.CELL_OWNER_SINCE]
            waits = (since != 0) & (since < np.uint64(before_ns)) & (words[:, layout.CELL_OWNER_THREAD] != 0)
            waits &= words[:, layout.CELL_WAIT_SERIAL] & np.uint64(1) == 1
            if not waits.any():
                continue
            for number, serial, site, since_ns in set(map(tuple, words[waits][:, _OWNER].tolist())):
                lane = process.lanes.get(serial)
                if lane is not None:
                    primitive = self._registry.primitive(process, number)
                    told = since_ns, lane.number, self._registry.site(process, site)
                    latest[primitive] = max(told, latest.get(primitive, told))
        return {(lane, primitive): (since_ns, site) for primitive, (since_ns, lane, site) in latest.items()}

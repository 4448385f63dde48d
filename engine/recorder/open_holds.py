"""Locks that are held now, as cells tell, for as long as no HOLD record says how it ended."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from engine.recorder.registry import Registry, TracedProcess
from engine.recording.schema import HOLD_ROW, OPEN_HOLD_ROW, Layer
from engine.tracer import layout

LONG_NS = 10_000_000  # shorter holds are not announced before they end

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
        held = words[:, layout.CELL_HELD :].reshape(-1, layout.HELD_SLOTS, 2)
        long = (held[:, :, 0] != 0) & (held[:, :, 1] < np.uint64(max(0, now_ns - LONG_NS)))
        rows, slots = np.nonzero(long)
        if len(rows):
            sites = self._hold_sites(cells)
            for lane_number, (number, since) in zip(numbers[rows].tolist(), held[rows, slots].tolist(), strict=True):
                lane = self._registry.lanes[lane_number]
                key = lane_number, self._registry.primitive(lane.process, number)
                site = sites.get((lane.process.number, lane.serial, number), 0)
                before = self._open.get(key)
                if site == 0 and before is not None and before[0] == since:
                    site = before[1]
                now[key] = since, site
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
            held = row[layout.CELL_HELD :]
            for number, since in zip(held[::2], held[1::2], strict=True):
                if number and lane is not None:
                    primitive = self._registry.primitive(process, number)
                    _, site = self._open.get((lane.number, primitive), (0, 0))
                    closed.append((lane.number, primitive, since, max(time_ns, since), site, 0))
        gone = [key for key in self._open if self._registry.lanes[key[0]].process is process]
        for key in gone:
            del self._open[key]
        ended = np.array([(*key, 0, 0) for key in gone], OPEN_HOLD_ROW)
        return [(Layer.HOLDS, np.array(closed, HOLD_ROW)), (Layer.OPEN_HOLDS, ended)]

    def _hold_sites(self, cells: Cells) -> dict[tuple[int, int, int], int]:
        """Where the holder acquired, as its waiters saw it: by process, holder, object."""
        sites = {}
        for process, words in cells:
            owned = words[:, layout.CELL_OWNER_SITE] != 0
            owned &= words[:, layout.CELL_WAIT_SERIAL] & np.uint64(1) == 1
            for row in words[np.flatnonzero(owned)].tolist():
                site = self._registry.site(process, row[layout.CELL_OWNER_SITE])
                sites[process.number, row[layout.CELL_OWNER_THREAD], row[layout.CELL_WAIT_OBJECT]] = site
        return sites

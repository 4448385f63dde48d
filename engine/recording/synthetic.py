"""Made-up recordings, the same for the same seed: for tests, benchmarks and work on the window.

Lanes form groups that share a lock. Within a group the lock goes round, in a new random order every round; between two
holds a lane computes, waits for the GIL, sleeps or does I/O or waits for the group's queue, and then waits for the
lock. So waits, holds, hand-offs, signals and states agree with one another as in a real recording.
"""

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from engine.recording.reader import Batch
from engine.recording.schema import (
    DEADLOCKED,
    DEPTH_ROW,
    HOLD_ROW,
    OPEN_HOLD_ROW,
    OPEN_STATE_ROW,
    RESOURCE_ROW,
    SAMPLED,
    SIGNAL_ROW,
    STATE_ROW,
    TASK_ROW,
    Layer,
    State,
)
from engine.recording.writer import RecordingWriter

START_NS = 1_000_000_000_000
SLICES_PER_CYCLE = 5  # running (holding), running, GIL wait, elsewhere, lock wait
LOCK_NAMES = ("accounts", "audit", "cache", "index", "orders", "log", "stock", "session")
ELSEWHERE = (State.SLEEP, State.IO, State.WAIT, State.IDLE)


@dataclass(frozen=True)
class Synthetic:
    """What to make. `slices` is met up to one cycle a lane; `group` is the number of lanes that share a lock."""

    lanes: int = 64
    slices: int = 100_000
    seed: int = 1
    processes: int = 2
    group: int = 8
    mean_slice_ns: int = 250_000
    deadlock: bool = False  # at the end the first two lanes wait for each other's lock, and are found
    finished: bool = True  # lanes end, the program ends, the recording is closed

    @property
    def cycles(self) -> int:
        """Lock cycles of each lane."""
        return max(1, round(self.slices / (self.lanes * SLICES_PER_CYCLE)))

    @property
    def locks(self) -> int:
        """One lock a group."""
        return -(-self.lanes // self.group)


def write_synthetic(path: str | os.PathLike[str], *, commit_ns: int | None = None, **choices: Any) -> Synthetic:
    """Writes a whole recording; `choices` are the fields of Synthetic. OSError, RecordingWriteError."""
    synthetic = Synthetic(**choices)
    writer = RecordingWriter(Path(path), header(synthetic))
    end = START_NS
    for batch in commits(synthetic, commit_ns):
        append(writer, batch)
        end = batch.watermark_ns
    if synthetic.finished:
        writer.close(end)
    else:
        writer.abandon()
    return synthetic


def append(writer: RecordingWriter, batch: Batch) -> None:
    """Commits a batch to a recording."""
    writer.texts(*batch.texts)
    for layer, rows in batch.rows.items():
        writer.rows(layer, rows)
    writer.commit(batch.watermark_ns)


def header(synthetic: Synthetic) -> dict[str, Any]:
    """The header of such a recording."""
    return {
        "title": "Synthetic workload",
        "created": "2026-11-22T15:04:00+00:00",
        "command": ["python", "bank.py"],
        "scenario": None,
        "parameters": {"lanes": synthetic.lanes, "slices": synthetic.slices, "seed": synthetic.seed},
        "backend": "threads",
        "workers": synthetic.lanes,
        "interpreter": "CPython 3.13.0",
        "machine": {"cores": 2},
        "start_ns": START_NS,
    }


def commits(synthetic: Synthetic, commit_ns: int | None = None) -> Iterator[Batch]:
    """The recording as one batch per `commit_ns` (or of about 65 536 slices), definitions in the first."""
    return _Generator(synthetic).commits(commit_ns)


class _Generator:
    """All rows of a recording, sorted by time of appearance."""

    def __init__(self, synthetic: Synthetic) -> None:
        self.synthetic = synthetic
        self.random = np.random.default_rng(synthetic.seed)
        self.lane_ids = np.arange(synthetic.lanes)
        self.lock_of = self.lane_ids // synthetic.group + 1
        self.queue_of = self.lock_of + synthetic.locks
        self._schedule()

    def _schedule(self) -> None:
        """Ends, codes and details of all slices (lanes, slices of a lane); holds' bounds (2, lanes, cycles)."""
        s = self.synthetic
        group = s.group
        slots = s.locks * group
        order = self.random.permuted(np.broadcast_to(np.arange(group), (s.locks, s.cycles, group)), axis=2)
        mean_hold = s.mean_slice_ns * SLICES_PER_CYCLE / group
        lengths = 1 + self.random.exponential(mean_hold, (s.locks, s.cycles * group)).astype(np.int64)
        ends = START_NS + np.cumsum(lengths + 200, axis=1)
        starts = ends - lengths
        hold = np.empty((2, slots, s.cycles), np.int64)
        lane = (np.arange(s.locks)[:, None, None] * group + order).ravel()
        cycle = np.broadcast_to(np.arange(s.cycles)[None, :, None], order.shape).ravel()
        hold[0, lane, cycle], hold[1, lane, cycle] = starts.ravel(), ends.ravel()
        hold = hold[:, : s.lanes]
        # A cycle of a lane: from the end of its former hold to the end of this one.
        before = np.concatenate([np.full((s.lanes, 1), START_NS), hold[1, :, :-1]], axis=1)
        cuts = np.sort(self.random.random((3, s.lanes, s.cycles)), axis=0)
        gap = hold[0] - before
        inner = (before + 1 + cuts * np.maximum(gap - 5, 0)).astype(np.int64) + np.arange(3)[:, None, None]
        self.ends = np.stack([*inner, hold[0], hold[1]], axis=2).reshape(s.lanes, -1)  # (lanes, slices of a lane)
        elsewhere = self.random.choice(np.array(ELSEWHERE, np.uint8), (s.lanes, s.cycles), p=(0.3, 0.3, 0.3, 0.1))
        codes = np.empty((s.lanes, s.cycles, SLICES_PER_CYCLE), np.uint8)
        codes[..., 0], codes[..., 4] = State.RUNNING, State.RUNNING
        codes[..., 1], codes[..., 2], codes[..., 3] = State.GIL_WAIT | SAMPLED, elsewhere, State.LOCK_WAIT
        self.codes = codes.reshape(s.lanes, -1)
        details = np.zeros((s.lanes, s.cycles, SLICES_PER_CYCLE), np.uint32)
        details[..., 3] = self.lock_of[:, None]  # detail n: primitive n awaited at the site of its wait
        details[..., 2] = np.where(elsewhere == State.WAIT, self.queue_of[:, None], 0)
        self.details = details.reshape(s.lanes, -1)
        self.hold = hold
        self.end_ns = int(hold[1].max())

    def commits(self, commit_ns: int | None) -> Iterator[Batch]:
        """See the function of the same name."""
        s = self.synthetic
        layers = self._layers()
        total = self.end_ns - START_NS
        count = max(1, -(-total // commit_ns) if commit_ns else -(-self.ends.size // 65_536))
        marks = START_NS + np.linspace(0, total, count + 1)[1:].astype(np.int64)
        marks[-1] = self.end_ns
        positions = {layer: np.searchsorted(times, marks, "right") for layer, (times, _) in layers.items()}
        done = np.zeros(s.lanes, np.int64)
        per_lane = self.ends.shape[1]
        for index, mark in enumerate(marks):
            rows = {}
            for layer, (_, all_rows) in layers.items():
                first = positions[layer][index - 1] if index else 0
                if len(part := all_rows[first : positions[layer][index]]):
                    rows[layer] = part
            if Layer.STATES in rows:
                done += np.bincount(rows[Layer.STATES]["lane"], minlength=s.lanes)
            alive = np.flatnonzero(done < per_lane)
            if len(alive):
                rows[Layer.OPEN_STATES], rows[Layer.OPEN_HOLDS] = self._open(alive, done)
            texts = self._definitions() if index == 0 else []
            last = index == len(marks) - 1
            yield Batch([*texts, *(self._end() if last and not s.deadlock else [])], rows, int(mark))
        if s.deadlock:
            yield from self._deadlock()

    def _layers(self) -> dict[Layer, tuple[np.ndarray, np.ndarray]]:
        """Rows of every layer with the times at which they become known, in that order."""
        s = self.synthetic
        lanes = np.repeat(self.lane_ids, self.ends.shape[1])
        states = _rows(
            STATE_ROW, lane=lanes, end=self.ends.ravel(), code=self.codes.ravel(), detail=self.details.ravel()
        )
        lanes = np.repeat(self.lane_ids, s.cycles)
        start, end = self.hold[0].ravel(), self.hold[1].ravel()
        lock = self.lock_of[lanes]
        holds = _rows(HOLD_ROW, lane=lanes, primitive=lock, start=start, end=end, site=lock + s.locks)
        begun = np.concatenate([np.full((s.lanes, 1), START_NS), self.hold[1, :, :-1]], axis=1).ravel()
        tasks = _rows(TASK_ROW, lane=lanes, start=begun, end=end, name=1 + lanes % 3)
        # The queue's waiters are let go by the next lane of their group.
        third = self.ends.reshape(s.lanes, s.cycles, -1)[..., 2].ravel()
        waits = np.flatnonzero(self.codes.reshape(s.lanes, s.cycles, -1)[..., 2].ravel() == State.WAIT)
        waiter = lanes[waits]
        giver = waiter // s.group * s.group + (waiter + 1) % s.group
        giver = np.where(giver < s.lanes, giver, waiter)
        signals = _rows(SIGNAL_ROW, lane=giver, primitive=self.queue_of[waiter], time=third[waits] - 1, count=1)
        depth = self.random.integers(0, 12, len(waits))
        depths = _rows(
            DEPTH_ROW, lane=waiter, primitive=self.queue_of[waiter], time=third[waits], depth=depth, operation=2
        )
        sample_times = np.arange(START_NS, self.end_ns, max(20_000_000, (self.end_ns - START_NS) // 10_000))
        processes = np.tile(np.arange(s.processes), len(sample_times))
        times = np.repeat(sample_times, s.processes)
        used = ((times - START_NS) * (0.4 + 0.3 * np.sin(times / 3e9 + processes)) / 1.0).astype(np.int64)
        memory = (40e6 + 5e6 * np.sin(times / 1e9 + processes)).astype(np.int64)
        resources = _rows(
            RESOURCE_ROW, process=processes, time=times, cpu=np.maximum(used, 0), rss=memory, uss=memory // 2
        )
        return {
            Layer.STATES: _by_time(states, "end"),
            Layer.HOLDS: _by_time(holds, "end"),
            Layer.TASKS: _by_time(tasks, "end"),
            Layer.SIGNALS: _by_time(signals, "time"),
            Layer.DEPTHS: _by_time(depths, "time"),
            Layer.RESOURCES: _by_time(resources, "time"),
        }

    def _open(self, alive: np.ndarray, done: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """What the living lanes are in the middle of."""
        position = done[alive]
        since = np.where(position > 0, self.ends[alive, np.maximum(position - 1, 0)], START_NS)
        states = _rows(
            OPEN_STATE_ROW,
            lane=alive,
            since=since,
            code=self.codes[alive, position],
            detail=self.details[alive, position],
        )
        holding = position % SLICES_PER_CYCLE == SLICES_PER_CYCLE - 1
        lock = self.lock_of[alive]
        holds = _rows(
            OPEN_HOLD_ROW,
            lane=alive,
            primitive=lock,
            since=np.where(holding, since, 0),
            site=np.where(holding, lock + self.synthetic.locks, 0),
        )
        return states, holds

    def _process_of(self, lane: int) -> int:
        s = self.synthetic
        return int(lane // s.group * s.processes // s.locks)

    def _definitions(self) -> list[dict[str, Any]]:
        s = self.synthetic
        texts: list[dict[str, Any]] = [
            {
                "type": "process", "id": number, "pid": 4711 + 2 * number, "parent": 0 if number else None,
                "start_ns": START_NS, "name": "python" if number == 0 else f"Process-{number}", "python": "3.13.0",
                "free_threaded": False, "executable": "/usr/bin/python3", "argv": ["bank.py"],
                "how": "exec" if number == 0 else "fork", "role": "program" if number == 0 else "worker",
            }
            for number in range(s.processes)
        ]  # fmt: skip
        firsts: set[int] = set()
        for lane in range(s.lanes):
            process = self._process_of(lane)
            name = f"worker-{lane}" if process in firsts else "MainThread"
            firsts.add(process)
            texts.append(
                {
                    "type": "lane", "id": lane, "process": process, "serial": lane + 1, "native_id": 5000 + lane,
                    "name": name, "start_ns": START_NS, "internal": False, "daemon": False, "parent": None,
                }
            )  # fmt: skip
        for number in range(1, s.locks + 1):
            process = self._process_of((number - 1) * s.group)
            name = LOCK_NAMES[(number - 1) % len(LOCK_NAMES)] + (f"-{number}" if number > len(LOCK_NAMES) else "")
            for kind, offset in (("Lock", 0), ("Queue", s.locks)):
                texts.append(
                    {
                        "type": "primitive", "id": number + offset, "kind": kind, "name": name, "file": "bank.py",
                        "line": 10 + number, "process": process, "shared": False, "internal": False, "capacity": None,
                    }
                )  # fmt: skip
        for number in range(1, 2 * s.locks + 1):
            texts.append({"type": "site", "id": number, "file": "bank.py", "line": 40 + number, "function": "transfer"})
        for number in range(1, 2 * s.locks + 1):
            texts.append({"type": "detail", "id": number, "primitive": number, "site": number})
        for number, name in enumerate(("transfer", "audit", "report"), 1):
            texts.append({"type": "name", "id": number, "text": name})
        return texts

    def _end(self) -> list[dict[str, Any]]:
        s = self.synthetic
        if not s.finished:
            return []
        ends = self.ends[:, -1].tolist()
        return [
            *({"type": "lane-end", "id": lane, "time_ns": end, "error": ""} for lane, end in enumerate(ends)),
            *({"type": "process-end", "id": n, "time_ns": self.end_ns, "exit_status": 0} for n in range(s.processes)),
            {
                "type": "overhead", "time_ns": self.end_ns, "recorder_cpu_ns": self.ends.size * 40,
                "events": int(self.ends.size), "dropped": 0, "traced_percent": 2.1, "sampler": "schedstat",
            },
            {"type": "program-end", "time_ns": self.end_ns, "exit_status": 0, "ended_by": "itself"},
        ]  # fmt: skip

    def _deadlock(self) -> Iterator[Batch]:
        """The first lanes of the first two groups hold their locks and wait for each other's."""
        s = self.synthetic
        if s.locks < 2:
            raise ValueError("a deadlock needs lanes of two groups")
        pair = np.array([0, s.group])
        locks = self.lock_of[pair]
        other = locks[::-1]
        held, stuck = self.end_ns + 1_000, self.end_ns + 50_000_000
        running = _rows(STATE_ROW, lane=pair, end=[held + 5_000_000] * 2, code=[State.RUNNING] * 2, detail=[0, 0])
        opened = _rows(
            OPEN_STATE_ROW, lane=pair, since=[held + 5_000_000] * 2, code=[State.LOCK_WAIT] * 2, detail=other
        )
        holds = _rows(OPEN_HOLD_ROW, lane=pair, primitive=locks, since=[held] * 2, site=locks + s.locks)
        yield Batch([], {Layer.STATES: running, Layer.OPEN_STATES: opened, Layer.OPEN_HOLDS: holds}, held + 10_000_000)
        lanes = [int(lane) for lane in pair]
        finding = {
            "type": "finding", "id": 1, "kind": "deadlock", "severity": "error", "certainty": "observed",
            "cause": "lock-cycle", "title": "Deadlock of 2 threads",
            "explanation": "Each of the two holds the lock the other waits for.",
            "advice": "Take the two locks in the same order everywhere.", "participants": [],
            "start_ns": held + 5_000_000, "end_ns": held + 12_000_000, "lanes": lanes, "resolved_ns": None,
            "edges": [
                {"waiter": lanes[i], "holder": lanes[1 - i], "primitive": int(other[i]),
                 "wait_site": int(other[i]), "hold_site": int(locks[1 - i] + s.locks)}
                for i in (0, 1)
            ],
        }  # fmt: skip
        yield Batch([finding], {}, stuck)
        if s.finished:
            ended = _rows(STATE_ROW, lane=pair, end=[stuck] * 2, code=[State.LOCK_WAIT | DEADLOCKED] * 2, detail=other)
            texts = self._end()
            for text in texts:
                if text["type"] != "lane-end" or text["id"] in lanes:
                    text["time_ns"] = stuck
            texts[-1].update(exit_status=-9, ended_by="deadlock")
            yield Batch(texts, {Layer.STATES: ended}, stuck)


def _rows(dtype: np.dtype[Any], **columns: Any) -> np.ndarray:
    length = max(np.size(column) for column in columns.values())
    rows = np.zeros(length, dtype)
    for name, column in columns.items():
        rows[name] = column
    return rows


def _by_time(rows: np.ndarray, column: str) -> tuple[np.ndarray, np.ndarray]:
    order = np.argsort(rows[column], kind="stable")
    rows = rows[order]
    return rows[column].astype(np.int64), rows

"""Turns waits, accounts and looks into state slices: contiguous on every lane, exactly one state at any time.

What a lane does between its recorded waits is a *gap*. Of the gaps of one step, as much is running as the lane used CPU
time and core wait as much as it stood in the run queue: that is exact in the long run, for what was drawn too early is
taken back later. The rest is what the lane was last seen sleeping in by a *look* within its gaps. Where looks do not
tell, it is GIL wait if other threads of the process ran meanwhile, which is marked as inferred.
Pure: no clock, no I/O. Times are ns (int64), lanes are indices.
"""

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from engine.recorder.sampling.sampler import TICK_NS, Where
from engine.recording.schema import INFERRED, SAMPLED, STATE_ROW, State

WAIT = np.dtype([("lane", "i8"), ("start", "i8"), ("end", "i8"), ("code", "u1"), ("detail", "u4")])

RUNNING = State.RUNNING | SAMPLED
RUNNING_UNSAMPLED = State.RUNNING | INFERRED
CORE_WAIT = State.CORE_WAIT | SAMPLED
GIL_WAIT = State.GIL_WAIT | SAMPLED
GIL_WAIT_INFERRED = State.GIL_WAIT | SAMPLED | INFERRED
UNKNOWN = State.UNKNOWN | INFERRED

NOISE_NS = 500_000  # less than this of a step is not told apart from running
MIN_SPLIT_NS = 100_000  # shorter gaps are never split
GIL_SHARE = 0.25  # other threads must have run for this part of a rest that is inferred to be GIL wait
MAX_QUEUED_NS = 100_000_000  # time in the run queue that is made up for later
MAX_DEBT_NS = 20_000_000  # of core wait that is only likely and was drawn before the system has told of it
LASTING = 16  # looks for which it counts what a lane was last seen sleeping in

# What a rest is called by what the thread was seen sleeping in; 0: that does not tell.
_CODES = np.zeros(len(Where), np.uint8)
_CODES[Where.IO] = State.IO | SAMPLED
_CODES[Where.CHILD] = _CODES[Where.LOCK] = _CODES[Where.SHARED] = State.WAIT | SAMPLED
_CODES[Where.SLEEP] = State.SLEEP | SAMPLED
_CODES[Where.OTHER] = State.UNKNOWN | SAMPLED
_CODES[Where.GIL] = GIL_WAIT
_CODES[Where.INSIDE] = State.WAIT | SAMPLED
_CODES[Where.OUTSIDE] = State.IDLE | SAMPLED
_ELSEWHERE = np.zeros(len(Where), np.bool_)  # the system's accounts are another lane's
_ELSEWHERE[[Where.INSIDE, Where.OUTSIDE]] = True
_ON_CPU, _SHARED = int(Where.ON_CPU), int(Where.SHARED)  # arrays compare slowly with enums
_AWAKE = np.zeros(len(Where), np.bool_)
_AWAKE[[Where.UNKNOWN, Where.ON_CPU]] = True

Times = NDArray[np.int64]
_FIELDS = {
    "emitted": "i8",  # end of the lane's last slice given out
    "until": "i8",  # end of the last one formed; between the two lies the tail
    "tail": "u1",  # code of the tail, 0: none
    "tail_detail": "u4",
    "group": "i8",  # process
    "has_gil": "?",
    "sampled": "?",
    "cpu": "i8", "queue": "i8",  # as the system last told
    "where": "u1",  # last look
    "asleep": "u1",  # last look in a gap that found it asleep
    "since": "i8",  # looks in gaps since
    "cpu_before": "i8", "queue_before": "i8",  # at the previous step
    "cpu_drawn": "i8",  # how much of it has become running slices
    "queued": "i8",  # time in the run queue that has not become core wait slices yet; below 0: has too early
}  # fmt: skip


@dataclass(frozen=True)
class Gaps:
    """How the gaps of each lane of a step are to be divided. Shapes (lanes,)."""

    running_code: NDArray[np.uint8]
    core: Times
    rest: Times
    rest_code: NDArray[np.uint8]
    rest_detail: NDArray[np.uint32]
    rest_last: NDArray[np.bool_]  # the rest comes after the running part, not before


class _Placed(NamedTuple):
    """Gaps with the wait that follows each; `place` is that of the lane in the step, `before` where the gap starts."""

    place: NDArray[np.int64]
    before: Times
    starts: Times
    ends: Times
    codes: NDArray[np.uint8]
    details: NDArray[np.uint32]


class _Looks(NamedTuple):
    """What lanes were in at a time each."""

    lanes: NDArray[np.int64]
    times: Times
    wheres: NDArray[np.uint8]

    def chosen(self, mask: NDArray[np.bool_]) -> "_Looks":
        return _Looks(self.lanes[mask], self.times[mask], self.wheres[mask])


class _Pieces(NamedTuple):
    """Slices in the making, by lane and time."""

    place: NDArray[np.int64]
    ends: Times
    codes: NDArray[np.uint8]
    details: NDArray[np.uint32]


KEPT_LOOKS_NS = 1_000_000_000  # looks at a lane whose slices do not come are forgotten then


class Slicer:
    """Keeps, per lane, how far its slices have come. A last slice that may still grow is held back: the lane's tail."""

    def __init__(self, tick_ns: int = TICK_NS) -> None:
        self._lanes = np.zeros(64, np.dtype(list(_FIELDS.items())))
        self._looks: list[_Looks] = []  # in gaps to come
        self._tick_ns = tick_ns
        self.shared_detail = 0  # what waits for a lock between processes are for; 0: nobody has been seen in one

    def add_lane(self, lane: int, start_ns: int, *, group: int, has_gil: bool) -> None:
        """A lane begins. Lanes of one `group` share a GIL if they have one."""
        while lane >= len(self._lanes):
            self._lanes = np.concatenate([self._lanes, np.zeros_like(self._lanes)])
        row = self._lanes[lane]
        row["emitted"] = row["until"] = start_ns
        row["group"], row["has_gil"] = group, has_gil

    def add_accounts(self, lanes: Times | int, cpu_ns: Times | int, queue_ns: Times | int) -> None:
        """What the system says of one lane or of several at the time of the next step."""
        state = self._lanes
        state["sampled"][lanes] = True
        state["cpu"][lanes], state["queue"][lanes] = cpu_ns, queue_ns

    def add_looks(self, lanes: NDArray[np.int64], time_ns: int, wheres: NDArray[np.uint8]) -> None:
        """What these lanes were in at a time after the last step."""
        self._looks.append(_Looks(lanes, np.full(len(lanes), time_ns), wheres))
        self._lanes["where"][lanes] = wheres

    def until(self, lanes: NDArray[np.int64]) -> Times:
        """How far slices have been formed."""
        return np.asarray(self._lanes["until"][lanes])

    def tails(self, lanes: NDArray[np.int64]) -> tuple[Times, NDArray[np.uint8]]:
        """How each lane goes on after its last slice while it is in no wait: since when, and the code."""
        rows = self._lanes[lanes]
        plain = np.where(rows["sampled"], RUNNING, RUNNING_UNSAMPLED).astype(np.uint8)
        return rows["emitted"], np.where(rows["tail"] != 0, rows["tail"], plain)

    def step(
        self,
        waits: NDArray[np.void],
        lanes: NDArray[np.int64],
        horizons: Times,
        *,
        keep_tail: NDArray[np.bool_] | None = None,
        lossy: NDArray[np.bool_] | None = None,
    ) -> NDArray[np.void]:
        """The slices (STATE_ROW, by lane and time) that have become certain.

        `waits` (WAIT) have ended and belong to `lanes`, which are sorted, each known up to its horizon. `keep_tail`:
        lanes that go on in what they do (default: none); `lossy`: lanes whose records were dropped in between.
        """
        count = len(lanes)
        if count == 0:
            return np.empty(0, STATE_ROW)
        keep_tail = np.zeros(count, np.bool_) if keep_tail is None else keep_tail
        lossy = np.zeros(count, np.bool_) if lossy is None else lossy
        state = self._lanes[lanes]
        placed = _place(waits, lanes, horizons, state["until"])
        totals = np.bincount(placed.place, placed.starts - placed.before, count).astype(np.int64)
        awake = self._see(lanes, horizons, placed)
        pieces = _pieces(placed, self._divide(lanes, horizons, totals, awake, lossy))
        return self._give_out(lanes, horizons, keep_tail, state, pieces)

    def _see(self, lanes: NDArray[np.int64], horizons: Times, placed: _Placed) -> NDArray[np.bool_]:
        """Takes in the looks up to the horizons. Tells which lanes were always awake when they were seen in this step's
        gaps, or else, right after it.
        """
        state = self._lanes
        if not self._looks:
            return np.asarray(state["where"][lanes] == _ON_CPU)
        looks = _Looks(*map(np.concatenate, zip(*self._looks, strict=True)))
        place = np.minimum(np.searchsorted(lanes, looks.lanes), len(lanes) - 1)
        mine = (lanes[place] == looks.lanes) & (looks.times < horizons[place])
        later = looks.chosen(~mine & (looks.times > looks.times.max() - KEPT_LOOKS_NS))
        self._looks = [later] if len(later.lanes) else []
        place, looks = place[mine], looks.chosen(mine)
        in_gap = _in_gap(placed, place, looks.times)
        place, looks = place[in_gap], looks.chosen(in_gap)
        sleeps = ~_AWAKE[looks.wheres]
        seen = np.bincount(place, minlength=len(lanes))
        slept = np.bincount(place[sleeps], minlength=len(lanes)) > 0
        state["since"][lanes] = np.where(slept, 0, state["since"][lanes] + seen)
        state["asleep"][lanes[place[sleeps]]] = looks.wheres[sleeps]  # the last one of each counts
        awake: NDArray[np.bool_] = ~slept & ((seen > 0) | (state["where"][lanes] == _ON_CPU))
        return awake

    def _divide(
        self,
        lanes: NDArray[np.int64],
        horizons: Times,
        total: Times,
        awake: NDArray[np.bool_],
        lossy: NDArray[np.bool_],
    ) -> Gaps:
        state = self._lanes[lanes]
        ran = np.maximum(state["cpu"] - state["cpu_before"], 0)
        by_group = np.bincount(state["group"], ran)
        others = by_group[state["group"]] - ran
        on_cpu = state["where"] == _ON_CPU
        tick = self._tick_ns
        elsewhere = _ELSEWHERE[state["where"]]
        free = np.maximum(state["cpu"] - state["cpu_drawn"] + np.where(on_cpu, tick, 0), 0)
        free[elsewhere] = 0
        running = np.minimum(total, free)
        lacking = total - running
        lacking[(~elsewhere & (lacking < NOISE_NS)) | ~state["sampled"]] = 0
        span = np.maximum(horizons - state["until"], 1)
        in_queue = np.maximum(state["queue"] - state["queue_before"], 0)
        is_new = (state["cpu_before"] == 0) & (state["queue_before"] == 0)
        in_queue[is_new] = np.minimum(in_queue, span)[is_new]  # what is older is not the lane's
        queued = state["queued"] + (in_queue * np.minimum(total / span, 1.0)).astype(np.int64)  # not that of the waits
        core = np.minimum(lacking, np.maximum(queued, 0))
        core[elsewhere] = 0
        rest = lacking - core

        # A lane that was ready to run all the time and whose accounts stand still is in the run queue, which the system
        # tells once it has left it. If they do not, that is likely where it never sleeps.
        still = (ran == 0) & (in_queue == 0)
        debt = np.maximum(MAX_DEBT_NS + np.minimum(queued - core, 0), 0)
        lasting = (_CODES[state["asleep"]] != 0) & (state["since"] <= LASTING)
        ahead = np.where(still, rest, np.where(lasting, 0, np.minimum(rest, debt)))
        ahead[~(awake & on_cpu)] = 0
        core, rest = core + ahead, rest - ahead

        seen = np.where(lasting, state["asleep"], state["where"])
        code = _CODES[seen]
        detail = np.where(seen == _SHARED, self.shared_detail, 0).astype(np.uint32)
        nothing = code == 0
        gil = nothing & state["has_gil"] & (others >= GIL_SHARE * rest)
        code[nothing] = UNKNOWN
        code[gil] = GIL_WAIT_INFERRED
        plain = np.where(state["sampled"], RUNNING, RUNNING_UNSAMPLED).astype(np.uint8)
        plain[lossy] = UNKNOWN
        core[lossy], rest[lossy] = 0, 0

        drawn = np.where(elsewhere, state["cpu"], state["cpu_drawn"] + (total - core - rest))
        self._lanes["cpu_drawn"][lanes] = np.clip(drawn, state["cpu"] - tick, state["cpu"] + tick)
        self._lanes["queued"][lanes] = np.where(elsewhere, 0, np.minimum(queued - core, MAX_QUEUED_NS))
        self._lanes["cpu_before"][lanes], self._lanes["queue_before"][lanes] = state["cpu"], state["queue"]
        return Gaps(plain, core, rest, code, detail, ~on_cpu)

    def _give_out(
        self,
        lanes: NDArray[np.int64],
        horizons: Times,
        keep_tail: NDArray[np.bool_],
        state: NDArray[np.void],
        pieces: _Pieces,
    ) -> NDArray[np.void]:
        """Joins neighbours of equal code, former tails first, and holds the new tails back."""
        tails = np.flatnonzero((state["tail"] != 0) & (state["until"] > state["emitted"]))
        index = np.concatenate([tails, pieces.place])
        order = np.argsort(index, kind="stable")
        index = index[order]
        ends = np.concatenate([state["until"][tails], pieces.ends])[order]
        codes = np.concatenate([state["tail"][tails], pieces.codes])[order]
        details = np.concatenate([state["tail_detail"][tails], pieces.details])[order]
        last_of_run = np.ones(len(index), np.bool_)
        if len(index) > 1:
            same = (index[1:] == index[:-1]) & (codes[1:] == codes[:-1]) & (details[1:] == details[:-1])
            last_of_run[:-1] = ~same
        index, ends, codes, details = index[last_of_run], ends[last_of_run], codes[last_of_run], details[last_of_run]

        self._lanes["until"][lanes] = np.maximum(state["until"], horizons)
        self._lanes["tail"][lanes] = 0
        last_of_lane = np.ones(len(index), np.bool_)
        last_of_lane[:-1] = index[1:] != index[:-1]
        held = last_of_lane & keep_tail[index] & (codes & (SAMPLED | INFERRED) != 0)  # recorded waits are over
        self._lanes["tail"][lanes[index[held]]] = codes[held]
        self._lanes["tail_detail"][lanes[index[held]]] = details[held]
        given = ~held
        np.maximum.at(self._lanes["emitted"], lanes[index[given]], ends[given])
        rows = np.empty(int(given.sum()), STATE_ROW)
        rows["lane"], rows["end"] = lanes[index[given]], ends[given]
        rows["code"], rows["detail"] = codes[given], details[given]
        return rows


def _place(waits: NDArray[np.void], lanes: NDArray[np.int64], horizons: Times, until: Times) -> _Placed:
    """Waits in order with, after each lane's last, one of no length at its horizon.

    What reaches back before what is already told, or into the wait before it, is clipped.
    """
    count = len(lanes)
    if not len(waits):
        ends = np.maximum(horizons, until)
        return _Placed(np.arange(count), until, ends, ends, np.zeros(count, np.uint8), np.zeros(count, np.uint32))
    index = np.concatenate([np.searchsorted(lanes, waits["lane"]), np.arange(count)])
    starts = np.concatenate([waits["start"], horizons])
    ends = np.concatenate([waits["end"], horizons])
    codes = np.concatenate([waits["code"], np.zeros(count, np.uint8)])
    details = np.concatenate([waits["detail"], np.zeros(count, np.uint32)])
    is_horizon = np.concatenate([np.zeros(len(waits), np.bool_), np.ones(count, np.bool_)])
    order = np.lexsort((ends, is_horizon, index))
    index, starts, ends, codes, details = (each[order] for each in (index, starts, ends, codes, details))
    first = np.ones(len(index), np.bool_)
    first[1:] = index[1:] != index[:-1]
    ends = np.maximum(ends, until[index])
    before = np.empty_like(ends)
    before[1:] = ends[:-1]
    before[first] = until[index[first]]
    ends = np.maximum(ends, before)
    starts = np.clip(starts, before, ends)
    return _Placed(index, before, starts, ends, codes, details)


_SPAN_BITS = 44  # of ns: what one step can span


def _in_gap(placed: _Placed, place: NDArray[np.int64], times: Times) -> NDArray[np.bool_]:
    """Whether each time lies in a gap of the lane at that place; it is before the lane's horizon."""
    if not len(place):
        return np.zeros(0, np.bool_)
    first = placed.before.min()
    ends = (placed.place << _SPAN_BITS) + np.minimum(placed.ends - first, (1 << _SPAN_BITS) - 1)
    moments = (place << _SPAN_BITS) + np.clip(times - first, 0, (1 << _SPAN_BITS) - 1)
    at = np.minimum(np.searchsorted(ends, moments, "right"), len(ends) - 1)
    inside: NDArray[np.bool_] = (times >= placed.before[at]) & (times < placed.starts[at])
    return inside


def _pieces(placed: _Placed, plan: Gaps) -> _Pieces:
    """Each gap in up to three pieces, then its wait; pieces of no length are left out."""
    index, before, starts, ends, codes, details = placed
    gaps = starts - before
    long = np.where(gaps >= MIN_SPLIT_NS, gaps, 0)
    total = np.maximum(np.bincount(index, long, len(plan.core)), 1)
    lacking = plan.core + plan.rest
    scale = np.minimum(1.0, total / np.maximum(lacking, 1))  # short gaps stay whole, so there may be less to divide
    share = long / total[index] * scale[index]
    core = (plan.core[index] * share).astype(np.int64)
    rest = (plan.rest[index] * share).astype(np.int64)
    last = plan.rest_last[index]
    first_cut = before + core
    second_cut = np.where(last, starts - rest, first_cut + rest)
    piece_ends = np.stack([first_cut, second_cut, starts, ends], axis=1)
    piece_starts = np.stack([before, first_cut, second_cut, starts], axis=1)
    running, rest_code = plan.running_code[index], plan.rest_code[index]
    piece_codes = np.empty(piece_ends.shape, np.uint8)
    piece_codes[:, 0] = CORE_WAIT
    piece_codes[:, 1] = np.where(last, running, rest_code)
    piece_codes[:, 2] = np.where(last, rest_code, running)
    piece_codes[:, 3] = codes
    piece_details = np.zeros(piece_ends.shape, np.uint32)
    piece_details[:, 1] = np.where(last, 0, plan.rest_detail[index])
    piece_details[:, 2] = np.where(last, plan.rest_detail[index], 0)
    piece_details[:, 3] = details
    kept = piece_ends > piece_starts
    owners = np.broadcast_to(index[:, None], piece_ends.shape)
    return _Pieces(owners[kept], piece_ends[kept], piece_codes[kept], piece_details[kept])

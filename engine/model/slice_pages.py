"""Where slices are kept: pages of one lane each, so that many lanes grow at once without a loop over lanes.

A page holds PAGE consecutive slices of one lane: their ends, codes and details (a slice starts where the one before it
ends), and what the lane's time in each state came to when the page began. Each lane has a region in one table of page
numbers. 13 to 15 bytes a slice; times are int64 ns since the recording's start.
"""

import numpy as np

from engine.model.columns import Runs, grown, ranges
from engine.recording.schema import STATE_MASK, State

PAGE = 128
NEVER = np.iinfo(np.int64).max
STATES = len(State)


class SlicePages:
    """The slices of all lanes; lanes are dense small integers."""

    def __init__(self) -> None:
        self.count = np.zeros(0, np.int64)  # slices, per lane
        self.start = np.zeros(0, np.int64)  # of the lane
        self.last_end = np.zeros(0, np.int64)  # end of the last slice, or start of the lane
        self.total = np.zeros((0, STATES), np.int64)  # time in each state up to last_end
        self.slices = 0
        self._pages = 0
        self._ends = np.zeros((0, PAGE), np.int64)
        self._codes = np.zeros((0, PAGE), np.uint8)
        self._details = np.zeros((0, PAGE), np.uint16)
        self._page_start = np.zeros(0, np.int64)
        self._page_total = np.zeros((0, STATES), np.int64)
        # The lane's pages stand in the table at [offset, offset + capacity); unused room is free for later pages.
        self._table = np.zeros(0, np.int64)
        self._table_used = 0
        self._offset = np.zeros(0, np.int64)
        self._capacity = np.zeros(0, np.int64)

    @property
    def lanes(self) -> int:
        """How many lanes there are."""
        return len(self.count)

    def add_lanes(self, starts: np.ndarray) -> None:
        """Adds lanes that start at these times."""
        zeros = np.zeros(len(starts), np.int64)
        self.count = np.concatenate([self.count, zeros])
        self.start = np.concatenate([self.start, starts])
        self.last_end = np.concatenate([self.last_end, starts])
        self.total = np.concatenate([self.total, np.zeros((len(starts), STATES), np.int64)])
        self._offset = np.concatenate([self._offset, zeros])
        self._capacity = np.concatenate([self._capacity, zeros])

    def append(self, lane_runs: Runs, ends: np.ndarray, codes: np.ndarray, details: np.ndarray) -> np.ndarray:
        """Adds slices, sorted by lane and time. Returns their starts."""
        lanes, firsts, counts = lane_runs
        starts = np.empty_like(ends)
        starts[1:] = ends[:-1]
        starts[firsts] = self.last_end[lanes]
        if len(details) and details.max() > np.iinfo(self._details.dtype).max:
            self._details = self._details.astype(np.uint32)
        before = self.count[lanes]
        self._make_room(lanes, before, counts)
        position = ranges(before, counts)
        lane_of = np.repeat(lanes, counts)
        page = self._table[self._offset[lane_of] + position // PAGE]
        slot = position % PAGE
        place = page * PAGE + slot
        self._ends.reshape(-1)[place] = ends
        self._codes.reshape(-1)[place] = codes
        self._details.reshape(-1)[place] = details
        self._count_time(lane_runs, starts, ends, codes, page=page, slot=slot)
        self.count[lanes] += counts
        self.last_end[lanes] = ends[firsts + counts - 1]
        self.slices += len(ends)
        return starts

    def _count_time(
        self,
        lane_runs: Runs,
        starts: np.ndarray,
        ends: np.ndarray,
        codes: np.ndarray,
        *,
        page: np.ndarray,
        slot: np.ndarray,
    ) -> None:
        """Keeps the totals per lane, and at the start of every page."""
        opened = np.flatnonzero(slot == 0)
        states = (codes & STATE_MASK).astype(np.int64)
        if len(opened):
            # Segments: a lane's slices up to its next page, each added before the next page notes the total.
            self._page_start[page[opened]] = starts[opened]
        cuts = np.union1d(lane_runs.firsts, opened)
        segment = np.zeros(len(ends), np.int64)
        segment[cuts[1:]] = 1
        segment = np.cumsum(segment)
        sums = np.bincount(segment * STATES + states, ends - starts, len(cuts) * STATES)
        sums = sums.astype(np.int64).reshape(-1, STATES)
        running = np.cumsum(sums, axis=0) - sums  # before each segment, over all lanes of the batch
        first_segment = np.searchsorted(cuts, lane_runs.firsts)
        base = self.total[lane_runs.values] - running[first_segment]
        run_of_cut = np.searchsorted(lane_runs.firsts, cuts, "right") - 1
        totals = running + base[run_of_cut]
        at_page = slot[cuts] == 0
        self._page_total[page[cuts[at_page]]] = totals[at_page]
        last_segment = np.append(first_segment[1:], len(cuts)) - 1
        self.total[lane_runs.values] = totals[last_segment] + sums[last_segment]

    def _make_room(self, lanes: np.ndarray, before: np.ndarray, counts: np.ndarray) -> None:
        have = -(-before // PAGE)
        need = -(-(before + counts) // PAGE)
        for index in np.flatnonzero(need > self._capacity[lanes]).tolist():
            lane, capacity = int(lanes[index]), max(4, 2 * int(need[index]))
            self._table = grown(self._table, self._table_used + capacity)
            old = int(self._offset[lane])
            pages = self._table[old : old + int(have[index])].copy()
            self._table[self._table_used : self._table_used + len(pages)] = pages
            self._offset[lane], self._capacity[lane] = self._table_used, capacity
            self._table_used += capacity
        more = need - have
        fresh = int(more.sum())
        if not fresh:
            return
        self._table[ranges(self._offset[lanes] + have, more)] = np.arange(self._pages, self._pages + fresh)
        self._reserve(self._pages + fresh)
        self._ends[self._pages : self._pages + fresh] = NEVER
        self._pages += fresh

    def _reserve(self, pages: int) -> None:
        self._ends = grown(self._ends, pages)
        self._codes = grown(self._codes, pages)
        self._details = grown(self._details, pages)
        self._page_start = grown(self._page_start, pages)
        self._page_total = grown(self._page_total, pages)

    def position(self, lanes: np.ndarray, times: np.ndarray) -> np.ndarray:
        """For each lane the index of its first slice that ends after the time (its count, when there is none)."""
        index, page = self._page_at(lanes, times)
        some = page >= 0
        inside = np.zeros(len(lanes), np.int64)
        inside[some] = (self._ends[page[some]] <= times[some, None]).sum(axis=1)
        return np.where(some, index * PAGE + inside, 0)

    def find(self, lane: int, time: int) -> int:
        """`position` of one lane, without what it takes to ask for many."""
        count = int(self.count[lane])
        if not count:
            return 0
        offset = int(self._offset[lane])
        pages = self._table[offset : offset + -(-count // PAGE)]
        index = max(int(self._page_start[pages].searchsorted(time, "right")) - 1, 0)
        return index * PAGE + int(self._ends[pages[index]].searchsorted(time, "right"))

    def slice(self, lane: int, index: int) -> tuple[int, int, int, int]:
        """Start, end, code and detail of one slice."""
        page, slot = self._table[int(self._offset[lane]) + index // PAGE], index % PAGE
        start = self._ends[page, slot - 1] if slot else self._page_start[page]
        ends, codes, details = self._ends, self._codes, self._details
        return int(start), int(ends[page, slot]), int(codes[page, slot]), int(details[page, slot])

    def _page_at(self, lanes: np.ndarray, times: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Each lane's last page that starts by the time (else its first): its index there and its number, -1: none."""
        low = np.zeros(len(lanes), np.int64)
        high = np.maximum(-(-self.count[lanes] // PAGE), 1)  # the answer is in [low, high)
        offset = self._offset[lanes]
        while (wide := high - low > 1).any():
            middle = (low + high) >> 1
            at = self._page_start[self._table[np.where(wide, offset + middle, 0)]]
            down = wide & (at > times)
            high = np.where(down, middle, high)
            low = np.where(wide & ~down, middle, low)
        some = self.count[lanes] > 0
        page = np.full(len(lanes), -1, np.int64)
        page[some] = self._table[(offset + low)[some]]
        return low, page

    def _places(self, lanes: np.ndarray, firsts: np.ndarray, counts: np.ndarray) -> np.ndarray:
        index = ranges(firsts, counts)
        pages = self._table[np.repeat(self._offset[lanes], counts) + index // PAGE]
        return np.asarray(pages * PAGE + index % PAGE)

    def gather(
        self, lanes: np.ndarray, firsts: np.ndarray, counts: np.ndarray
    ) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
        """Starts, ends, codes and details of `counts` slices from `firsts` on of each lane, one lane after another."""
        places = self._places(lanes, firsts, counts)
        ends = self._ends.reshape(-1)[places]
        starts = np.empty_like(ends)
        starts[1:] = ends[:-1]
        heads = (np.cumsum(counts) - counts)[counts > 0]
        starts[heads] = self.start_of(lanes[counts > 0], firsts[counts > 0])
        return starts, ends, self._codes.reshape(-1)[places], self._details.reshape(-1)[places]

    def start_of(self, lanes: np.ndarray, index: np.ndarray) -> np.ndarray:
        """Where the slices with these indices start."""
        starts = self.start[lanes].copy()
        later = np.flatnonzero(index > 0)
        ones = np.ones(len(later), np.int64)
        starts[later] = self._ends.reshape(-1)[self._places(lanes[later], index[later] - 1, ones)]
        return np.asarray(starts)

    def flag(self, lane: int, index: int, flag: int) -> None:
        """Sets a flag in the code of one slice."""
        place = self._places(np.array([lane]), np.array([index]), np.array([1]))
        self._codes.reshape(-1)[place] |= np.uint8(flag)

    def totals_at(self, lanes: np.ndarray, times: np.ndarray) -> np.ndarray:
        """Time in each state from the lane's start to the time, of closed slices: int64 (len(lanes), STATES)."""
        totals = np.zeros((len(lanes), STATES), np.int64)
        _, page = self._page_at(lanes, times)
        some = np.flatnonzero((page >= 0) & (times > self.start[lanes]))
        page = page[some]
        ends = np.minimum(self._ends[page], np.minimum(times, self.last_end[lanes])[some, None])
        starts = np.concatenate([self._page_start[page][:, None], ends[:, :-1]], axis=1)
        spent = np.maximum(ends - starts, 0)
        keys = (self._codes[page] & STATE_MASK).astype(np.int64) + STATES * np.arange(len(some))[:, None]
        sums = np.bincount(keys.ravel(), spent.ravel(), len(some) * STATES).reshape(-1, STATES)
        totals[some] = self._page_total[page] + sums.astype(np.int64)
        return totals

    @property
    def nbytes(self) -> int:
        """Bytes in use (of pages that exist)."""
        page = PAGE * (8 + 1 + self._details.itemsize) + 8 + 8 * STATES + 8
        return self._pages * page

"""Where slices are kept: pages of one lane each, so that many lanes grow at once without a loop over lanes.

A page holds PAGE consecutive slices of one lane: their ends (u32 ns from the page's start; a slice starts where the one
before it ends), codes and details (a number for both, see `pairs`), and what the lane's time in each state came to when
the page began. A page that spans more time than fits, or has a pair without a number, is a wide one: upper halves of
its ends, its codes and its details stand in a row of tables of their own. Each lane has a region in one table of page
numbers. About 7 bytes a slice; times are int64 ns since the recording's start.
"""

import numpy as np

from engine.model.columns import Runs, distinct, ranges
from engine.model.growing import Growing
from engine.model.pairs import Pairs
from engine.recording.schema import STATE_MASK, State

PAGE_BITS = 7
PAGE = 1 << PAGE_BITS
STATES = len(State)
LOW = 0xFFFFFFFF
UNFILLED = LOW  # the end of what is no slice yet; in a narrow page no slice ends there
UNFILLED_HIGH = 0x3FFFFFFF
NONE = np.zeros(0, np.int64)


class SlicePages:
    """The slices of all lanes; lanes are dense small integers."""

    def __init__(self) -> None:
        self.count = np.zeros(0, np.int64)  # slices, per lane
        self.start = np.zeros(0, np.int64)  # of the lane
        self.last_end = np.zeros(0, np.int64)  # end of the last slice, or start of the lane
        self.total = np.zeros((0, STATES), np.int64)  # time in each state up to last_end
        self.slices = 0
        self._pages = 0
        self._ends = Growing(np.uint32, (PAGE,))
        self._pairs = Growing(np.uint16, (PAGE,))
        self._meaning = Pairs()
        self._page_start = Growing(np.int64)
        self._page_total = Growing(np.int64, (STATES,))
        # Row of a wide page in the three tables of such pages; 0: the page is narrow.
        self._wide = Growing(np.int32)
        self._wide_pages = 0
        self._ends_high = Growing(np.uint32, (PAGE,))
        self._wide_codes = Growing(np.uint8, (PAGE,))
        self._wide_details = Growing(np.uint32, (PAGE,))
        # The lane's pages stand in the table at [offset, offset + capacity); unused room is free for later pages.
        self._table = Growing(np.int32)
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

    def append(
        self, lane_runs: Runs, starts: np.ndarray, ends: np.ndarray, codes: np.ndarray, details: np.ndarray
    ) -> None:
        """Adds slices, sorted by lane and time: each starts where the lane's one before it ends."""
        lanes, firsts, counts = lane_runs
        before = self.count[lanes]
        self._make_room(lanes, before, counts)
        position = ranges(before, counts)
        page = self._table.rows[np.repeat(self._offset[lanes], counts) + (position >> PAGE_BITS)].astype(np.int64)
        slot = position & (PAGE - 1)
        self._count_time(lane_runs, starts, ends, codes, page=page, slot=slot)
        self._store(page, slot, ends, codes, details)
        self.count[lanes] = before + counts
        self.last_end[lanes] = ends[firsts + counts - 1]
        self.slices += len(ends)

    def _store(
        self, page: np.ndarray, slot: np.ndarray, ends: np.ndarray, codes: np.ndarray, details: np.ndarray
    ) -> None:
        """Writes slices into their places. The pages' starts are known."""
        place = (page << PAGE_BITS) + slot
        offset = ends - self._page_start.rows[page]
        pairs = self._meaning.numbers(codes, details)
        if int(offset.max(initial=0)) >= UNFILLED or not pairs.all():
            self._widen(distinct(page[(offset >= UNFILLED) | (pairs == 0)]))
        self._ends.rows.reshape(-1)[place] = offset & LOW
        self._pairs.rows.reshape(-1)[place] = pairs
        some, at = self._in_wide(page, slot)
        if len(some):
            self._ends_high.rows.reshape(-1)[at] = offset[some] >> 32
            self._wide_codes.rows.reshape(-1)[at] = codes[some]
            self._wide_details.rows.reshape(-1)[at] = details[some]

    def _widen(self, pages: np.ndarray) -> None:
        """Gives these pages rows in the tables of wide ones, where they have none yet."""
        pages = pages[self._wide.rows[pages] == 0]
        row = self._wide_pages + 1 + np.arange(len(pages))
        self._wide_pages += len(pages)
        self._wide.rows[pages] = row
        rows, pairs = self._wide_pages + 1, self._pairs.rows[pages]
        self._ends_high.reserve(rows)[row] = np.where(self._ends.rows[pages] == UNFILLED, UNFILLED_HIGH, 0)
        self._wide_codes.reserve(rows)[row] = self._meaning.codes[pairs]
        self._wide_details.reserve(rows)[row] = self._meaning.details[pairs]

    def _in_wide(self, page: np.ndarray, slot: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Which of these slices lie in wide pages, and where in their tables."""
        if not self._wide_pages:
            return NONE, NONE
        wide = self._wide.rows[page]
        some = np.flatnonzero(wide)
        return some, wide[some].astype(np.int64) * PAGE + slot[some]

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
        """Keeps the totals per lane, and start and totals of every page that begins."""
        lanes, firsts, counts = lane_runs
        key = np.repeat(np.arange(0, len(lanes) * STATES, STATES), counts)
        key += codes & np.uint8(STATE_MASK)
        spent = ends - starts
        sums = np.bincount(key, spent, len(lanes) * STATES).reshape(-1, STATES)
        opened = np.flatnonzero(slot == 0)
        if len(opened):
            # What a page notes: the lane's total before the batch, and its slices of the batch before the page. Summed
            # up by parts, each of one lane and page: a batch may be many pages of one lane.
            lane = np.searchsorted(firsts, opened, "right") - 1
            begins = slot == 0
            begins[firsts] = True
            part = np.cumsum(begins) - 1
            key = part * STATES
            key += codes & np.uint8(STATE_MASK)
            spent_in = np.bincount(key, spent, (int(part[-1]) + 1) * STATES).reshape(-1, STATES)
            until = np.cumsum(spent_in, axis=0) - spent_in
            earlier = until[part[opened]] - until[part[firsts[lane]]]
            self._page_start.rows[page[opened]] = starts[opened]
            self._page_total.rows[page[opened]] = self.total[lanes[lane]] + earlier.astype(np.int64)
        self.total[lanes] += sums.astype(np.int64)

    def _make_room(self, lanes: np.ndarray, before: np.ndarray, counts: np.ndarray) -> None:
        have = (before + (PAGE - 1)) >> PAGE_BITS
        need = (before + counts + (PAGE - 1)) >> PAGE_BITS
        full = np.flatnonzero(need > self._capacity[lanes])
        if len(full):
            self._move_regions(lanes[full], have[full], np.maximum(4, 2 * need[full]))
        more = need - have
        fresh = int(more.sum())
        if not fresh:
            return
        self._table.rows[ranges(self._offset[lanes] + have, more)] = np.arange(self._pages, self._pages + fresh)
        pages = self._pages + fresh
        for column in (self._pairs, self._page_start, self._page_total, self._wide):
            column.reserve(pages)
        self._ends.reserve(pages)[self._pages : pages] = UNFILLED
        self._pages = pages

    def _move_regions(self, lanes: np.ndarray, have: np.ndarray, capacity: np.ndarray) -> None:
        """Gives these lanes regions of this capacity at the end of the table; they have so many pages."""
        offset = self._table_used + np.cumsum(capacity) - capacity
        self._table_used += int(capacity.sum())
        table = self._table.reserve(self._table_used)
        table[ranges(offset, have)] = table[ranges(self._offset[lanes], have)]
        self._offset[lanes], self._capacity[lanes] = offset, capacity

    def position(self, lanes: np.ndarray, times: np.ndarray) -> np.ndarray:
        """For each lane the index of its first slice that ends after the time (its count, when there is none)."""
        index, page = self._page_at(lanes, times)
        some = page >= 0
        inside = np.zeros(len(lanes), np.int64)
        page, times = page[some], times[some]
        if self._wide_pages:
            inside[some] = (self._page_ends(page) <= times[:, None]).sum(axis=1)
        else:
            offset = np.clip(times - self._page_start.rows[page], -1, LOW - 1) + 1
            inside[some] = (self._ends.rows[page] < offset.astype(np.uint32)[:, None]).sum(axis=1)
        return np.asarray(np.minimum(np.where(some, index * PAGE + inside, 0), self.count[lanes]))

    def find(self, lane: int, time: int) -> int:
        """`position` of one lane, without what it takes to ask for many."""
        count = int(self.count[lane])
        if not count:
            return 0
        offset = int(self._offset[lane])
        pages = self._table.rows[offset : offset + -(-count // PAGE)]
        index = max(int(self._page_start.rows[pages].searchsorted(time, "right")) - 1, 0)
        inside = int(self._page_ends(pages[index : index + 1])[0].searchsorted(time, "right"))
        return min(index * PAGE + inside, count)

    def slice(self, lane: int, index: int) -> tuple[int, int, int, int]:
        """Start, end, code and detail of one slice."""
        starts, ends, codes, details = self.gather(np.array([lane]), np.array([index]), np.array([1]))
        return int(starts[0]), int(ends[0]), int(codes[0]), int(details[0])

    def _page_ends(self, page: np.ndarray) -> np.ndarray:
        """Ends of all slices of these pages: (len(page), PAGE) int64; after the lane's last end where none is yet."""
        ends = self._page_start.rows[page][:, None] + self._ends.rows[page]
        if self._wide_pages:
            wide = self._wide.rows[page]
            some = np.flatnonzero(wide)
            ends[some] += self._ends_high.rows[wide[some]].astype(np.int64) << 32
        return np.asarray(ends)

    def _page_at(self, lanes: np.ndarray, times: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Each lane's last page that starts by the time (else its first): its index there and its number, -1: none."""
        low = np.zeros(len(lanes), np.int64)
        last = np.maximum(-(-self.count[lanes] // PAGE) - 1, 0)
        offset = self._offset[lanes]
        table, page_start = self._table.rows, self._page_start.rows
        # Steps that halve, all lanes at once: beyond its last page a lane's step ends there.
        step = 1 << int(last.max(initial=0)).bit_length() >> 1
        while step:
            ahead = np.minimum(low + step, last)
            low = np.where(page_start[table[offset + ahead]] <= times, ahead, low)
            step >>= 1
        some = self.count[lanes] > 0
        page = np.full(len(lanes), -1, np.int64)
        page[some] = table[(offset + low)[some]]
        return low, page

    def gather(
        self, lanes: np.ndarray, firsts: np.ndarray, counts: np.ndarray
    ) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
        """Starts, ends, codes and details of `counts` slices from `firsts` on of each lane, one lane after another."""
        page, slot = self._places(lanes, firsts, counts)
        place = page * PAGE + slot
        pairs, ends = self._pairs.rows.reshape(-1)[place], self._ends_at(page, slot)
        codes, details = self._meaning.codes[pairs], self._meaning.details[pairs]
        some, at = self._in_wide(page, slot)
        if len(some):
            codes[some] = self._wide_codes.rows.reshape(-1)[at]
            details[some] = self._wide_details.rows.reshape(-1)[at]
        starts = np.empty_like(ends)
        starts[1:] = ends[:-1]
        heads = (np.cumsum(counts) - counts)[counts > 0]
        starts[heads] = self.start_of(lanes[counts > 0], firsts[counts > 0])
        return starts, ends, codes, details

    def _places(self, lanes: np.ndarray, firsts: np.ndarray, counts: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Page and slot of slices."""
        index = ranges(firsts, counts)
        page = self._table.rows[np.repeat(self._offset[lanes], counts) + (index >> PAGE_BITS)]
        return page.astype(np.int64), index & (PAGE - 1)

    def _ends_at(self, page: np.ndarray, slot: np.ndarray) -> np.ndarray:
        ends = self._page_start.rows[page] + self._ends.rows.reshape(-1)[page * PAGE + slot]
        some, at = self._in_wide(page, slot)
        if len(some):
            ends[some] += self._ends_high.rows.reshape(-1)[at].astype(np.int64) << 32
        return np.asarray(ends)

    def start_of(self, lanes: np.ndarray, index: np.ndarray) -> np.ndarray:
        """Where the slices with these indices start."""
        starts = self.start[lanes].copy()
        later = np.flatnonzero(index > 0)
        starts[later] = self._ends_at(*self._places(lanes[later], index[later] - 1, np.ones(len(later), np.int64)))
        return np.asarray(starts)

    def flag(self, lane: int, index: int, flag: int) -> None:
        """Sets a flag in the code of one slice."""
        _, end, code, detail = (np.array([each]) for each in self.slice(lane, index))
        page, slot = self._places(np.array([lane]), np.array([index]), np.array([1]))
        self._store(page, slot, end, (code | flag).astype(np.uint8), detail)

    def totals_at(self, lanes: np.ndarray, times: np.ndarray) -> np.ndarray:
        """Time in each state from the lane's start to the time, of closed slices: int64 (len(lanes), STATES)."""
        totals = np.zeros((len(lanes), STATES), np.int64)
        _, page = self._page_at(lanes, times)
        some = np.flatnonzero((page >= 0) & (times > self.start[lanes]))
        page = page[some]
        ends = np.minimum(self._page_ends(page), np.minimum(times, self.last_end[lanes])[some, None])
        starts = np.concatenate([self._page_start.rows[page][:, None], ends[:, :-1]], axis=1)
        spent = np.maximum(ends - starts, 0)
        codes = self._meaning.codes[self._pairs.rows[page]]
        if self._wide_pages:
            wide = np.flatnonzero(self._wide.rows[page])
            codes[wide] = self._wide_codes.rows[self._wide.rows[page[wide]]]
        keys = (codes & STATE_MASK) + STATES * np.arange(len(some))[:, None]
        sums = np.bincount(keys.ravel(), spent.ravel(), len(some) * STATES).reshape(-1, STATES)
        totals[some] = self._page_total.rows[page] + sums.astype(np.int64)
        return totals

    @property
    def nbytes(self) -> int:
        """Bytes in use."""
        page = PAGE * (4 + 2) + 8 + 8 * STATES + 4
        wide = PAGE * (4 + 1 + 4)
        return self._pages * page + self._wide_pages * wide + self._table_used * 4 + self._meaning.nbytes

"""What `StateStore` promises, said again slowly and plainly: slices in lists, one column at a time."""

import itertools
import math
from dataclasses import dataclass

import numpy as np

from engine.model.model import Model
from engine.model.states import MERGED
from engine.recording.reader import Batch
from engine.recording.schema import (
    DEADLOCKED,
    INFERRED,
    OPEN_STATE_ROW,
    SAMPLED,
    STATE_MASK,
    STATE_ROW,
    Layer,
    State,
)

ORIGIN = 5_000_000_000_000
SEVERITY = STATE_MASK | DEADLOCKED
CODES = (
    State.RUNNING,
    State.RUNNING | SAMPLED,
    State.GIL_WAIT | SAMPLED,
    State.LOCK_WAIT,
    State.WAIT,
    State.WAIT | DEADLOCKED,
    State.SLEEP,
    State.IDLE,
    State.IO | INFERRED,
    State.UNKNOWN,
)


@dataclass
class Story:
    """One lane: when it starts, its closed slices (end, code), its open code, when it ends (None: lives)."""

    start: int
    slices: list[tuple[int, int]]
    open_code: int | None
    end: int | None

    def spans(self, watermark: int) -> list[tuple[int, int, int]]:
        """All slices as (start, end, code), relative to the origin."""
        found, start = [], self.start
        for end, code in self.slices:
            found.append((start, end, code))
            start = end
        stop = watermark if self.end is None else min(self.end, watermark)
        if stop > start:
            found.append((start, stop, State.UNKNOWN if self.open_code is None else self.open_code))
        return found


def random_stories(random: np.random.Generator, lanes: int, slices: int, scales: tuple[int, ...]) -> list[Story]:
    """Lanes with slices of very different lengths; some start late, some end, some have not begun."""
    stories = []
    for _ in range(lanes):
        start = int(random.choice([0, 0, 1, int(random.integers(1, scales[-1] * 4))]))
        count = int(random.integers(0, slices))
        lengths = random.choice(scales, count) * random.integers(1, 9, count)
        aligned = random.random(count) < 0.1  # some end on the edge of a bucket
        end, items = start, []
        for length, on_edge in zip(lengths.tolist(), aligned.tolist(), strict=True):
            end += length
            if on_edge:
                end = (end | 0xFFFF) + 1
            items.append((end, int(random.choice(CODES))))
        open_code = int(random.choice(CODES)) if random.random() < 0.7 else None
        ended = random.random() < 0.4
        gap = int(random.choice([0, 0, scales[-1]]))
        stories.append(Story(start, items, open_code, end + gap if ended else None))
    return stories


def definitions(stories: list[Story]) -> list[dict[str, object]]:
    """The process and the lanes."""
    process = {"type": "process", "id": 0, "pid": 1, "start_ns": ORIGIN, "parent": None, "name": "python"}
    lanes = [
        {"type": "lane", "id": number, "process": 0, "serial": number + 1, "start_ns": ORIGIN + story.start, "name": ""}
        for number, story in enumerate(stories)
    ]
    return [process, *lanes]


def deadlock(number: int, lane: int, time: int) -> dict[str, object]:
    """A finding that this lane's wait at this time, or the next one, is part of a deadlock."""
    return {"type": "finding", "id": number, "kind": "deadlock", "lanes": [lane], "start_ns": ORIGIN + time}


def mark(story: Story, time: int) -> None:
    """Flags the slice that such a finding speaks of, open or closed."""
    for index, (end, code) in enumerate(story.slices):
        if end > time and code & STATE_MASK in (State.WAIT, State.LOCK_WAIT):
            story.slices[index] = end, code | DEADLOCKED
            return
    goes_on = story.end is None or story.end > time
    if goes_on and story.open_code is not None and story.open_code & STATE_MASK in (State.WAIT, State.LOCK_WAIT):
        story.open_code |= DEADLOCKED


def feed_late(stories: list[Story], parts: int, random: np.random.Generator, deadlocks: int) -> tuple[Model, int]:
    """As `feed`, but lanes are defined when their first slices come, every level is asked for now and then, and
    deadlocks are found on the way, of what has been taken in and of what is still to come: `stories` know of them then.
    """
    rows = [(lane, ORIGIN + end, code, 0) for lane, story in enumerate(stories) for end, code in story.slices]
    states = np.array(rows, STATE_ROW) if rows else np.zeros(0, STATE_ROW)
    states = states[np.argsort(states["end"], kind="stable")]
    latest = max([1, *(end for story in stories for end, _ in story.slices), *(story.end or 0 for story in stories)])
    watermark = latest + int(random.choice([1, 70_000]))
    model = Model({"start_ns": ORIGIN})
    process, *lanes = definitions(stories)
    model.take_in(Batch([process], {}, ORIGIN))
    last = _ending(stories, watermark)
    found = {int(part): int(lane) for part, lane in random.integers(0, [parts, len(stories)], (deadlocks, 2))}
    for number, part in enumerate(np.array_split(states, parts)):
        known = int(part["end"].max(initial=ORIGIN + 1)) if len(part) else 0
        more = max(int(part["lane"].max(initial=0)) + 1 - len(model.lanes), 0)
        texts, lanes = lanes[:more], lanes[more:]
        model.take_in(Batch(texts, {Layer.STATES: part} if len(part) else {}, known))
        lane = found.get(number, len(stories))
        if lane < len(model.lanes):
            time = int(random.integers(0, latest))
            model.take_in(Batch([deadlock(number, lane, time)], {}, known))
            mark(stories[lane], time)
        if model.lanes and random.random() < 0.3:
            model.states.codes(np.arange(len(model.lanes)), ORIGIN, float(2.0 ** random.uniform(10, 40)), 9)
    model.take_in(Batch(lanes, {}, ORIGIN + latest))
    model.take_in(last)
    return model, watermark


def _ending(stories: list[Story], watermark: int) -> Batch:
    """What comes last: what is open, ends of lanes."""
    opened = [
        (lane, ORIGIN + (story.slices[-1][0] if story.slices else story.start), story.open_code, 0)
        for lane, story in enumerate(stories)
        if story.open_code is not None
    ]
    ends: list[dict[str, object]] = [
        {"type": "lane-end", "id": lane, "time_ns": ORIGIN + story.end}
        for lane, story in enumerate(stories)
        if story.end is not None
    ]
    rows = {Layer.OPEN_STATES: np.array(opened, OPEN_STATE_ROW)} if opened else {}
    return Batch(ends, rows, ORIGIN + watermark)


def feed(stories: list[Story], parts: int, random: np.random.Generator) -> tuple[Model, int]:
    """A model of these lanes, taken in by `parts` batches; and the watermark, relative to the origin."""
    rows = [(lane, ORIGIN + end, code, 0) for lane, story in enumerate(stories) for end, code in story.slices]
    states = np.array(rows, STATE_ROW) if rows else np.zeros(0, STATE_ROW)
    states = states[np.argsort(states["end"], kind="stable")]
    latest = max([0, *(end for story in stories for end, _ in story.slices), *(story.end or 0 for story in stories)])
    watermark = latest + int(random.choice([0, 1, 70_000, max(latest // 10, 1)]))
    model = Model({"start_ns": ORIGIN})
    model.take_in(Batch(definitions(stories), {}, ORIGIN))
    cuts = np.sort(random.integers(0, len(states) + 1, parts - 1)) if parts > 1 else np.zeros(0, int)
    for part in np.split(states, cuts):
        if len(part):
            known = int(part["end"].max())
            model.take_in(Batch([], {Layer.STATES: part}, known))
            if parts > 1:
                model.states.codes(np.arange(len(stories)), ORIGIN, 50_000.0, 7)  # asking changes nothing
    model.take_in(_ending(stories, watermark))
    return model, watermark


def reduce_span(spans: list[tuple[int, int, int]], left: int, right: int) -> tuple[int, int, int]:
    """Dominant state, worst code and number of slices in [left, right); certainty flags are in the dominant code."""
    times: dict[int, int] = {}
    worst = flags = count = 0
    for start, end, code in spans:
        overlap = min(end, right) - max(start, left)
        if overlap > 0:
            state = code & STATE_MASK
            times[state] = times.get(state, 0) + overlap
            worst = max(worst, code & SEVERITY)
            flags |= code & (SAMPLED | INFERRED)
            count += 1
    if not count:
        return 0, 0, 0
    return max(times, key=lambda state: (times[state], state)) | flags, worst, count


def _finished(dominant: int, worst: int, count: int) -> tuple[int, int]:
    if worst & DEADLOCKED and dominant & STATE_MASK == worst & STATE_MASK:
        dominant |= DEADLOCKED
    return dominant | (MERGED if count > 1 else 0), worst


def exact_codes(
    spans: list[tuple[int, int, int]], start: float, ns_per_column: float, columns: int
) -> list[tuple[int, int]]:
    """Columns finer than the pyramid."""
    edges = [math.floor(start + column * ns_per_column) for column in range(columns + 1)]
    return [_finished(*reduce_span(spans, left, max(right, left + 1))) for left, right in itertools.pairwise(edges)]


def bucket_codes(
    spans: list[tuple[int, int, int]], level: int, start: float, ns_per_column: float, columns: int
) -> list[tuple[int, int]]:
    """Columns made of buckets of 2^level ns."""
    size = 1 << level
    found = []
    for column in range(columns):
        left, right = start + column * ns_per_column, start + (column + 1) * ns_per_column
        first, stop = math.ceil(left / size - 0.5), math.ceil(right / size - 0.5)
        middle = min(max(math.floor((left + right) / 2 / size), first), stop - 1)
        whole, worst, count = reduce_span(spans, first * size, stop * size)
        dominant = reduce_span(spans, middle * size, (middle + 1) * size)[0] & STATE_MASK
        if not dominant:
            dominant = worst & STATE_MASK
        found.append(_finished(dominant | (whole & (SAMPLED | INFERRED)), worst, count))
    return found

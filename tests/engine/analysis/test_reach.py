"""What is known of the order of lanes, against its definition: the least that agrees with all news."""

import random

import pytest

from engine.analysis.order import reach
from engine.analysis.order.reach import Moment, News, Reaches

LANES = 5
Clock = dict[int, int]


class Definition:
    """Knows nothing at first, and goes through all news again until nothing more follows."""

    def __init__(self, starters: dict[int, Moment], news: list[News]) -> None:
        self._starters, self._news = starters, news
        self._learnt: list[Clock] = [{} for _ in news]
        while (learnt := [self._of(each) for each in news]) != self._learnt:
            self._learnt = learnt

    def known(self, moment: Moment) -> Clock:
        lane, time = moment
        parts = [{lane: time}, *([self.known(self._starters[lane])] if lane in self._starters else ())]
        parts += [
            learnt
            for each, learnt in zip(self._news, self._learnt, strict=True)
            if each.lane == lane and each.time_ns <= time
        ]
        return {one: max(part.get(one, -1) for part in parts) for part in parts for one in part}

    def _of(self, news: News) -> Clock:
        clocks = [self.known(moment) for moment in news.moments]
        if news.every:
            return {lane: max(each.get(lane, -1) for each in clocks) for each in clocks for lane in each}
        clocks = [each for each in clocks if each.get(news.lane, -1) < news.time_ns]
        lanes = set.intersection(*(set(each) for each in clocks)) if clocks else set()
        return {lane: min(each[lane] for each in clocks) for lane in lanes}


def chance_news(chance: random.Random, count: int) -> list[News]:
    """Each at a time of its own; of all: what has been, of one of these: what is still to come, too."""
    times = chance.sample(range(20, 20 * count), count)
    found = []
    for time in times:
        lane, every = chance.randrange(LANES), chance.random() < 0.4
        others = chance.sample([each for each in range(LANES) if each != lane], chance.choice((1, 2, 3)))
        first = chance.randrange(len(others))
        moments = tuple(
            (other, chance.randrange(10, time if every or number == first else 20 * count))
            for number, other in enumerate(others)
        )
        found.append(News(time, lane, moments, every))
    return found


@pytest.mark.parametrize("seed", range(60))
def test_all_that_follows_is_known_and_nothing_else(seed: int) -> None:
    chance = random.Random(seed)
    starters = {lane: (chance.randrange(lane), lane) for lane in range(1, LANES)}
    news = chance_news(chance, 12)
    reaches, wanted = Reaches(starters, news), Definition(starters, news)
    for _ in reaches.work():
        pass
    for lane in range(LANES):
        for time in range(5, 250, 7):
            known = wanted.known((lane, time))
            found = {other: reaches.latest((lane, time), other) for other in range(LANES)}
            assert found == {other: known.get(other, -1) for other in range(LANES)}, (lane, time)


def test_what_is_too_much_says_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reach, "MOST_WORK", 100)
    reaches = Reaches({}, [News(10 * n, n % 2, ((1 - n % 2, 10 * n - 5),), every=True) for n in range(1, 200)])
    for _ in reaches.work():
        pass
    assert reaches.latest((1, 11), 0) == 5
    assert reaches.latest((1, 1_991), 0) < 1_000


def test_it_is_worked_out_in_small_pieces(monkeypatch: pytest.MonkeyPatch) -> None:
    """Also where one lane learns all that others have learnt, at once."""
    looked = [0]
    latest = reach._Pass.latest

    def counted(known: reach._Pass, lane: int, time_ns: int, other: int) -> int:
        looked[-1] += 1
        return latest(known, lane, time_ns, other)

    monkeypatch.setattr(reach._Pass, "latest", counted)
    steps = [News(10 * n, n % 2, ((1 - n % 2, 10 * n - 5),), every=True) for n in range(1, 5_000)]
    reaches = Reaches({}, [*steps, News(60_000, 2, ((0, 55_000), (1, 55_000)), every=False)])
    for _ in reaches.work():
        looked.append(0)
    assert sum(looked) > 5 * reach.PIECE
    assert max(looked) < 2 * reach.PIECE
    assert reaches.latest((2, 60_001), 0) == 49_985, "what the other one has heard of it"

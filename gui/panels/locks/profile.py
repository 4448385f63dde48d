"""The contention of one lock in words and pictures: who blocks whom, which lines hold it, how waits spread."""

import html
import time

from PySide6.QtCore import QTimer, QUrl, Signal
from PySide6.QtWidgets import QHBoxLayout, QWidget

from engine.analysis.contention import LockProfile
from engine.model.format import count, duration, percent
from engine.model.model import Model
from engine.model.statistics import LockStatistics
from gui.panels.locks.chart import ContentionChart
from gui.theme import ActiveTheme
from gui.widgets.dress_when_seen import DressWhenSeen
from gui.widgets.linked_text import LinkedText
from gui.widgets.links import lane_link, line_link, linked_lane, linked_line, linked_moment, moment_link
from gui.widgets.panel import REST_MS

BUDGET_S = 0.002  # thread CPU time of a piece; the last piece may take as long again
EXPLAINED = (
    "Fairness (Jain's index): 100 % when all lanes that used it got it equally often, 1/n when one of n always did.\n"
    "Hand-offs: how often another lane got it than the one before.\n"
    "Blocked: how long a lane waited while another held it, in all and at most at a time.\n"
    "Lines: how long what was taken there was held, and how long others waited meanwhile, all together."
)
AGAIN_S = 1.0  # after so long a profile of a growing recording is made anew,
AGAIN_TIMES = 30  # or after so many times the thread CPU time that it took
MOST = 4  # pairs and lines that are listed


class ProfileView(QWidget):
    """`show_primitive` chooses, `follow` and `go_on` bring it up to date, a few ms at a time."""

    lane_chosen = Signal(int)
    source_requested = Signal(str, int)
    moment_chosen = Signal(float, object)  # time, lane or None

    def __init__(self, themes: ActiveTheme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._model: Model | None = None
        self._row: LockStatistics | None = None
        self._work: LockProfile | None = None
        self._made_at = self._took_s = 0.0
        self._going = False  # to the longest wait, as soon as that is known
        self._rest = QTimer(self)
        self._rest.setSingleShot(True)
        self._rest.setInterval(REST_MS)
        self._rest.timeout.connect(self._go_on)
        self.profile: LockProfile | None = None
        self.text = LinkedText("Contention of the chosen lock", self)
        self.text.setToolTip(EXPLAINED)
        self.text.anchorClicked.connect(self._on_link)
        self.chart = ContentionChart(themes, self)
        self.chart.time_chosen.connect(lambda time_ns: self.moment_chosen.emit(time_ns, None))
        layout = QHBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        layout.addWidget(self.text, 3)
        layout.addWidget(self.chart, 2)
        DressWhenSeen(self, themes, self._show)  # links keep the colour they were written in
        self._show()

    def show_primitive(self, model: Model | None, row: LockStatistics | None) -> None:
        """Another one, or none."""
        self._model, self._row, self.profile = model, row, None
        self._going = False
        self._begin()
        self._show()

    def go_to_longest(self) -> None:
        """Chooses the moment of the longest wait, else of the longest hold, as soon as it is known."""
        self._going = self.profile is None
        longest = (self.profile.longest_wait or self.profile.longest_hold) if self.profile is not None else None
        if longest is not None:
            lane, start_ns, _ = longest
            self.moment_chosen.emit(float(start_ns), lane)

    def follow(self, row: LockStatistics | None) -> None:
        """The chosen row with its newest figures."""
        if row is None or self._row is None or row.primitive.id != self._row.primitive.id:
            return
        self._row = row
        if self._work is None and time.monotonic() - self._made_at > max(AGAIN_S, AGAIN_TIMES * self._took_s):
            self._begin()

    def _go_on(self) -> None:
        """Some of the work that is left; the rest of it in a moment, also while nothing else happens in the window."""
        if self._work is None:
            return
        begun = time.thread_time()
        took_s = 0.0
        while self._work.advance():
            took_s = time.thread_time() - begun
            if took_s >= BUDGET_S:
                break
        self._took_s += took_s
        if not self._work.complete:
            self._rest.start()
            return
        self.profile, self._work = self._work, None
        self._show()
        if self._going:
            self.go_to_longest()

    def _begin(self) -> None:
        self._made_at = time.monotonic()
        self._took_s = 0.0
        self._work = None
        if self._model is not None and self._row is not None:
            self._work = LockProfile(self._model, self._row.primitive.id)
            self._rest.start()

    def _show(self) -> None:
        model, row, profile = self._model, self._row, self.profile
        if model is None or row is None:
            self.text.setHtml("<p>Choose a lock to see who waits for whom, and which lines hold it longest.</p>")
            self.chart.show_profile(None)
        elif profile is None:
            self.text.setHtml(f"<p><b>{html.escape(row.primitive.label)}</b></p><p>Counting …</p>")
            self.chart.show_profile(None)
        else:
            self.text.setHtml(_words(model, row, profile))
            self.chart.show_profile(profile)

    def _on_link(self, url: QUrl) -> None:
        lane, line, moment = linked_lane(url), linked_line(url), linked_moment(url)
        if moment is not None:
            self.moment_chosen.emit(float(moment[1]), moment[0])
        elif lane is not None:
            self.lane_chosen.emit(lane)
        elif line is not None:
            self.source_requested.emit(*line)


def _words(model: Model, row: LockStatistics, profile: LockProfile) -> str:
    parts = [f"<p><b>{html.escape(row.primitive.label)}</b></p>"]
    facts = []
    if profile.users:
        facts.append(f"taken by {count(len(profile.users), 'lane')}")
    if profile.fairness is not None:
        facts.append(f"fairness {percent(profile.fairness)}")
    if row.hand_offs:
        facts.append(count(row.hand_offs, "hand-off"))
    longest = [
        f"longest {title} {moment_link(lane, start, duration(end - start))} by {lane_link(model, lane)}"
        for title, found in (("wait", profile.longest_wait), ("hold", profile.longest_hold))
        if found is not None
        for lane, start, end in (found,)
    ]
    parts.append(f"<p>{', '.join(facts)}{'; ' if facts and longest else ''}{', '.join(longest)}</p>")
    if profile.blockings:
        parts.append("<p>Who blocked whom longest<br>")
        parts.append(
            "<br>".join(
                f"&nbsp;&nbsp;{lane_link(model, each.holder)} blocked {lane_link(model, each.waiter)}:"
                f" {duration(each.total_ns)}, {duration(each.longest_ns)} at most"
                for each in profile.blockings[:MOST]
            )
            + "</p>"
        )
    if profile.lines:
        parts.append("<p>Lines that hold it longest<br>")
        parts.append(
            "<br>".join(
                f"&nbsp;&nbsp;{line_link(each.site)}: {duration(each.total_ns)} in {count(each.holds, 'hold')},"
                f" {duration(each.longest_ns)} at most; others waited {duration(each.blocked_ns)}"
                for each in profile.lines[:MOST]
            )
            + "</p>"
        )
    return "".join(parts)

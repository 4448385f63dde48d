"""The page of details as rich text. Links: slice:LANE:TIME, lane:ID, primitive:ID, source:LINE:FILE, statistics:."""

from html import escape
from urllib.parse import quote

import numpy as np
from numpy.typing import NDArray

from engine.model import hand_offs
from engine.model.attribution import doubt
from engine.model.entities import HandOff, Hold, Lane, Site, Slice
from engine.model.explain import explain
from engine.model.format import count, duration, percent
from engine.model.model import Model
from engine.model.span import SpanStatistics, running_words
from engine.recording.schema import DEADLOCKED, State
from gui.panels.details import accounts
from gui.panels.details.excerpt import excerpt
from gui.state.selection import Group, Selection
from gui.state.source_texts import source_text
from gui.theme import FONT_SMALL_PX, FONT_TITLE_PX, STATE_NAMES, Theme
from gui.timeline.input.hover import certainty_text, state_text
from gui.timeline.layout.time_base import RulerTimes

Numbers = NDArray[np.int64]
MOST_ROWS = 8
MOST_FRAMES = 12
MOST_PRIMITIVES = 6
EMPTY = "Select a slice to see why it waited, for whom, and where in the code. Drag over the lanes to measure a span."
CERTAINTY = {
    "recorded": "recorded as it happened",
    "sampled": "measured by sampling",
    "inferred": "inferred from other measurements",
}

RESOLUTION_NS = 1e3
SHORT = 20  # letters; of several words less, as those may be broken between two
SHORT_WORDS = 12


class Page:
    """Writes one page. Rich text knows no style sheets worth the name, so colours stand where they are used."""

    def __init__(
        self, theme: Theme, times: RulerTimes, model: Model | None, statistics: SpanStatistics | None = None
    ) -> None:
        """`statistics` are those of the selected span."""
        self._theme, self._times = theme, times
        self._statistics = statistics
        self._model = model

    def html(self, selection: Selection) -> str:
        """The whole page for a selection."""
        model = self._model
        if model is None or selection.empty:
            body = self._hint(EMPTY)
        elif selection.slice is not None:
            body = self._slice(model, selection.slice)
        elif selection.span is not None:
            body = self._span(model, selection.span)
        elif selection.lane is not None:
            body = self._lane(model, model.lanes[selection.lane])
        elif selection.group is not None:
            body = self._group(model, selection.group)
        else:
            body = ""
        if model is not None and selection.chosen_primitive is not None:
            body += self._primitive(model, selection.chosen_primitive)
        colours = self._theme.surfaces
        return (
            f"<style>a {{ color: {colours.accent}; text-decoration: none; }} td {{ padding: 2px 12px 2px 0; }}</style>"
            f'<body style="color: {colours.text};">{body}</body>'
        )

    # Selections

    def _slice(self, model: Model, chosen: Slice) -> str:
        lane = model.lanes[chosen.lane]
        colour = self._theme.deadlock if chosen.code & DEADLOCKED else self._theme.states[chosen.state]
        so_far = " so far" if chosen.open else ""
        primitive, site_number = model.detail(chosen.detail)
        rows = [
            ("lasted", f"<b>{duration(chosen.duration_ns)}</b>{so_far}"),
            ("from", self._time(model, chosen.start_ns)),
            ("known", CERTAINTY[certainty_text(chosen)]),
        ]
        if primitive is not None:
            rows.append(("for", self._link(f"primitive:{primitive.id}", primitive.label)))
            holder = model.holds.holder_at(primitive.id, chosen.start_ns) if chosen.state is State.LOCK_WAIT else None
            if holder is not None:
                rows.append(("held by", self._hold(model, holder)))
        parts = [
            self._heading(state_text(model, chosen), colour),
            self._dim(f"{self._link(f'lane:{lane.id}', lane.name)} · {self._process(model, lane)}"),
            f'<p style="margin: 8px 0;">{escape(explain(model, chosen))}</p>',
            self._table(rows),
        ]
        if site_number:
            parts += self._code(model.stack(site_number))
        parts.append(self._hand_offs(model, chosen))
        parts.append(self._neighbours(model, chosen))
        return "".join(parts)

    def _span(self, model: Model, span: tuple[float, float]) -> str:
        found = self._statistics
        rows = [("from", self._time(model, int(span[0]))), ("to", self._time(model, int(span[1])))]
        heading = self._heading(f"Span of {duration(span[1] - span[0])}", self._theme.surfaces.accent)
        if found is None:
            return heading + self._table(rows)
        own = np.array([not model.lanes[lane].internal for lane in found.lanes.tolist()], bool)
        rows.append(("lanes", count(int(own.sum()), "lane")))
        rows.append(("running", escape(running_words(found))))
        return (
            heading
            + self._table(rows)
            + self._states(found.totals[own], found.sampled[own])
            + self._most_waiting(model, found)
            + self._primitives(found)
            + f'<p style="margin: 14px 0 0 0;">{self._link("statistics:", "All figures of this span")}</p>'
        )

    def _group(self, model: Model, group: Group) -> str:
        process = model.processes[group.process]
        lanes = [lane for lane in model.lanes if lane.process == process.id and (lane.internal or not group.services)]
        end = process.end_ns if process.end_ns is not None else model.end_ns
        rows = [("started", self._time(model, process.start_ns)), ("lived", duration(end - process.start_ns))]
        if process.exit_status is not None:
            rows.append(("exit status", str(process.exit_status)))
        if process.python:
            rows.append(("Python", process.python + (", free-threaded" if process.free_threaded else "")))
        rows.append(("lanes", count(len(lanes), "lane")))
        numbers = np.array([lane.id for lane in lanes], np.int64)
        totals, sampled = (
            ask(numbers, model.start_ns, model.end_ns) for ask in (model.states.totals, model.states.sampled)
        )
        title = process.title
        return (
            self._heading(f"Service lanes of {title}" if group.services else title, self._theme.surfaces.accent)
            + self._dim("lanes that Python's own machinery started" if group.services else escape(process.role))
            + self._table(rows + ([] if group.services else accounts.of_process(model, process)))
            + (self._section("Command") + escape(" ".join(process.argv)) if process.argv else "")
            + self._states(totals, sampled)
        )

    def _lane(self, model: Model, lane: Lane) -> str:
        end = lane.end_ns if lane.end_ns is not None else model.end_ns
        number = np.array([lane.id])
        totals, sampled = (ask(number, lane.start_ns, end) for ask in (model.states.totals, model.states.sampled))
        rows = [
            ("process", self._process(model, lane)),
            ("thread id", str(lane.native_id)),
            ("started", self._time(model, lane.start_ns)),
        ]
        if lane.end_ns is not None:
            rows.append(("ended", self._time(model, lane.end_ns)))
        rows.append(("lived", duration(end - lane.start_ns)))
        if lane.parent is not None:
            rows.append(("started by", self._link(f"lane:{lane.parent}", model.lane_name(lane.parent))))
        if lane.error:
            rows.append(("failed", f'<span style="color: {self._theme.surfaces.danger};">{escape(lane.error)}</span>'))
        kind = " · service lane" if lane.internal else " · daemon" if lane.daemon else ""
        return (
            self._heading(lane.name, self._theme.surfaces.accent)
            + self._dim(f"lane{kind}")
            + self._table(rows + accounts.of_lane(model, lane))
            + self._states(totals, sampled)
        )

    def _primitive(self, model: Model, number: int) -> str:
        primitive = model.primitives.get(number)
        if primitive is None:
            return ""
        rows = []
        if primitive.file:
            rows.append(("made at", self._source(Site(primitive.file, primitive.line, ""))))
        holder = model.holds.holder_at(number, model.end_ns - 1)
        rows.append(("held at the end by", self._hold(model, holder) if holder else "nobody"))
        return self._section(primitive.short) + self._table(rows)

    # Parts

    def _hand_offs(self, model: Model, chosen: Slice) -> str:
        into = hand_offs.into(model, chosen)
        out = hand_offs.out_of(model, chosen.lane, chosen.start_ns, chosen.end_ns)
        if into is None and not out:
            return ""
        rows = []
        if into is not None:
            rows.append(("woken by", self._hand_off(model, into, into.releaser, into.release_ns)))
        rows += [("woke", self._hand_off(model, each, each.receiver, each.receive_ns - 1)) for each in out[:MOST_ROWS]]
        if len(out) > MOST_ROWS:
            rows.append(("", f"and {len(out) - MOST_ROWS} more"))
        return self._section("Hand-offs") + self._table(rows)

    def _hand_off(self, model: Model, hand_off: HandOff, lane: int, time_ns: int) -> str:
        primitive = model.primitives.get(hand_off.primitive)
        name = f" · {escape(primitive.short)}" if primitive else ""
        took = f" · {duration(hand_off.receive_ns - hand_off.release_ns)}"
        return self._link(f"slice:{lane}:{time_ns}", model.lane_name(lane)) + name + took

    def _slice_link(self, model: Model, item: Slice) -> str:
        return self._link(f"slice:{item.lane}:{item.start_ns}", state_text(model, item))

    def _neighbours(self, model: Model, chosen: Slice) -> str:
        before = model.states.previous_slice(chosen.lane, chosen.start_ns)
        after = model.states.next_slice(chosen.lane, chosen.start_ns)
        rows = [
            (word, f"{self._slice_link(model, each)} {duration(each.duration_ns)}")
            for word, each in (("before", before), ("after", after))
            if each is not None
        ]
        return self._section("Beside it") + self._table(rows) if rows else ""

    def _code(self, stack: list[Site]) -> list[str]:
        if not stack:
            return []
        colours = self._theme.surfaces
        innermost = stack[-1]
        parts = [self._section(f"Code at {self._source(innermost)} in {escape(innermost.function)}", escaped=True)]
        lines = []
        for number, text in excerpt(source_text(self._model, innermost.file), innermost.line):
            here = number == innermost.line
            style = f"background-color: {colours.accent_soft};" if here else f"color: {colours.text_dim};"
            lines.append(f'<span style="{style}">{number:>3} {escape(text) or " "}</span>')
        if lines:
            parts.append(
                f'<pre style="margin: 4px 0; white-space: pre-wrap; font-size: {FONT_SMALL_PX}px;">'
                + "\n".join(lines)
                + "</pre>"
            )
        if len(stack) > 1:
            frames = [f"{self._source(site)} {escape(site.function)}" for site in reversed(stack[-MOST_FRAMES:])]
            parts.append(self._section("Stack, innermost first") + "<br>".join(frames))
        return parts

    def _states(self, of_lanes: Numbers, sampled: Numbers) -> str:
        """Shares of the states in the time of these lanes (ns by lane and State), each with its uncertainty."""
        model = self._model
        points = model.attribution.uncertainty(of_lanes, sampled) if model is not None else np.zeros(len(State))
        totals = of_lanes.sum(axis=0)
        whole = int(totals[1:].sum())
        rows = []
        for state in sorted(State, key=lambda state: -int(totals[state])):
            if state is not State.ENDED and totals[state]:
                mark = f'<span style="color: {self._theme.states[state]};">■</span> {STATE_NAMES[state]}'
                share = escape(percent(totals[state] / whole) + doubt(points[state]))
                lasted = duration(int(totals[state]))
                rows.append((mark, " · ".join(part.replace(" ", "&nbsp;") for part in (share, lasted))))
        return self._section("States") + self._table(rows) if rows else ""

    def _most_waiting(self, model: Model, span: SpanStatistics) -> str:
        """The lanes that waited longest for locks in a span."""
        waited = span.totals[:, State.LOCK_WAIT]
        rows = []
        for place in np.argsort(-waited, kind="stable")[:MOST_ROWS]:
            if waited[place]:
                lane = int(span.lanes[place])
                rows.append((self._link(f"lane:{lane}", model.lane_name(lane)), duration(int(waited[place]))))
        return self._section("Waited for locks") + self._table(rows) if rows else ""

    def _primitives(self, span: SpanStatistics) -> str:
        """What was waited for longest in a span; estimated until it has been counted."""
        rows, about = [], "" if span.complete else "≈ "
        for row in span.primitives()[:MOST_PRIMITIVES]:
            waits = f"{about}{duration(row.wait_ns)} in {count(row.waits, 'wait')}" if row.waits else "no waits"
            holds = f" · held {about}{duration(row.hold_ns)}" if row.holds else ""
            rows.append((self._link(f"primitive:{row.primitive.id}", row.primitive.short), waits + holds))
        title = "Locks" if span.complete else f"Locks, counting: {percent(span.progress)}"
        return self._section(title) + self._table(rows) if rows or not span.complete else ""

    def _hold(self, model: Model, hold: Hold) -> str:
        name = self._link(f"slice:{hold.lane}:{hold.start_ns}", model.lane_name(hold.lane))
        site = model.site(hold.site)
        return name + (f" since {self._source(site)}" if site else "") + f", {duration(hold.end_ns - hold.start_ns)}"

    def _process(self, model: Model, lane: Lane) -> str:
        return escape(model.processes[lane.process].title)

    def _time(self, model: Model, time_ns: int) -> str:
        return self._times.text(model, time_ns, RESOLUTION_NS)

    # Marks

    def _source(self, site: Site) -> str:
        return self._link(f"source:{site.line}:{quote(site.file)}", site.label)

    @staticmethod
    def _link(target: str, text: str) -> str:
        return f'<a href="{escape(target)}">{escape(text)}</a>'

    @staticmethod
    def _heading(text: str, colour: str) -> str:
        mark = f'<span style="color: {colour};">■</span>'
        return f'<p style="font-size: {FONT_TITLE_PX}px; font-weight: 600; margin: 0;">{mark} {escape(text)}</p>'

    def _section(self, text: str, *, escaped: bool = False) -> str:
        shown = text if escaped else escape(text)
        style = f"color: {self._theme.surfaces.text_dim}; font-size: {FONT_SMALL_PX}px; margin: 14px 0 2px 0;"
        return f'<p style="{style}">{shown}</p>'

    def _dim(self, html: str) -> str:
        return f'<p style="color: {self._theme.surfaces.text_dim}; margin: 2px 0 0 0;">{html}</p>'

    def _hint(self, text: str) -> str:
        return f'<p style="color: {self._theme.surfaces.text_dim}; margin: 16px 8px;" align="center">{escape(text)}</p>'

    def _table(self, rows: list[tuple[str, str]]) -> str:
        dim = self._theme.surfaces.text_dim
        cells = "".join(
            f'<tr><td style="color: {dim}; {_unbroken(name)}">{name}</td>'
            f'<td style="{_unbroken(value)}">{value}</td></tr>'
            for name, value in rows
        )
        return f'<table cellspacing="0" style="margin: 4px 0;">{cells}</table>'


def _unbroken(text: str) -> str:
    """The style of a short one, or of what it is called: else its last letter may come to stand by itself."""
    return "white-space: nowrap;" if len(text) <= (SHORT_WORDS if " " in text else SHORT) else ""

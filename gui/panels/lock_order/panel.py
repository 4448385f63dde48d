"""Lock order: a graph of which locks are taken inside which; beside it what is chosen, in words and stacks."""

import time
from typing import NamedTuple

from PySide6.QtCore import QEvent, QObject, QRectF, Qt, QTimer, QUrl, Signal
from PySide6.QtWidgets import (
    QFrame,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QScrollArea,
    QSplitter,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from engine.analysis.order.lock_graph import LockGraph, Order, Pair
from engine.analysis.order.order_counts import OrderCount
from engine.model.model import Model
from engine.model.nestings import Nesting
from gui.panels.lock_order import words
from gui.panels.lock_order.canvas import LockOrderCanvas
from gui.panels.lock_order.data import Choice, Shown, summary
from gui.theme import ActiveTheme
from gui.widgets.dress_when_seen import DressWhenSeen
from gui.widgets.linked_text import LinkedText
from gui.widgets.links import linked_lane, linked_line, linked_text
from gui.widgets.panel import Panel

HINT = (
    "Locks that a thread takes while it holds others appear here, with an arrow from the one held to the one taken.\n"
    "Arrows that close a circle may become a deadlock."
)
BUDGET_S = 0.002  # a piece
REVEAL_PX = 60  # that are seen around what is brought into view
PAUSE_MS = 30  # between two pieces
AGAIN_S = 1.0  # after so long a growing graph is made anew, and after PATIENCE times what the last one took
PATIENCE = 10
GRAPH_PX, WORDS_PX = 640, 360


class ChosenOrder(NamedTuple):
    """An order of two locks, and the way of taking them so that is told first."""

    order: Order
    way: Nesting


class LockOrderPanel(Panel):
    """The graph is made in pieces while the panel can be seen, anew when locks have been taken in another way."""

    order_chosen = Signal(object)  # ChosenOrder
    primitive_chosen = Signal(int)
    slice_chosen = Signal(object)  # Slice: what the lane did when it took the inner lock
    lane_chosen = Signal(int)
    code_wanted = Signal()  # of the order that was chosen last
    source_requested = Signal(str, int)

    def __init__(self, themes: ActiveTheme, parent: QWidget | None = None) -> None:
        super().__init__(HINT, parent)
        self._graph: LockGraph | None = None
        self._work: LockGraph | None = None
        self._count: OrderCount | None = None
        self._shown: Shown | None = None
        self._seen: tuple[int, ...] = ()
        self._spent_s = 0.0
        self._next_at = 0.0
        self._lock: int | None = None  # chosen
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setInterval(PAUSE_MS)
        self._timer.timeout.connect(self._go_on)
        self.canvas = LockOrderCanvas(themes, self)
        DressWhenSeen(self, themes, self._show_words)  # links keep the colour they were written in
        self.text = LinkedText("The chosen order of locks in words", self)
        self.text.anchorClicked.connect(self._on_link)
        self._scroll = QScrollArea(self)
        self._scroll.setFrameShape(QFrame.Shape.NoFrame)
        self._scroll.setWidgetResizable(True)
        self._scroll.setWidget(self.canvas)
        self._scroll.viewport().installEventFilter(self)
        self.canvas.edge_chosen.connect(self._choose_order)
        self.canvas.node_chosen.connect(self._choose_lock)
        self.canvas.code_wanted.connect(self.code_wanted)
        self.set_body(self._make_body())

    def _make_body(self) -> QWidget:
        left = QWidget(self)
        column = QVBoxLayout(left)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addLayout(self._make_head(left))
        column.addWidget(self._scroll, 1)
        body = QSplitter(Qt.Orientation.Horizontal, self)
        body.setChildrenCollapsible(False)
        body.addWidget(left)
        body.addWidget(self.text)
        body.setSizes([GRAPH_PX, WORDS_PX])
        body.setStretchFactor(0, 3)
        body.setStretchFactor(1, 2)
        return body

    def _make_head(self, parent: QWidget) -> QHBoxLayout:
        self.caption = QLabel(parent)
        self.caption.setProperty("role", "small")
        self.filter = QLineEdit(parent)
        self.filter.setPlaceholderText("Filter by lock")
        self.filter.setAccessibleName("Filter by lock")
        self.filter.setToolTip(
            "Only locks with this in their name, file or line, and what is taken around and inside them"
        )
        self.filter.setClearButtonEnabled(True)
        self.filter.setMaximumWidth(160)
        self.filter.textChanged.connect(self._show_graph)
        self.by_line = self._make_switch("By line", "One node for all locks that the same line creates", parent)
        self.circles_only = self._make_switch("Circles only", "Only orders that close a circle", parent)
        row = QHBoxLayout()
        row.setContentsMargins(8, 4, 8, 4)
        row.setSpacing(8)
        row.addWidget(self.caption, 1)
        row.addWidget(self.by_line)
        row.addWidget(self.circles_only)
        row.addWidget(self.filter)
        return row

    def _make_switch(self, text: str, tip: str, parent: QWidget) -> QToolButton:
        button = QToolButton(parent)
        button.setText(text)
        button.setToolTip(tip)
        button.setCheckable(True)
        button.toggled.connect(self._show_graph)
        return button

    # -- bringing it up to date --------------------------------------------------------------------------------------

    def forget(self) -> None:
        self._graph = self._work = self._count = self._shown = self._lock = None
        self._seen, self._next_at = (), 0.0
        self._timer.stop()
        self.canvas.forget()
        self.text.clear()

    def update_body(self, model: Model) -> bool:
        self._begin(model)
        return bool(self._graph is not None and self._graph.orders)

    def refresh(self) -> None:
        super().refresh()
        if self.model is not None:
            self._begin(self.model)

    def finish(self) -> None:
        """All of the work at once."""
        while self._work is not None or self._count is not None:
            self._do_work(float("inf"))

    def _begin(self, model: Model) -> None:
        """A graph of what is known by now, if that is more than before and the last one is old enough."""
        known = (len(model.nestings), len(model.joins) + len(model.receipts), len(model.findings), model.renamed)
        if self._work is not None or known == self._seen or time.monotonic() < self._next_at:
            return
        self._seen = known
        self._work = LockGraph(model)
        self._spent_s = 0.0
        self._do_work(BUDGET_S)

    def _go_on(self) -> None:
        if self.isVisible():
            self._do_work(BUDGET_S)

    def _do_work(self, budget_s: float) -> None:
        began = time.monotonic()
        if self._work is not None:
            while (more := self._work.advance()) and time.monotonic() - began < budget_s:
                pass
            self._spent_s += time.monotonic() - began
            if not more:
                self._graph, self._work = self._work, None
                self._next_at = time.monotonic() + max(AGAIN_S, PATIENCE * self._spent_s)
                self._show_graph()
                self.refresh_anew()  # whether there is anything to show
        elif self._count is not None:
            while (more := self._count.advance()) and time.monotonic() - began < budget_s:
                pass
            if not more:
                counted, self._count = self._count, None
                self._show_words(counted)
        if self._work is not None or self._count is not None:
            self._timer.start()

    def show_order(self, held: int, taken: int) -> None:
        """Chooses this order, as soon as the graph is there; whatever hides it is switched off."""
        self.by_line.setChecked(False)
        self.filter.clear()
        self.refresh()
        self.finish()
        if self._shown is not None and (held, taken) in self._shown.orders:
            self._choose_order((held, taken))

    # -- showing -----------------------------------------------------------------------------------------------------

    def _show_graph(self) -> None:
        graph = self._graph
        if graph is None:
            return
        choice = Choice(self.by_line.isChecked(), self.circles_only.isChecked(), self.filter.text().strip())
        self._shown = Shown(graph, choice)
        self.caption.setText(summary(self._shown))
        self.canvas.set_room(self._scroll.viewport().size())
        if self.canvas.show_graph(self._shown.drawing()):
            self._reveal(self.canvas.most_telling)
        if self.canvas.chosen_edge not in self._shown.orders:
            self.canvas.choose_edge(None)
        if self._lock not in self._shown.names:
            self._lock = None
        self._show_words()
        self._begin_count()

    def _reveal(self, area: QRectF | None) -> None:
        if area is not None:
            middle = area.center().toPoint()
            self._scroll.ensureVisible(middle.x(), middle.y(), REVEAL_PX, REVEAL_PX)

    def _show_words(self, counted: OrderCount | None = None) -> None:
        if self._shown is None or self._graph is None:
            return
        order = self._chosen_order()
        if order is not None:
            said = words.of_order(self._shown, order, counted)
        elif self._lock is not None:
            said = words.of_lock(self._shown, self._lock)
        else:
            said = words.of_graph(self._graph, self._shown)
        self.text.setHtml(said)

    def _chosen_order(self) -> Order | None:
        key = self.canvas.chosen_edge
        return self._shown.orders.get(key) if self._shown is not None and isinstance(key, tuple) else None

    def _begin_count(self) -> None:
        order = self._chosen_order()
        self._count = None
        if order is not None and self._shown is not None and self._graph is not None and self.model is not None:
            self._count = OrderCount(self.model, self._shown.pairs_of(order, self._graph))
            self._timer.start()

    def _choose_order(self, pair: Pair) -> None:
        self._lock = None
        self.canvas.choose_node(None)
        self.canvas.choose_edge(pair)
        order = self._chosen_order()
        if order is None:
            return
        self._show_words()
        self._begin_count()
        self._reveal(self.canvas.label_area(pair))
        way = words.distinct(order.ways)[0]
        self.order_chosen.emit(ChosenOrder(order, way))
        found = self.model.states.slice_at(way.lane, way.time_ns) if self.model is not None else None
        if found is not None:
            self.slice_chosen.emit(found)
        else:
            self.lane_chosen.emit(way.lane)

    def _choose_lock(self, lock: int) -> None:
        self._lock = lock
        self.canvas.choose_edge(None)
        self._show_words()
        self.primitive_chosen.emit(lock)

    def _on_link(self, url: QUrl) -> None:
        lane, line = linked_lane(url), linked_line(url)
        order = linked_text(url, "order")
        if lane is not None:
            self.lane_chosen.emit(lane)
        elif line is not None:
            self.source_requested.emit(*line)
        elif order is not None:
            held, _, taken = order.partition(":")
            self._choose_order((int(held), int(taken)))

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """The graph is arranged for what can be seen of it."""
        if watched is self._scroll.viewport() and event.type() is QEvent.Type.Resize:
            self.canvas.set_room(self._scroll.viewport().size())
        return super().eventFilter(watched, event)

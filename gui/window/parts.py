"""The window's parts: state objects, widgets, docks and menus, made and put together."""

import copy
from functools import cached_property, partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QProcess, QSize
from PySide6.QtGui import QPalette
from PySide6.QtWidgets import (
    QAbstractItemView,
    QMainWindow,
    QMenu,
    QPlainTextEdit,
    QStackedWidget,
    QTextEdit,
    QVBoxLayout,
    QWidget,
)

from engine.scenarios import catalogue
from engine.tasks.workload_rules import find_errors
from gui.action_table import ACTIONS, IN_TIMELINE, MENUS
from gui.actions import Actions
from gui.bridges.interpreter_list import InterpreterList, lanescope_command
from gui.bridges.session import SessionBridge
from gui.frame_clock import FrameClock
from gui.one_by_one import OneByOne
from gui.panels.bookmarks import BookmarksPanel
from gui.panels.details import Details
from gui.panels.findings import FindingsPanel
from gui.panels.legend import Legend
from gui.panels.lock_order import LockOrderPanel
from gui.panels.locks import LocksPanel
from gui.panels.locks.chart import ContentionChart
from gui.panels.output import OutputPanel
from gui.panels.plots import Plots
from gui.panels.source.panel import SourcePanel
from gui.panels.statistics import StatisticsPanel
from gui.panels.wait_for.panel import WaitForPanel
from gui.panels.workers import WorkersPanel
from gui.panels.workload.custom_data import CustomData
from gui.panels.workload.panel import WorkloadPanel
from gui.settings import Settings
from gui.state.arrangement import Arrangement
from gui.state.filters import Filters, Sort
from gui.state.run_configuration import RunConfiguration
from gui.state.search import SearchState
from gui.state.selection import Selection
from gui.state.span_state import SpanState
from gui.state.view_window import ViewWindow
from gui.theme import ActiveTheme
from gui.timeline.layout.time_base import RulerTimes
from gui.timeline.timeline import Timeline
from gui.widgets.graph import GraphView
from gui.widgets.messages import Messages
from gui.window.bars.banner import DeadlockBanner
from gui.window.bars.search_bar import SearchBar
from gui.window.bars.status_bar import StatusBar
from gui.window.bars.tool_bar import ToolBar
from gui.window.layout.centre import Centre
from gui.window.layout.docks import Area, Docks
from gui.window.overlays.chooser import CommandPalette
from gui.window.overlays.keys import KeysOverlay
from gui.window.overlays.note_editor import NoteEditor
from gui.window.overlays.preferences import Preferences
from gui.window.overlays.text_page import TextPage
from gui.window.paint_turns import PaintTurns
from gui.window.runs.recordings import Recordings, sample_recording
from gui.window.runs.run_control import RunControl
from gui.window.views import Views
from gui.window.welcome import Welcome

if TYPE_CHECKING:
    from gui.bridges.comparison import ComparisonBridge
    from gui.panels.comparison import ComparisonPage

SMALLEST = QSize(900, 560)
NARROWEST = 240  # px, of a panel at the side
REMARK_MS = 4000  # that a passing remark stays in the status bar


class WindowParts(QMainWindow):
    """Everything there is to see, not yet connected: state objects and widgets are attributes."""

    def __init__(self, settings: Settings, themes: ActiveTheme) -> None:
        super().__init__()
        self.settings = settings
        self.themes = themes
        self.soon = OneByOne(self)
        self.setAcceptDrops(True)
        self.setMinimumSize(SMALLEST)
        self._make_state()
        self._make_widgets()
        self._make_docks()
        self._make_menus()
        self._let_take_turns()

    def open_elsewhere(self, path: Path | None) -> None:
        """Starts another, independent Lanescope."""
        program, *arguments = lanescope_command(*(("open", str(path)) if path else ()))
        QProcess.startDetached(program, arguments)

    def remark(self, text: str) -> None:
        """A few words in the status bar, which pass."""
        self.status.showMessage(text, REMARK_MS)

    def ask_for_interpreter(self) -> None:
        """Opens the line that takes the path of another interpreter."""
        self.docks.bring_up("workload")
        self.workload.add_interpreter()

    def _make_state(self) -> None:
        self.configuration = RunConfiguration(catalogue.scenarios(), self.settings.get_mapping("run"))
        self.custom = CustomData(kept_workload(self.settings))
        self.interpreters = InterpreterList(self.settings, self)
        self.bridge = SessionBridge()
        self.bridge.setParent(self)
        self.view = ViewWindow(self)
        self.selection = Selection(self)
        self.filters = Filters(self)
        self.search = SearchState(self)
        self.spans = SpanState(self.selection, self)
        kept = self.settings.get_mapping("timeline")
        self.arrangement = Arrangement(kept, self)
        if str(kept.get("sort")) in Sort.__members__:
            self.filters.set_sort(Sort[kept["sort"]])
        self.times = RulerTimes(self.arrangement, self.selection, self)
        self.clock = FrameClock(self.bridge.take_in, self)
        self.acts = Actions(self, lambda: self.themes.current.surfaces.text)

    def _make_widgets(self) -> None:
        themes, view, selection = self.themes, self.view, self.selection
        self.centre = QWidget(self)
        self.messages = Messages(lambda: themes.current.surfaces.text, self.centre)
        self.banner = DeadlockBanner(themes, self)
        self.timeline = Timeline(view, selection, self.filters, themes, self.arrangement, budget=self.clock.budget)
        self.legend = Legend(view, self.filters, themes)
        self.plots = Plots(view, selection, themes, budget=self.clock.budget)
        self.plots.set_names_px(self.arrangement.names_px)
        self.workload = WorkloadPanel(self.configuration, self.interpreters, self.custom, self.acts["run"], themes)
        self.details = Details(view, selection, themes, self.spans, self.times)
        self.wait_for = WaitForPanel(selection, view, themes, self.times)
        self.source = SourcePanel(themes)
        for body in (self.details, self.wait_for, self.source):
            body.setMinimumWidth(NARROWEST)
        self.findings = FindingsPanel(themes, self.times)
        self.locks = LocksPanel(themes)
        self.lock_order = LockOrderPanel(themes)
        self.workers = WorkersPanel(themes)
        self.output = OutputPanel(themes, self.times)
        self.statistics = StatisticsPanel(themes, self.spans)
        self.bookmarks = BookmarksPanel(self.times)
        self.search_bar = SearchBar(self.search, self.acts, themes, self)
        self.run_control = RunControl(
            self.configuration,
            self.bridge,
            self.settings,
            self.messages,
            self.workload,
            comparing=lambda: "comparison_bridge" in vars(self) and self.comparison_bridge.running,
        )
        self.recordings = Recordings(self.bridge, self.settings, self.messages, self.open_elsewhere, self)
        sample = self.acts["open-sample"] if sample_recording() else None
        self.acts["open-sample"].setVisible(sample is not None)
        self.welcome = Welcome(themes, self.acts["run"], self.acts["run-program"], self.acts["deadlock"], sample)
        self.configuration.changed.connect(lambda: self.welcome.say_what_runs(self.configuration.run_words))
        self.welcome.say_what_runs(self.configuration.run_words)
        self.tool_bar = ToolBar(
            self.acts, self.configuration, self.interpreters, self.ask_for_interpreter, themes, parent=self
        )
        self.status = StatusBar(parent=self)
        self.addToolBar(self.tool_bar)
        self.setStatusBar(self.status)
        self.setCentralWidget(self._make_centre())
        self.palette_overlay = CommandPalette(self, self.acts.why_not, self.remark)
        self.text_page = TextPage(themes, self)
        self.note_editor = NoteEditor(self)

    @cached_property
    def keys(self) -> KeysOverlay:
        """Every action with its key."""
        return KeysOverlay(self.acts, self)

    @cached_property
    def preferences(self) -> Preferences:
        """What can be chosen once and for all."""
        return Preferences(self.settings, self.themes, self.run_control.ordinary_folder(), self)

    @cached_property
    def comparison_bridge(self) -> "ComparisonBridge":
        """Carries out comparisons."""
        from gui.bridges.comparison import ComparisonBridge

        return ComparisonBridge(self)

    @cached_property
    def comparison(self) -> "ComparisonPage":
        """The page of comparisons, one of `pages` as soon as it is asked for."""
        from gui.panels.comparison import ComparisonPage

        page = ComparisonPage(
            self.configuration,
            self.interpreters,
            self.comparison_bridge,
            self.themes,
            self.settings.get_mapping("comparison"),
        )
        self.pages.addWidget(page)
        return page

    def _make_centre(self) -> QWidget:
        """Messages over everything; below them the first page, or timeline, legend and plots."""
        upper = QWidget()
        column = QVBoxLayout(upper)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(self.search_bar)
        column.addWidget(self.timeline, 1)
        column.addWidget(self.legend)
        chosen = self.settings.get("plots_px", 0)
        self.centre_split = Centre(upper, self.plots, chosen or None, partial(self.settings.put, "plots_px"))
        self.pages = QStackedWidget()
        self.pages.addWidget(self.welcome)
        self.pages.addWidget(self.centre_split)
        self.messages.spare(self.legend)
        centre = self.centre
        layout = QVBoxLayout(centre)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        layout.addWidget(self.banner)
        layout.addWidget(self.pages, 1)
        return centre

    def _make_docks(self) -> None:
        self.docks = Docks(self)
        add = self.docks.add
        add("workload", "Workload", self.workload, Area.LeftDockWidgetArea)
        add("details", "Details", self.details, Area.RightDockWidgetArea)
        graph, lines, orders = self.wait_for.canvas, self.output.table, self.lock_order.canvas
        add("wait-for", "Wait-for graph", self.wait_for, Area.RightDockWidgetArea, below="details", start=graph)
        add("source", "Source", self.source, Area.RightDockWidgetArea, beside="wait-for")
        add("findings", "Findings", self.findings, Area.BottomDockWidgetArea)
        add("locks", "Locks", self.locks, Area.BottomDockWidgetArea, beside="findings")
        add("workers", "Workers", self.workers, Area.BottomDockWidgetArea, beside="locks")
        add("output", "Output", self.output, Area.BottomDockWidgetArea, beside="workers", start=lines)
        add("statistics", "Statistics", self.statistics, Area.BottomDockWidgetArea, beside="output")
        add("bookmarks", "Bookmarks", self.bookmarks, Area.BottomDockWidgetArea, beside="statistics")
        add("lock-order", "Lock order", self.lock_order, Area.BottomDockWidgetArea, beside="locks", start=orders)
        each_frame = (self.spans, self.legend, self.details, self.search_bar)
        panels = (
            self.findings,
            self.locks,
            self.lock_order,
            self.workers,
            self.output,
            self.statistics,
            self.bookmarks,
            self.wait_for,
        )
        self.views = Views(each_frame, self.plots, panels, self.clock.budget, later=self.soon.put)

    def _let_take_turns(self) -> None:
        """What takes long to paint need not be painted all in one go. The lanes come first."""
        self.turns = PaintTurns(self)
        for part in (self.timeline.canvas, self.timeline.overview):
            part.setBackgroundRole(QPalette.ColorRole.Shadow)  # which has the colour of the canvas
        for part in (*self.docks, self.tool_bar, self.status, self.legend):
            self.turns.add_part(part)
        self.turns.add(self.timeline.canvas, first=True)
        self.turns.add(self.timeline.overview)
        for header in self.plots.headers:
            header.setBackgroundRole(QPalette.ColorRole.Window)  # not that of buttons
            self.turns.add(header)
        self.plots.chart_arrived.connect(self.turns.add)
        for dock in self.docks:
            for kind in (QAbstractItemView, QTextEdit, QPlainTextEdit):
                for area in dock.findChildren(kind):
                    if area.window() is self:  # else it is a list that pops up
                        self.turns.add(area.viewport())
            for picture in (GraphView, ContentionChart):
                for each in dock.findChildren(picture):
                    each.setBackgroundRole(QPalette.ColorRole.Base)
                    self.turns.add(each)

    def _make_menus(self) -> None:
        self.recent = QMenu("Open recent", self)
        self.recent.aboutToShow.connect(lambda: self.recordings.fill_recent(self.recent))
        for name in MENUS:
            menu = self.menuBar().addMenu(f"&{name}")  # Alt and its first letter opens it
            for spec in ACTIONS:
                if spec.menu == name:
                    if spec.begins:
                        menu.addSeparator()
                    menu.addAction(self.acts[spec.id])
                    (self.centre_split if name in IN_TIMELINE else self).addAction(self.acts[spec.id])
                    if spec.id == "open":
                        menu.addMenu(self.recent)
            if name == "View":
                menu.addSeparator()
                menu.addActions(self.docks.toggle_actions())


def kept_workload(settings: Settings) -> dict[str, Any] | None:
    """The custom workload as it was left, if it still has the shape of one."""
    data = settings.get_mapping("custom")
    lists = all(isinstance(data.get(key), list) for key in ("groups", "queues"))
    return copy.deepcopy(data) if lists and not find_errors(data) else None

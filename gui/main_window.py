"""The window: puts timeline, panels, tool bar and messages together, connects them with the run and its recording."""

import copy
from collections.abc import Callable
from pathlib import Path
from typing import Any

from PySide6.QtCore import QByteArray, QProcess, QSize, Qt
from PySide6.QtGui import QCloseEvent, QDragEnterEvent, QDropEvent
from PySide6.QtWidgets import QMainWindow, QMenu, QSplitter, QStackedWidget, QVBoxLayout, QWidget

from engine.model.model import Model
from engine.scenarios import catalogue
from engine.tasks.workload_rules import find_errors
from gui.actions import ACTIONS, MENUS, Actions, When
from gui.frame_clock import FrameClock
from gui.interpreter_list import InterpreterList, lanescope_command
from gui.panels.details import Details
from gui.panels.findings import FindingsPanel
from gui.panels.legend import Legend
from gui.panels.locks import LocksPanel
from gui.panels.output import OutputPanel
from gui.panels.plots import Plots
from gui.panels.source.panel import SourcePanel
from gui.panels.statistics import StatisticsPanel
from gui.panels.wait_for.layout import GraphEdge
from gui.panels.wait_for.panel import WaitForPanel
from gui.panels.workers import WorkersPanel
from gui.panels.workload.custom_data import CustomData
from gui.panels.workload.panel import WorkloadPanel
from gui.session_bridge import RunState, SessionBridge
from gui.settings import LOG_NAME, Settings, log_folder
from gui.state.filters import Filters
from gui.state.run_configuration import RunConfiguration
from gui.state.selection import Selection
from gui.state.view_window import ViewWindow
from gui.theme import ActiveTheme
from gui.timeline.timeline import Timeline
from gui.widgets.messages import Message, Messages
from gui.window.banner import DeadlockBanner
from gui.window.debug_overlay import DebugOverlay
from gui.window.docks import Area, Docks
from gui.window.navigation import Navigation
from gui.window.overlays import CommandPalette, KeysOverlay
from gui.window.preferences import Preferences
from gui.window.recordings import Recordings, sample_recording
from gui.window.run_control import RunControl
from gui.window.status_bar import StatusBar
from gui.window.style import window_stylesheet
from gui.window.text_page import TextPage
from gui.window.tool_bar import ToolBar
from gui.window.views import Views
from gui.window.welcome import Welcome
from gui.window.wording import edge_stacks, ending_words

FIRST_SIZE = QSize(1600, 960)
SMALLEST = QSize(900, 560)
NARROWEST = 240  # px, of a panel at the side


class MainWindow(QMainWindow):
    """One independent window. `settings` is what it remembers, `themes` the look that all its widgets share."""

    def __init__(self, settings: Settings, themes: ActiveTheme, *, debug: bool = False) -> None:
        super().__init__()
        self.settings = settings
        self.themes = themes
        self._recorder_cost: tuple[int, int] | None = None
        self._recorder_share: float | None = None
        self.setAcceptDrops(True)
        self.setMinimumSize(SMALLEST)
        self._make_state()
        self._make_widgets()
        self._make_docks()
        self._make_menus()
        self._connect()
        self._restore()
        self.debug_overlay = DebugOverlay(self) if debug else None
        self._show_model(None)
        self._show_run_state(RunState.NONE)
        self.clock.start()
        self.interpreters.find()

    # -- building ----------------------------------------------------------------------------------------------------

    def _make_state(self) -> None:
        self.configuration = RunConfiguration(catalogue.scenarios(), self.settings.get_mapping("run"))
        self.custom = CustomData(kept_workload(self.settings))
        self.interpreters = InterpreterList(self.settings, self)
        self.bridge = SessionBridge()
        self.bridge.setParent(self)
        self.view = ViewWindow(self)
        self.selection = Selection(self)
        self.filters = Filters(self)
        self.clock = FrameClock(self.bridge.take_in, self)
        self.acts = Actions(self, lambda: self.themes.current.surfaces.text)

    def _make_widgets(self) -> None:
        themes, view, selection = self.themes, self.view, self.selection
        self.messages = Messages(lambda: themes.current.surfaces.text, self)
        self.banner = DeadlockBanner(themes, self)
        self.timeline = Timeline(view, selection, self.filters, themes)
        self.legend = Legend(view, self.filters, themes)
        self.plots = Plots(view, selection, themes)
        self.workload = WorkloadPanel(self.configuration, self.interpreters, self.custom, self.acts["run"], themes)
        self.details = Details(view, selection, themes)
        self.wait_for = WaitForPanel(selection, themes)
        self.source = SourcePanel(themes)
        for body in (self.details, self.wait_for, self.source):
            body.setMinimumWidth(NARROWEST)
        self.findings = FindingsPanel(themes)
        self.locks = LocksPanel(themes)
        self.workers = WorkersPanel(themes)
        self.output = OutputPanel(themes)
        self.statistics = StatisticsPanel(themes)
        self.run_control = RunControl(self.configuration, self.bridge, self.settings, self.messages, self.workload)
        self.recordings = Recordings(self.bridge, self.settings, self.messages, self.open_elsewhere, self)
        sample = self.acts["open-sample"] if sample_recording() else None
        self.acts["open-sample"].setVisible(sample is not None)
        self.welcome = Welcome(themes, self.acts["run"], self.acts["deadlock"], sample)
        self.tool_bar = ToolBar(
            self.acts, self.configuration, self.interpreters, self._ask_for_interpreter, themes, parent=self
        )
        self.status = StatusBar(parent=self)
        self.addToolBar(self.tool_bar)
        self.setStatusBar(self.status)
        self.setCentralWidget(self._make_centre())
        self.keys = KeysOverlay(self.acts, self)
        self.palette_overlay = CommandPalette(self)
        self.text_page = TextPage(self)
        self.preferences = Preferences(self.settings, themes, self.run_control.ordinary_folder(), self)

    def _make_centre(self) -> QWidget:
        """Messages over everything; below them the first page, or timeline, legend and plots."""
        self.centre_split = QSplitter(Qt.Orientation.Vertical)
        self.centre_split.setChildrenCollapsible(False)
        upper = QWidget()
        column = QVBoxLayout(upper)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(self.timeline, 1)
        column.addWidget(self.legend)
        self.centre_split.addWidget(upper)
        self.centre_split.addWidget(self.plots)
        self.centre_split.setStretchFactor(0, 3)
        self.centre_split.setStretchFactor(1, 1)
        self.pages = QStackedWidget()
        self.pages.addWidget(self.welcome)
        self.pages.addWidget(self.centre_split)
        centre = QWidget(self)
        layout = QVBoxLayout(centre)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        layout.addWidget(self.banner)
        layout.addWidget(self.messages)
        layout.addWidget(self.pages, 1)
        return centre

    def _make_docks(self) -> None:
        self.docks = Docks(self)
        add = self.docks.add
        add("workload", "Workload", self.workload, Area.LeftDockWidgetArea)
        add("details", "Details", self.details, Area.RightDockWidgetArea)
        add("wait-for", "Wait-for graph", self.wait_for, Area.RightDockWidgetArea, below="details")
        add("source", "Source", self.source, Area.RightDockWidgetArea, beside="wait-for")
        add("findings", "Findings", self.findings, Area.BottomDockWidgetArea)
        add("locks", "Locks", self.locks, Area.BottomDockWidgetArea, beside="findings")
        add("workers", "Workers", self.workers, Area.BottomDockWidgetArea, beside="locks")
        add("output", "Output", self.output, Area.BottomDockWidgetArea, beside="workers")
        add("statistics", "Statistics", self.statistics, Area.BottomDockWidgetArea, beside="output")
        each_frame = (self.legend, self.details)
        panels = (
            self.plots,
            self.findings,
            self.locks,
            self.workers,
            self.output,
            self.statistics,
            self.wait_for,
        )
        self.views = Views(each_frame, panels)

    def _make_menus(self) -> None:
        self.recent = QMenu("Open recent", self)
        self.recent.aboutToShow.connect(lambda: self.recordings.fill_recent(self.recent))
        for name in MENUS:
            menu = self.menuBar().addMenu(name)
            for spec in ACTIONS:
                if spec.menu == name:
                    menu.addAction(self.acts[spec.id])
                    self.addAction(self.acts[spec.id])
                    if spec.id == "open":
                        menu.addMenu(self.recent)
            if name == "View":
                menu.addSeparator()
                menu.addActions(self.docks.toggle_actions())

    def _connect(self) -> None:
        self.acts.connect_to(
            open=self.recordings.ask_and_open,
            open_sample=self._open_sample,
            save_as=self.recordings.ask_and_save,
            new_window=lambda: self.open_elsewhere(None),
            preferences=self.preferences.open,
            quit=self.close,
            run=self.run,
            stop=self.bridge.stop,
            deadlock=lambda: self.run_control.show_deadlock("threads"),
            deadlock_processes=lambda: self.run_control.show_deadlock("processes"),
            show_deadlock=self.show_deadlock,
            dismiss_message=self._dismiss_message,
            choose_scenario=lambda: self._bring_up_and("workload", self.workload.find_scenario),
            choose_custom=lambda: self._bring_up_and("workload", self.workload.edit_custom),
            fit_all=self.view.fit_all,
            focus_selection=self.timeline.focus_selection,
            navigate_back=self.view.go_back,
            follow=self.view.resume_following,
            clear_selection=self.selection.clear,
            theme=lambda: self.themes.choose(dark=not self.themes.current.dark),
            palette=lambda: self.palette_overlay.offer([*self.acts.all(), *self.docks.toggle_actions()]),
            reset_layout=self.reset_layout,
            keys=lambda: self.keys.pop_up(self.keys),
            guide=lambda: self.text_page.show_markdown("guide"),
            colours=lambda: self.text_page.show_colours(self.themes.current),
            show_log=self._show_log,
        )
        self.navigation = Navigation(self.timeline, self.view, self.selection)
        bridge, go = self.bridge, self.navigation
        bridge.model_replaced.connect(self._show_model)
        bridge.run_state_changed.connect(self._show_run_state)
        bridge.run_ended.connect(self._on_run_ended)
        bridge.finding_added.connect(self._on_finding_added)
        bridge.finding_changed.connect(self._on_finding_changed)
        bridge.failed.connect(lambda text: self.messages.show_message(Message("failed", text, "error")))
        bridge.opening_progressed.connect(self.status.show_opening)
        self.status.cancel.clicked.connect(bridge.cancel_opening)
        self.clock.frame.connect(self.timeline.refresh)
        self.clock.frame.connect(self.views.refresh_frame)
        self.clock.measured.connect(self._on_measured)
        self.banner.end_run.connect(bridge.stop)
        self.banner.run_repaired.connect(self.run_control.run_repaired)
        self.banner.show_in_graph.connect(self.show_deadlock)
        self.findings.finding_chosen.connect(self._show_finding)
        self.locks.primitive_chosen.connect(go.show_primitive)
        self.workers.lane_chosen.connect(go.show_lane)
        self.statistics.lane_chosen.connect(go.show_lane)
        self.output.time_chosen.connect(go.show_time)
        self.wait_for.lane_chosen.connect(go.show_lane)
        self.wait_for.edge_chosen.connect(self._show_edge)
        self.details.source_requested.connect(self._show_source)
        self.workload.source_requested.connect(self._show_source)
        self.configuration.changed.connect(self._remember_choices)
        self.workload.custom.edited.connect(self._remember_choices)
        self.themes.changed.connect(self._dress)
        for dock in ("findings", "locks", "workers", "output", "statistics", "wait-for"):
            self.docks[dock].visibilityChanged.connect(self._on_dock_shown)

    def _restore(self) -> None:
        self._dress()
        self.resize(FIRST_SIZE)
        geometry = self.settings.get_bytes("geometry")
        if geometry:
            self.restoreGeometry(QByteArray(geometry))
        self.docks.arrange()
        if not self.docks.restore(self.settings.get_bytes("layout")):
            self._size_docks()
        split = self.settings.get_bytes("centre")
        if not (split and self.centre_split.restoreState(QByteArray(split))):
            self.centre_split.setSizes([700, 220])

    def _size_docks(self) -> None:
        width, height = self.width(), self.height()
        self.docks.resize(
            {"workload": max(272, width // 5), "details": max(256, width // 5)}, Qt.Orientation.Horizontal
        )
        self.docks.resize({"findings": max(136, height // 5)}, Qt.Orientation.Vertical)
        self.docks.resize({"details": height // 2, "wait-for": height // 2}, Qt.Orientation.Vertical)

    # -- what the user does ------------------------------------------------------------------------------------------

    def run(self) -> bool:
        """Runs what is chosen; a refused value is marked at its field."""
        self._commit_edits()
        refused = self.workload.first_refused()
        if refused:
            self.docks.bring_up("workload")
            self.messages.show_message(Message("run", refused, "error"))
            return False
        return self.run_control.run()

    def open(self, path: Path) -> None:
        """Opens a recording in this window."""
        self.recordings.open(path)

    def open_elsewhere(self, path: Path | None) -> None:
        """Starts another, independent Lanescope."""
        program, *arguments = lanescope_command(*(("open", str(path)) if path else ()))
        QProcess.startDetached(program, arguments)

    def show_deadlock(self) -> None:
        """Goes to the deadlock: its moment, its lanes, its graph."""
        finding = self.banner.finding
        if finding is not None:
            self.banner.show()
            self._show_finding(finding)

    def reset_layout(self) -> None:
        self.docks.arrange()
        self._size_docks()
        self.centre_split.setSizes([700, 220])

    # -- what happens ------------------------------------------------------------------------------------------------

    def _show_model(self, model: Model | None) -> None:
        self.navigation.model = model
        self._recorder_cost = self._recorder_share = None
        self.banner.forget()
        self.docks["findings"].setWindowTitle("Findings")
        live = self.bridge.running
        self.timeline.show_model(model, live=live)
        self.views.show_model(model)
        self.pages.setCurrentIndex(1 if model is not None or live else 0)
        self._show_title()
        self._show_enabled()
        self.clock.wake()

    def _show_run_state(self, state: RunState) -> None:
        self.tool_bar.recording.show_state(state, self.run_control.seconds)
        if state is RunState.STARTING:
            self.messages.dismiss("failed")
            self.messages.dismiss("damage")
            self.pages.setCurrentIndex(1)
        self._show_enabled()
        self._show_title()
        self.clock.wake()

    def _on_run_ended(self) -> None:
        self.banner.show_run_over()
        self.views.refresh_panels()
        if self.bridge.model is None:
            self.pages.setCurrentIndex(0)
        self._show_how_it_ended()

    def _on_finding_added(self, finding: dict[str, Any]) -> None:
        count = len(self.bridge.model.findings) if self.bridge.model else 0
        self.docks["findings"].setWindowTitle(f"Findings {count}")
        if finding["kind"] == "deadlock":
            repaired = self.run_control.repaired() is not None
            self.banner.show_finding(finding, running=self.bridge.running, repaired=repaired)
            self.docks.bring_up("wait-for")
            self.wait_for.show_finding(finding)
            self._show_enabled()

    def _on_finding_changed(self, finding: dict[str, Any]) -> None:
        shown = self.banner.finding
        if shown is not None and shown["id"] == finding["id"]:
            if finding.get("resolved_ns") is not None:
                self.banner.forget()
            elif self.banner.isVisible():
                repaired = self.run_control.repaired() is not None
                self.banner.show_finding(finding, running=self.bridge.running, repaired=repaired)
        self._show_enabled()

    def _on_measured(self) -> None:
        """About twice a second."""
        self.tool_bar.recording.show_state(self.bridge.run_state, self.run_control.seconds)
        self._measure_recorder()
        self.status.show_costs(self.bridge.model, self._recorder_share, self.clock.statistics())
        self.views.refresh_panels()
        if self.debug_overlay is not None:
            events = self.bridge.model.overhead.get("events", 0) if self.bridge.model else 0
            self.debug_overlay.show_statistics(self.clock.statistics(), events)

    def _show_finding(self, finding: dict[str, Any]) -> None:
        self.navigation.show_finding(finding)
        if finding.get("edges"):
            self.wait_for.show_finding(finding)
            self.docks.bring_up("wait-for")

    def _show_edge(self, edge: GraphEdge) -> None:
        """The line where one waits, and the line where the other took what it holds."""
        model = self.bridge.model
        if model is None:
            return
        stacks = edge_stacks(model, edge)
        if stacks:
            self.source.show_stacks(stacks)
            self.docks.bring_up("source")

    def _show_source(self, file: str, line: int) -> None:
        self.source.show_line(file, line)
        self.docks.bring_up("source")

    # -- small things ------------------------------------------------------------------------------------------------

    def _show_how_it_ended(self) -> None:
        end = self.bridge.model.program_end if self.bridge.model is not None else None
        words = ending_words(end) if end is not None else ""
        if words:
            self.messages.show_message(Message("ended", words, "warning"))

    def _on_dock_shown(self, shown: bool) -> None:
        self.docks.tidy_tabs()
        if shown:
            self.views.refresh_panels()

    def _measure_recorder(self) -> None:
        """The recorder's share of a core between the last two reports it made."""
        overhead = self.bridge.model.overhead if self.bridge.model is not None else {}
        now = (int(overhead.get("time_ns") or 0), int(overhead.get("recorder_cpu_ns") or 0))
        if now[0] and self._recorder_cost is not None and now[0] > self._recorder_cost[0]:
            self._recorder_share = (now[1] - self._recorder_cost[1]) / (now[0] - self._recorder_cost[0])
        if now[0]:
            self._recorder_cost = now

    def _show_enabled(self) -> None:
        holding = {When.RUNNING if self.bridge.running else When.READY}
        if self.bridge.model is not None:
            holding.add(When.RECORDING)
            if not self.bridge.running:
                holding.add(When.SAVEABLE)
        if self.banner.finding is not None:
            holding.add(When.DEADLOCK)
        self.acts.update_enabled(holding)

    def _show_title(self) -> None:
        self.setWindowTitle(self.recordings.title())

    def _open_sample(self) -> None:
        sample = sample_recording()
        if sample is not None:
            self.recordings.open(sample)

    def _dismiss_message(self) -> None:
        if self.banner.isVisible():
            self.banner.hide()
        else:
            self.messages.dismiss_newest()

    def _bring_up_and(self, dock: str, do: Callable[[], object]) -> None:
        self.docks.bring_up(dock)
        do()

    def _ask_for_interpreter(self) -> None:
        self.docks.bring_up("workload")
        self.workload.add_interpreter()

    def _show_log(self) -> None:
        self.messages.show_message(Message("log", f"Unexpected errors are logged in {log_folder() / LOG_NAME}."))

    def _commit_edits(self) -> None:
        """A number being typed counts as typed when Run is pressed by its key."""
        self.tool_bar.workers.interpretText()

    def _remember_choices(self) -> None:
        self.settings.put("run", self.configuration.as_json())
        self.settings.put("custom", copy.deepcopy(self.custom.data))

    def _dress(self) -> None:
        """Theme and palette have changed."""
        self.acts.draw_icons()
        self.setStyleSheet(window_stylesheet(self.themes.current))
        self.settings.put("dark", self.themes.current.dark)
        self.settings.put("palette", self.themes.current.state_palette.value)
        self.clock.wake()

    # -- Qt ----------------------------------------------------------------------------------------------------------

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        if self.recordings.dropped(event.mimeData()) is not None:
            event.acceptProposedAction()

    def dropEvent(self, event: QDropEvent) -> None:
        path = self.recordings.dropped(event.mimeData())
        if path is not None:
            event.acceptProposedAction()
            self.recordings.open(path)

    def closeEvent(self, event: QCloseEvent) -> None:
        """Ends a run that is going on (its recording is kept) and writes the settings."""
        self.settings.put_bytes("geometry", bytes(self.saveGeometry().data()))
        self.settings.put_bytes("layout", self.docks.save())
        self.settings.put_bytes("centre", bytes(self.centre_split.saveState().data()))
        self.hide()
        self.clock.stop()
        self.interpreters.close()
        self.bridge.close()
        self.settings.save()
        event.accept()


def kept_workload(settings: Settings) -> dict[str, Any] | None:
    """The custom workload as it was left, if it still has the shape of one."""
    data = settings.get_mapping("custom")
    lists = all(isinstance(data.get(key), list) for key in ("groups", "queues"))
    return copy.deepcopy(data) if lists and not find_errors(data) else None

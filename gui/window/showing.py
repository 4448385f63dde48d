"""What the window shows of its run and its recording: page, title, timeline, panels, figures, possible actions."""

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject

from engine.model.model import Model
from gui.action_table import ACTIONS
from gui.bridges.session import RunState
from gui.widgets.messages import Answer, Message
from gui.window.frame import WindowFrame
from gui.window.overlays.debug_overlay import DebugOverlay
from gui.window.overlays.overlay import Overlay
from gui.window.pins import Pins
from gui.window.places.navigation import Navigation
from gui.window.places.places import Places
from gui.window.possible import Possible
from gui.window.runs.discovering import Discovering
from gui.window.runs.recorder_share import RecorderShare
from gui.window.runs.recordings import OF_BEFORE
from gui.window.wording import NO_LANES, NO_LANES_YET, ending_words

if TYPE_CHECKING:
    from gui.window.runs.comparing import Comparing

CLOSING = "closing"  # the question whether to end the run
# Panels that keep still while nobody sees them.
IN_TURN = ("findings", "locks", "lock-order", "workers", "output", "statistics", "bookmarks", "wait-for")


class Showing(QObject):
    """Follows the bridge and the frame clock of one window."""

    def __init__(
        self,
        window: WindowFrame,
        navigation: Navigation,
        places: Places,
        pins: Pins,
        discovering: Discovering,
        possible: Possible,
        *,
        comparing: Callable[[], "Comparing | None"],
        debug: bool,
    ) -> None:
        """`comparing` gives what brings the page of comparisons, None as long as nobody has asked for it."""
        super().__init__(window)
        self._window, self._bridge = window, window.bridge
        self._navigation, self._places, self._discovering = navigation, places, discovering
        self._pins, self._possible, self._comparing = pins, possible, comparing
        self._shown_version = -1  # what the bridge had told of the model when the timeline was last refreshed
        self._focus_awaits_page = False
        self._recorder = RecorderShare()
        self.debug_overlay = DebugOverlay(window) if debug else None
        self._bridge.model_replaced.connect(self._show_model)
        self._bridge.run_state_changed.connect(self._show_run_state)
        self._bridge.run_ended.connect(self._on_run_ended)
        clock = window.clock
        clock.frame.connect(window.turns.expect_repaint)
        clock.frame.connect(self._refresh_timeline)
        clock.frame.connect(window.views.refresh_frame)
        clock.frame.connect(places.refresh)
        clock.measured.connect(lambda: window.soon.put(self._on_measured))
        window.configuration.changed.connect(self._say_how_processes_start)
        self._say_how_processes_start()
        for dock in IN_TURN:
            window.docks[dock].visibilityChanged.connect(partial(self._on_dock_shown, dock))

    def show_nothing(self) -> None:
        """As a window stands before anything has been run or opened in it."""
        self._show_model(None)
        self._show_run_state(RunState.NONE)

    def focus_lanes(self) -> None:
        """The keyboard goes to what has been opened."""
        canvas = self._window.timeline.canvas
        canvas.setFocus()
        # A window that is active already leaves the focus where it is put, and somebody may put it elsewhere meanwhile.
        self._focus_awaits_page = not canvas.isVisible() and not self._window.isActiveWindow()

    @property
    def asked_to_close(self) -> bool:
        """Whether the question stands there: closing once more is an answer too."""
        return self._window.messages.strip(CLOSING) is not None

    def ask_to_close(self, close: Callable[[], None]) -> None:
        """In line, as everything is asked; `close` ends the run."""
        text = "A run is going on: closing the window ends it and keeps its recording."
        answers = (Answer("End run and close", close), Answer("Go on", self._window.timeline.canvas.setFocus))
        self._window.messages.show_message(Message(CLOSING, text, "warning", answers))

    def _show_model(self, model: Model | None) -> None:
        window = self._window
        if model is None or not self._bridge.running:  # of a run it comes later than the run begins
            self._clear_away()
        self._navigation.model = model
        self._recorder.forget()
        self._discovering.forget()
        self._pins.let_go()
        window.timeline.show_model(model, live=self._bridge.running)
        self._pins.show_model(model)
        self._places.show_model(model)
        window.views.show_model(model)
        window.source.show_model(model)
        window.soon.put(self._show_page)
        self._show_title()
        self._possible.refresh()
        window.clock.wake()

    def _clear_away(self) -> None:
        """What lies over the window, and what the status bar remarks, is about another recording now."""
        window = self._window
        unfinished = window.note_editor.unfinished
        for overlay in window.findChildren(Overlay):
            if overlay.isVisible():
                overlay.dismiss()
        window.status.clearMessage()
        if unfinished:
            text = f"Not kept, as another recording was opened before the note was finished: “{unfinished}”"
            window.messages.show_message(Message("unfinished", text, "warning"))

    def _show_page(self) -> None:
        """The first page as long as there is nothing to see."""
        something = self._bridge.model is not None or self._bridge.running
        comparing = self._comparing()
        if comparing is not None and comparing.shown:
            if not something:
                return
            comparing.leave()
        self._window.pages.setCurrentIndex(1 if something else 0)
        wanted = self._window.centre_split.focusWidget()  # the lanes, or the search, if that was asked for meanwhile
        if self._focus_awaits_page and wanted is not None:
            wanted.setFocus()  # once more: a window that becomes active does not leave it on what is not seen yet
        self._focus_awaits_page = False

    def _show_run_state(self, state: RunState) -> None:
        window, tool_bar = self._window, self._window.tool_bar
        tool_bar.recording.show_state(state, window.run_control.seconds)
        window.timeline.set_empty_text(*(NO_LANES if state is RunState.NONE else NO_LANES_YET))
        if state is RunState.STARTING:
            if (comparing := self._comparing()) is not None:
                comparing.leave()
            for message in OF_BEFORE:
                window.messages.dismiss(message)
            window.pages.setCurrentIndex(1)
            if window.focusWidget() in (
                None,
                window.pages,
                tool_bar.run,
                tool_bar.deadlock,
                window.workload.run_button,
            ):
                window.timeline.canvas.setFocus()  # else the focus would pass on to a choice, and keys would change it
        self._possible.refresh()
        self._show_title()
        window.clock.wake()

    def _on_run_ended(self) -> None:
        window, model = self._window, self._bridge.model
        window.messages.dismiss(CLOSING)
        window.banner.show_run_over()
        window.views.refresh_panels()
        if model is None:
            window.pages.setCurrentIndex(0)
        elif model.end_ns - model.start_ns < window.view.span_ns:
            window.view.fit_all()  # a short run need not keep the room for what never came
        self._show_how_it_ended()

    def _show_how_it_ended(self) -> None:
        end = self._bridge.model.program_end if self._bridge.model is not None else None
        words = ending_words(end) if end is not None else ""
        if words:
            self._window.docks.bring_up("output")
            self._window.messages.show_message(Message("ended", words, "warning"))

    def _refresh_timeline(self) -> None:
        """While the view glides along with the newest data, every frame has something new."""
        if self._bridge.opening and self._bridge.told_version == self._shown_version:
            return
        self._shown_version = self._bridge.told_version
        self._window.timeline.refresh()
        if self._window.timeline.gliding:
            self._window.clock.wake()

    def _on_measured(self) -> None:
        """About twice a second."""
        window, model, statistics = self._window, self._bridge.model, self._window.clock.statistics()
        comparing, running = self._comparing(), self._bridge.run_state is not RunState.NONE
        if comparing is not None and comparing.share is not None and not running:
            window.tool_bar.recording.show_comparison(comparing.share)
        else:
            window.tool_bar.recording.show_state(self._bridge.run_state, window.run_control.seconds)
        window.status.show_recording(window.recordings.description())
        share = self._recorder.look(model, live=self._bridge.running)
        window.status.show_costs(model, share, statistics)
        window.views.refresh_panels(at_once=False)
        if self.debug_overlay is not None:
            self.debug_overlay.show_statistics(statistics, model.overhead.get("events", 0) if model else 0)

    def _on_dock_shown(self, name: str, shown: bool) -> None:
        self._window.docks.tidy_tabs()
        if shown:
            self._window.soon.put(partial(self._window.views.refresh_panel, self._window.docks[name].widget()))
            self._window.soon.put(self._window.views.refresh_panels)
            self._window.soon.put(partial(self._window.docks.take_focus_along, name))

    def _show_title(self) -> None:
        self._window.setWindowTitle(self._window.recordings.title())
        self._window.status.show_recording(self._window.recordings.description())

    def _say_how_processes_start(self) -> None:
        """Of the deadlock between processes, which is run without its scenario being seen first."""
        action, method = self._window.acts["deadlock-processes"], self._window.run_control.deadlock_start_method
        spec = next(spec for spec in ACTIONS if spec.id == action.objectName())
        action.setText(f"{spec.text} ({method})" if method else spec.text)
        self._window.acts.set_tip(spec.id, f"{spec.tip}, started {f'by {method}' if method else 'as by default'}")

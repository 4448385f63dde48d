"""The window: connects what can be seen with the run, its recording and what the user does."""

from collections.abc import Callable
from functools import cached_property, partial
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import Qt
from PySide6.QtGui import QCloseEvent, QDragEnterEvent, QDragLeaveEvent, QDropEvent, QKeyEvent

from gui.settings import LOG_NAME, Settings, log_folder
from gui.theme import ActiveTheme
from gui.timeline.input.commands import Commands
from gui.widgets.dress_when_seen import DressWhenSeen
from gui.widgets.messages import Message
from gui.window.copying.copying import Copying
from gui.window.frame import WindowFrame
from gui.window.later import Later
from gui.window.layout.layout_keeper import LayoutKeeper
from gui.window.links import Links
from gui.window.overlays.find_lane import FindLane
from gui.window.overlays.keys import COLUMNS
from gui.window.pins import Pins
from gui.window.places.bookmarks import Bookmarks
from gui.window.places.navigation import Navigation
from gui.window.places.places import Places
from gui.window.possible import Possible
from gui.window.remembering import Remembering
from gui.window.runs.discovering import Discovering
from gui.window.runs.proving import Proving
from gui.window.runs.recordings import own_sample, sample_recording
from gui.window.runs.run_program import RunProgram, project_folders
from gui.window.showing import Showing

if TYPE_CHECKING:
    from gui.window.runs.comparing import Comparing

# What comparing needs, a piece of loading each.
OF_COMPARING = ("statistics", "engine.comparison.result", "gui.panels.comparison", "gui.window.runs.comparing")


class MainWindow(WindowFrame):
    """One independent window. `settings` is what it remembers, `themes` the look that all its widgets share."""

    def __init__(self, settings: Settings, themes: ActiveTheme, *, debug: bool = False) -> None:
        super().__init__(settings, themes)
        self.remembering = Remembering(
            settings,
            self.configuration,
            self.workload,
            self.arrangement,
            self.filters,
            themes,
            self.messages,
            self,
        )
        self.pins = Pins(self.filters, settings, self)
        self._may_end_run = False  # without being asked
        self.navigation = Navigation(self.timeline, self.view, self.selection)
        self.notes = Bookmarks(
            self.timeline.canvas,
            self.view,
            self.selection,
            self.times,
            self.navigation,
            self.note_editor,
            self._put_bookmark,
        )
        self.places = Places(
            self.timeline,
            self.view,
            self.selection,
            themes,
            self.search_bar,
            self.search,
            self.notes,
            self.navigation,
        )
        self.places.bookmarks_changed.connect(self.bookmarks.refresh_soon)
        self.copying = Copying(self.timeline, self.legend, self.selection, self.messages, self.recordings.folder)
        self.find_lane = FindLane(self._go_to_lane, self)
        self.possible = Possible(self)
        self.discovering = Discovering(
            self.bridge,
            self.findings,
            self.wait_for,
            self.banner,
            self.docks,
            self.status,
            self.navigation,
            self.run_control,
            self.possible.refresh,
            self,
        )
        self.proving = Proving(self.findings, self.bridge, self.recordings, self)
        self.links = Links(self, self.navigation, self.notes)
        self.commands = Commands(self.timeline, self.acts.__getitem__)
        self.showing = Showing(
            self,
            self.navigation,
            self.places,
            self.pins,
            self.discovering,
            self.possible,
            comparing=lambda: self._comparing_if_made,
            debug=debug,
        )
        self._connect_actions()
        self._connect_parts()
        self._dress()
        self.remembering.keep_theme()
        self.restore_places()
        self.layout_keeper = LayoutKeeper([self, *self.docks, self.plots], self._keep_places, self)
        self.workload.tree.tree.setFocus()
        self.showing.show_nothing()
        self.clock.start()
        self.later = Later(
            [
                lambda: self.interpreters.find(project_folders(self.settings)),
                # psutil tells how busy the cores are; numpy loads numpy.ma when it is first asked for what is unique.
                *(partial(import_module, name) for name in ("psutil", "numpy.ma", *OF_COMPARING)),
                *(self._prepare_keys,) * (len(COLUMNS) + 1),
                partial(self.text_page.prepare_markdown, "guide"),
                self.text_page.lay_out,
                lambda: self.program_form,
                lambda: self.preferences,
                lambda: self.comparing,
            ],
            self,
        )

    @cached_property
    def comparing(self) -> "Comparing":
        """Brings the page of comparisons, and takes it away."""
        from gui.window.runs.comparing import Comparing

        return Comparing(
            self.comparison,
            self.comparison_bridge,
            self.pages,
            self.docks,
            self.configuration,
            self.settings,
            self.workload,
            self.recordings,
            self.custom,
            self.messages,
            busy=lambda: self.bridge.running,
            later=self.soon.put,
        )

    @property
    def _comparing_if_made(self) -> "Comparing | None":
        return vars(self).get("comparing")

    @cached_property
    def program_form(self) -> RunProgram:
        """The form that runs a program of the user's."""
        form = RunProgram(
            self.settings,
            self.configuration,
            self.interpreters,
            self.run_control.run_program,
            self,
        )
        form.begun.connect(self.timeline.canvas.setFocus)
        return form

    def _connect_actions(self) -> None:
        self.acts.connect_to(
            open=self.recordings.ask_and_open,
            open_sample=self._open_sample,
            save_as=self.recordings.ask_and_save,
            new_window=self._open_another,
            preferences=self._open_preferences,
            quit=self.close,
            run=self.run,
            stop=self.bridge.stop,
            deadlock=lambda: self.run_control.show_deadlock("threads"),
            deadlock_processes=lambda: self.run_control.show_deadlock("processes"),
            show_deadlock=self.discovering.show_deadlock,
            dismiss_message=self._dismiss_message,
            choose_scenario=lambda: self._bring_up_and("workload", self.workload.find_scenario),
            choose_custom=lambda: self._bring_up_and("workload", self.workload.edit_custom),
            run_program=self._ask_for_program,
            run_program_again=self._run_program_again,
            search=self.search_bar.open_search,
            next_hit=lambda: self.places.step(1),
            previous_hit=lambda: self.places.step(-1),
            bookmark=self.notes.add,
            next_bookmark=lambda: self.notes.step(1),
            previous_bookmark=lambda: self.notes.step(-1),
            copy=self.copying.copy_text,
            copy_picture=self.copying.copy_picture,
            save_picture=self.copying.ask_and_save,
            find_lane=lambda: self.find_lane.open(self.bridge.model),
            compare=self._toggle_comparing,
            theme=lambda: self.themes.choose(dark=not self.themes.current.dark),
            palette=lambda: self.palette_overlay.offer([*self.acts.all(), *self.docks.go_actions()]),
            plots=lambda: self.show_plots(self.plots.isHidden()),
            reset_layout=self.reset_layout,
            keys=lambda: self.keys.pop_up(self.keys),
            guide=lambda: self.text_page.show_markdown("guide"),
            colours=self.text_page.show_colours,
            show_log=self._show_log,
        )

    def _connect_parts(self) -> None:
        bridge = self.bridge
        bridge.failed.connect(lambda text: self.messages.show_message(Message("failed", text, "error")))
        bridge.noted.connect(lambda text: self.messages.show_message(Message("note", text, "warning")))
        self.recordings.opened.connect(self.showing.focus_lanes)
        self.navigation.going.connect(self._leave_comparing)
        self.timeline.canvas.remarked.connect(self.remark)
        bridge.opening_progressed.connect(lambda share: self.status.show_progress("opening", share))
        bridge.saving_progressed.connect(lambda share: self.status.show_progress("saving", share))
        self.copying.text.progressed.connect(lambda share: self.status.show_progress("copying", share))
        self.status.cancel.clicked.connect(self._cancel_work)
        self.banner.end_run.connect(bridge.stop)
        self.banner.run_repaired.connect(self.run_control.run_repaired)
        for edited in (self.configuration.changed, self.workload.custom.edited, self.workload.page.edited):
            edited.connect(lambda: self.messages.dismiss("run"))  # what was refused is no longer what stands there
        DressWhenSeen(self, self.themes, self._dress)
        self.timeline.canvas.rows_changed.connect(self._align_plots)
        self.legend.more_wanted.connect(self.acts["colours"].trigger)
        self.welcome.offer_recordings(self.acts["open"], self.recordings.recent, self.recordings.open)

    # -- what the user does ------------------------------------------------------------------------------------------

    def run(self) -> bool:
        """Runs what is chosen; a refused value is marked at its field."""
        if self.configuration.runs_program:
            return self.program_form.run_again(interpreter=self.configuration.interpreter)
        refused = self.workload.first_refused()
        if refused:
            self.docks.bring_up("workload")
            self.messages.show_message(Message("run", f"{refused[:1].upper()}{refused[1:]}", "error"))
            return False
        started = self.run_control.run()
        if not started:
            self.docks.bring_up("workload")  # where a refused choice is marked
        return started

    def open(self, path: Path) -> None:
        """Opens a recording in this window."""
        self.recordings.open(path)

    def reset_layout(self) -> None:
        """Every panel back in its place, that of comparisons too."""
        if self._comparing_if_made is not None:
            self.comparing.leave_at_once()
        self.docks.arrange()
        for choice in ("plots", "plots_px"):
            self.settings.put(choice, None)  # nothing chosen
        self.centre_split.forget()
        self._place_plots()
        self.soon.put(self.size_parts)

    def close_at_once(self) -> None:
        """Closes the window without asking."""
        self._may_end_run = True
        self.close()

    # -- small things ------------------------------------------------------------------------------------------------

    def _open_sample(self) -> None:
        sample = sample_recording()
        if sample is not None:
            self.recordings.open(own_sample(sample))

    def _dismiss_message(self) -> None:
        if self.banner.isVisible():
            self.banner.hide()
        else:
            self.messages.dismiss_newest()

    def _bring_up_and(self, dock: str, do: Callable[[], object]) -> None:
        self.docks.bring_up(dock)
        do()

    def _put_bookmark(self, bookmark: dict[str, Any]) -> None:
        """Keeps a note; its panel comes to the front without taking the keyboard."""
        self.bridge.put_bookmark(bookmark)
        if bookmark["text"] is not None:
            self.docks.bring_up("bookmarks")
        self.clock.wake()

    def _open_another(self) -> None:
        self.remembering.save()
        self.open_elsewhere(None)

    def _open_preferences(self) -> None:
        self.preferences.open()

    def _ask_for_program(self) -> None:
        self.program_form.open()

    def _run_program_again(self) -> None:
        self.program_form.run_again()

    def _cancel_work(self) -> None:
        """What was begun last: copying is short, so it is that as long as it goes on."""
        if not self.copying.cancel():
            self.bridge.cancel_work()

    def _leave_comparing(self) -> None:
        if self._comparing_if_made is not None:
            self.comparing.leave()

    def _toggle_comparing(self) -> None:
        self.comparing.toggle()

    def _prepare_keys(self) -> None:
        self.keys.prepare()

    def _show_log(self) -> None:
        self.messages.show_message(Message("log", f"Unexpected errors are logged in {log_folder() / LOG_NAME}."))

    def _keep_places(self) -> None:
        comparing = self._comparing_if_made
        if comparing is None or not comparing.shown:  # where the panels stand aside
            self.remember_places()

    def _align_plots(self) -> None:
        self.plots.set_names_px(self.timeline.canvas.names_px)

    def _go_to_lane(self, lane: int) -> None:
        self.navigation.show_lane(lane)
        self.timeline.canvas.setFocus()

    def _dress(self) -> None:
        """Theme and palette have changed."""
        self.acts.draw_icons()
        self.clock.wake()

    # -- Qt ----------------------------------------------------------------------------------------------------------

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Esc, where it means nothing else, leads from any panel back to the lanes."""
        canvas = self.timeline.canvas
        if event.key() == Qt.Key.Key_Escape and canvas.isVisible() and not canvas.hasFocus():
            canvas.setFocus(Qt.FocusReason.ShortcutFocusReason)
        else:
            super().keyPressEvent(event)

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        path = self.recordings.dropped(event.mimeData())
        if path is not None:
            event.acceptProposedAction()
            self.status.showMessage(f"Drop to open {path.name}")

    def dragLeaveEvent(self, _event: QDragLeaveEvent) -> None:
        self.status.clearMessage()

    def dropEvent(self, event: QDropEvent) -> None:
        path = self.recordings.dropped(event.mimeData())
        if path is not None:
            event.acceptProposedAction()
            self.status.clearMessage()
            self.recordings.open(path)

    def closeEvent(self, event: QCloseEvent) -> None:
        """Asks while a run is going on; then, or when asked to close once more, ends it and keeps its recording."""
        if self.bridge.running and not self._may_end_run and not self.showing.asked_to_close:
            event.ignore()
            self.showing.ask_to_close(self.close_at_once)
            return
        self.layout_keeper.stop()
        self.later.stop()
        self.remembering.stop()
        if self._comparing_if_made is not None:
            self.comparing.close()
        self.remember_places()
        self.hide()
        self.docks.hide_floating()
        self.clock.stop()
        self.copying.close()
        self.proving.close()
        self.interpreters.close()
        self.bridge.close()
        self.settings.save()
        event.accept()

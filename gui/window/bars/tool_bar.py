"""The tool bar: run and stop, what is run and how, the deadlock, the state of a recording or a comparison."""

from collections.abc import Callable

from PySide6.QtCore import Qt
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QLabel, QMenu, QSizePolicy, QToolBar, QToolButton, QWidget

from gui.actions import Actions
from gui.bridges.interpreter_list import InterpreterList
from gui.bridges.session import RunState
from gui.state.run_configuration import RunConfiguration
from gui.theme import ActiveTheme
from gui.widgets.assistive import label_unseen
from gui.widgets.buttons import ICON_SIZE, ProminentButton
from gui.widgets.figures import elapsed
from gui.widgets.run_choices import BackendBox, InterpreterBox, ScenarioBox, StartMethodBox, WorkersBox

NARROW_PX, TIGHT_PX = 1440, 1180  # widths of the window below which it makes do with less
GAP_PX = 8  # after the time of a run
NARROWEST_PX = (104, 84, 112, 80)  # scenario, backend, interpreter, start method


class ToolBar(QToolBar):
    """Made from the table of actions and the choices of the run configuration."""

    def __init__(
        self,
        actions: Actions,
        configuration: RunConfiguration,
        interpreters: InterpreterList,
        add_interpreter: Callable[[], object],
        themes: ActiveTheme,
        *,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__("Tool bar", parent)
        self._configuration = configuration
        self._tight = False
        self.setObjectName("tool-bar")
        self.setMovable(False)
        self.setIconSize(ICON_SIZE)
        self.setContextMenuPolicy(Qt.ContextMenuPolicy.PreventContextMenu)
        self.run = self._prominent(themes, actions, "run", "accent_text", "primary")
        self.stop = self._button(actions, "stop")
        self.addSeparator()
        self.scenario = ScenarioBox(configuration, self)
        self.backend = BackendBox(configuration, self)
        self.workers = WorkersBox(configuration, self)
        self.interpreter = InterpreterBox(configuration, interpreters, add_interpreter, self)
        self.start_method = StartMethodBox(configuration, self)
        for box, narrowest in zip(
            (self.scenario, self.backend, self.interpreter, self.start_method), NARROWEST_PX, strict=True
        ):
            box.setMinimumWidth(narrowest)  # they give way; else as wide as they like
            label_unseen(box)
        workers = QLabel("workers", self)
        workers.setProperty("role", "dim")
        workers.setBuddy(self.workers)
        self.addWidget(self.scenario)
        self._of_scenarios = [self.addWidget(widget) for widget in (self.backend, workers, self.workers)]
        self.addWidget(self.interpreter)
        self._start_method = self.addWidget(self.start_method)
        self.addSeparator()
        self.deadlock = self._prominent(themes, actions, "deadlock", "danger", "danger")
        menu = QMenu(self)
        menu.addAction(actions["deadlock"])
        menu.addAction(actions["deadlock-processes"])
        self.deadlock.setMenu(menu)
        self.deadlock.setPopupMode(QToolButton.ToolButtonPopupMode.MenuButtonPopup)
        self.compare = self._button(actions, "compare")
        space = QWidget(self)
        space.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Preferred)
        self.addWidget(space)
        self.recording = RecordingIndicator(themes, self)
        self.addWidget(self.recording)
        self.plots = self._button(actions, "plots")
        for identifier in ("search", "theme"):
            self._button(actions, identifier).setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonIconOnly)
        configuration.changed.connect(self._show_what_holds)
        self._show_what_holds()

    def resizeEvent(self, event: QResizeEvent) -> None:
        """In a narrow window some buttons are their icons and texts are cut, so that none is pushed out of sight."""
        beside, alone = Qt.ToolButtonStyle.ToolButtonTextBesideIcon, Qt.ToolButtonStyle.ToolButtonIconOnly
        narrow, tight = (event.size().width() < limit for limit in (NARROW_PX, TIGHT_PX))
        for button in (self.stop, self.compare):
            button.setToolButtonStyle(alone if narrow else beside)
        for button in (self.plots, self.deadlock):
            button.setToolButtonStyle(alone if tight else beside)
        self.recording.set_brief(narrow)
        if tight != self._tight:
            self._tight = tight
            self._show_what_holds()
        super().resizeEvent(event)

    def _show_what_holds(self) -> None:
        """A program of the user's own has no backend; the groups of a custom workload have their own."""
        configuration = self._configuration
        self._start_method.setVisible(bool(configuration.start_methods))
        for action in self._of_scenarios:
            of_label = action is self._of_scenarios[1]
            action.setVisible(not (configuration.custom or configuration.runs_program or (of_label and self._tight)))

    def _prominent(
        self, themes: ActiveTheme, actions: Actions, identifier: str, colour: str, role: str
    ) -> ProminentButton:
        button = ProminentButton(themes, actions[identifier], identifier, colour, self)
        button.setObjectName(f"tool-{identifier}")
        button.setProperty(role, True)
        self.addWidget(button)
        return button

    def _button(self, actions: Actions, identifier: str) -> QToolButton:
        button = QToolButton(self)
        button.setDefaultAction(actions[identifier])
        button.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        button.setObjectName(f"tool-{identifier}")
        self.addWidget(button)
        return button


_WORDS = {
    RunState.STARTING: "starting",
    RunState.RUNNING: "recording",
    RunState.STOPPING: "ending",
    RunState.STOPPED: "ended",
}


class RecordingIndicator(QLabel):
    """● 00:12 while a run is being recorded, ● 12 % while runs are compared, of constant width meanwhile; or empty."""

    def __init__(self, themes: ActiveTheme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._themes = themes
        self._brief = False
        self.setAccessibleName("Recording")
        self.setContentsMargins(0, 0, GAP_PX, 0)
        self.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)

    def set_brief(self, brief: bool) -> None:
        """Whether the time has to do, without a word."""
        self._brief = brief

    def show_state(self, state: RunState, seconds: float) -> None:
        """What the run is doing and how long it has been going on."""
        if state is RunState.NONE:
            self.setText("")
            self.setMinimumWidth(0)
            return
        self._show(self._themes.current.surfaces.danger, _WORDS[state], elapsed(seconds), "recording 00:00")
        ended = state is RunState.STOPPED
        self.setToolTip("All processes have ended; the last they recorded is taken in." if ended else _WORDS[state])

    def show_comparison(self, share: float) -> None:
        """How far a comparison has come, wherever in the window one is."""
        self._show(self._themes.current.surfaces.accent, "comparing", f"{100 * share:.0f} %", "comparing 100 %")
        self.setToolTip("A comparison is going on; Compare shows it and can end it.")

    def _show(self, colour: str, word: str, figure: str, longest: str) -> None:
        """`longest` is word and figure at their longest."""
        room = f"● {longest.split(maxsplit=1)[1] if self._brief else longest} "
        self.setMinimumWidth(self.fontMetrics().horizontalAdvance(room) + GAP_PX)
        self.setText(f'<span style="color:{colour}">●</span> {"" if self._brief else f"{word} "}{figure}')

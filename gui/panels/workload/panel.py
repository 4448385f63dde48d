"""The workload panel: what is to be run, from the catalogue or put together by hand."""

from typing import Any

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QHBoxLayout, QLabel, QPushButton, QSplitter, QTabWidget, QVBoxLayout, QWidget

from gui.bridges.interpreter_list import InterpreterList
from gui.panels.workload.custom_data import CustomData
from gui.panels.workload.custom_page import CustomPage
from gui.panels.workload.scenario_page import ScenarioPage
from gui.panels.workload.scenario_tree import ScenarioTree
from gui.state.run_configuration import RunConfiguration
from gui.theme import ActiveTheme

SCENARIOS, CUSTOM = 0, 1


class WorkloadPanel(QWidget):
    """Two tabs, and Run below both. Which tab is in front decides what that starts."""

    source_requested = Signal(str, int)

    def __init__(
        self,
        configuration: RunConfiguration,
        interpreters: InterpreterList,
        custom: CustomData,
        run: QAction,
        themes: ActiveTheme,
        *,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self._configuration = configuration
        self._run = run
        self.tree = ScenarioTree(self)
        self.page = ScenarioPage(configuration, interpreters, self)
        self.custom = CustomPage(custom, themes, self)
        split = QSplitter(Qt.Orientation.Vertical, self)
        split.setChildrenCollapsible(False)
        split.addWidget(self.tree)
        split.addWidget(self.page)
        split.setStretchFactor(0, 2)
        split.setStretchFactor(1, 3)
        split.setSizes([260, 400])
        self.tabs = QTabWidget(self)
        self.tabs.setDocumentMode(True)
        self.tabs.tabBar().setAccessibleName("What to run")
        self.tabs.addTab(split, "Scenarios")
        self.tabs.addTab(self.custom, "Custom workload")
        self.notice = QLabel(self)
        self.notice.setWordWrap(True)
        self.notice.setContentsMargins(12, 8, 12, 8)
        self.run_button = QPushButton("Run", self)
        self.run_button.setProperty("primary", True)
        self.run_button.clicked.connect(self._on_run)
        run.changed.connect(lambda: self.run_button.setEnabled(run.isEnabled()))
        foot = QHBoxLayout()
        foot.setContentsMargins(12, 8, 12, 8)
        foot.addWidget(self.run_button)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        layout.addWidget(self.notice)
        layout.addWidget(self.tabs, 1)
        layout.addLayout(foot)
        self.tabs.currentChanged.connect(lambda tab: configuration.choose_custom(tab == CUSTOM))
        self.tree.chosen.connect(configuration.choose)
        self.tree.opened.connect(self._on_scenario_opened)
        self.page.source_requested.connect(self.source_requested)
        self.page.scenario_requested.connect(configuration.choose)
        configuration.changed.connect(self._show)
        self._show()

    def minimumSizeHint(self) -> QSize:
        """As wide without the scenario's page: nothing beside it moves when a program is run instead."""
        return super().minimumSizeHint().expandedTo(QSize(self.page.minimumSizeHint().width(), 0))

    def refuse(self, field: str, message: str) -> bool:
        """Marks the field of a choice that can't be run; False when there is none of that name."""
        return not self._configuration.custom and self.page.refuse(field, message)

    def first_refused(self) -> str:
        """Why what is chosen can't be run as it stands, in one line; "" when it can."""
        return self.custom.first_fault() if self._configuration.custom else self.page.first_refused()

    def custom_workload(self) -> dict[str, Any] | None:
        return self.custom.data()

    def reveal_chosen(self) -> None:
        """Shows the chosen scenario in the list, whatever was searched for."""
        self.tree.reveal_chosen()

    def find_scenario(self) -> None:
        """Puts the cursor into the search line."""
        self.tabs.setCurrentIndex(SCENARIOS)
        self.tree.search.setFocus()
        self.tree.search.selectAll()

    def add_interpreter(self) -> None:
        """Opens the line for another interpreter's path."""
        self.tabs.setCurrentIndex(SCENARIOS)
        self.page.interpreter.ask_for_path()
        self.page.ensureWidgetVisible(self.page.interpreter)

    def edit_custom(self) -> None:
        self.tabs.setCurrentIndex(CUSTOM)
        self.custom.table.setFocus()

    def _on_run(self) -> None:
        self._configuration.choose_workload()  # which is what the button says
        self._run.trigger()

    def _on_scenario_opened(self, name: str) -> None:
        self._configuration.choose(name)
        self._run.trigger()

    def _show(self) -> None:
        chosen = self._configuration
        self.tabs.setCurrentIndex(CUSTOM if chosen.custom else SCENARIOS)
        self.tree.show_chosen("" if chosen.custom or chosen.runs_program else chosen.scenario.name)
        self.page.setVisible(not chosen.runs_program)  # what it explains is not what runs
        self.notice.setVisible(chosen.runs_program)
        self.run_button.setVisible(not chosen.runs_program)
        self.notice.setText(f"Run starts {chosen.program}. Choose a scenario to run that instead.")
        what = "custom workload" if chosen.custom else chosen.scenario.title
        self.run_button.setText(chosen.run_words)
        key = "" if chosen.runs_program else " (F5)"
        self.run_button.setToolTip(f"Run {what} and record it{key}")

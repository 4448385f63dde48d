"""One scenario: what it shows, what to look for, its parameters, how its workers run."""

from collections.abc import Callable

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QLabel, QPushButton, QScrollArea, QVBoxLayout, QWidget

from engine.scenarios import catalogue
from engine.scenarios.base import Scenario
from gui.bridges.interpreter_list import InterpreterList
from gui.state.run_configuration import RunConfiguration
from gui.widgets.interpreter_field import InterpreterField
from gui.widgets.parameter_field import FieldRow, ParameterField, str_of
from gui.widgets.run_choices import BackendBox, StartMethodBox, WorkersBox

EXPECTATIONS = {"deadlock": "Ends in a deadlock, as intended.", "crash": "A worker fails, as intended.", "finish": ""}


class ScenarioPage(QScrollArea):
    """Bound to the run configuration: shows its scenario, writes back what the user changes."""

    source_requested = Signal(str, int)
    scenario_requested = Signal(str)
    edited = Signal()  # a parameter was changed, to a value or to something refused

    def __init__(
        self, configuration: RunConfiguration, interpreters: InterpreterList, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self._configuration = configuration
        self._shown = ""
        self.fields: dict[str, ParameterField] = {}
        self.setWidgetResizable(True)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setObjectName("scenario-page")
        self.setAccessibleName("Scenario")
        body = QWidget(self)
        self._layout = QVBoxLayout(body)
        self._layout.setContentsMargins(12, 8, 12, 12)
        self._layout.setSpacing(8)
        self.title = self._label("title")
        self.summary = self._label("dim")
        self.look_for = self._label("")
        self.explanation = self._label("")
        self.expectation = self._label("warning")
        self.more = QPushButton("Explain", body)
        self.more.setCheckable(True)
        self.more.toggled.connect(self.explanation.setVisible)
        self.source = QPushButton("Source", body)
        self.source.setToolTip("The scenario's real code: a file of its own, made to be read")
        self.source.clicked.connect(self._on_source_clicked)
        self.repaired = QPushButton("Repaired", body)
        self.repaired.setToolTip("Choose the scenario that does the same without the fault")
        self.repaired.clicked.connect(lambda: self.scenario_requested.emit(self._configuration.scenario.repaired or ""))
        buttons = QHBoxLayout()
        for button in (self.more, self.source, self.repaired):
            button.setAutoDefault(False)
            buttons.addWidget(button)
        buttons.addStretch(1)
        for label in (self.title, self.summary, self.expectation):
            self._layout.addWidget(label)
        self._layout.addLayout(buttons)
        self._layout.addWidget(self.explanation)
        self._layout.addWidget(self.look_for)
        self._parameters = QVBoxLayout()
        self._parameters.setSpacing(4)
        self._layout.addLayout(self._parameters)
        self.rows = {
            "backend": FieldRow("Backend", BackendBox(configuration, body)),
            "workers": FieldRow("Workers", WorkersBox(configuration, body)),
            "start_method": FieldRow("Start method", StartMethodBox(configuration, body)),
        }
        for row in self.rows.values():
            self._layout.addWidget(row)
        self.interpreter = InterpreterField(configuration, interpreters, body)
        self.interpreter.shown.connect(lambda field: self.ensureWidgetVisible(field, 0, 8))
        self._layout.addWidget(self.interpreter)
        self.reset = QPushButton("Reset to defaults", body)
        self.reset.setAutoDefault(False)
        self.reset.clicked.connect(self._on_reset_clicked)
        self._layout.addWidget(self.reset)
        self._layout.addStretch(1)
        self.setWidget(body)
        configuration.changed.connect(self._show)
        self._show()

    def minimumSizeHint(self) -> QSize:
        """As wide as what is in it can be made: it never scrolls sideways."""
        beside = self.verticalScrollBar().sizeHint().width() + 2 * self.frameWidth()
        return QSize(self._layout.minimumSize().width() + beside, super().minimumSizeHint().height())

    def refuse(self, field: str, message: str) -> bool:
        """Marks a field with the reason why its value can't be run; False when there is no such field."""
        row = (
            self.fields.get(field) or self.rows.get(field) or (self.interpreter.row if field == "interpreter" else None)
        )
        if row is None:
            return False
        row.show_error(message)
        self.ensureWidgetVisible(row)
        return True

    def first_refused(self) -> str:
        """The reason at the first parameter that can't be run; "" when all can."""
        refused = next((field.error for field in self.fields.values() if field.check() is None), "")
        return refused or self._configuration.workers_fault

    def _label(self, role: str) -> QLabel:
        label = QLabel(self)
        label.setWordWrap(True)
        if role:
            label.setProperty("role", role)
        return label

    def _show(self) -> None:
        scenario = self._configuration.scenario
        if scenario.name != self._shown:
            self._shown = scenario.name
            self._show_scenario(scenario)
        for row in self.rows.values():
            row.show_error("")
        self.rows["workers"].show_error(self._configuration.workers_fault)
        self.rows["start_method"].setVisible(bool(self._configuration.start_methods))
        given = self._configuration.parameters
        for name, field in self.fields.items():
            wanted = given.get(name, str_of(field.parameter.default))
            if not field.error and field.text() != wanted:
                field.set_text(wanted)

    def _show_scenario(self, scenario: Scenario) -> None:
        self.title.setText(scenario.title)
        self.summary.setText(scenario.summary)
        self.expectation.setText(EXPECTATIONS[scenario.expects])
        self.expectation.setVisible(bool(self.expectation.text()))
        paragraphs = [f"<p>{escape(part)}</p>" for part in scenario.explanation.split("\n\n")]
        self.explanation.setText("".join(paragraphs))
        self.explanation.setVisible(self.more.isChecked())
        points = "".join(f"<li>{escape(point)}</li>" for point in scenario.look_for)
        self.look_for.setText(f"<b>What to look for</b><ul style='margin-left:-24px'>{points}</ul>")
        self.repaired.setVisible(scenario.repaired in self._configuration.scenarios)
        while (entry := self._parameters.takeAt(0)) is not None:
            if (widget := entry.widget()) is not None:
                widget.hide()
                widget.deleteLater()
        self.fields = {parameter.name: ParameterField(parameter, self) for parameter in scenario.parameters}
        for name, field in self.fields.items():
            self._parameters.addWidget(field)
            field.edited.connect(self._writer(name, field))
        self.verticalScrollBar().setValue(0)

    def _writer(self, name: str, field: ParameterField) -> Callable[[], None]:
        def write() -> None:
            if field.check() is not None:
                self._configuration.set_parameter(name, field.text().strip())
            self.edited.emit()

        return write

    def _on_reset_clicked(self) -> None:
        for field in self.fields.values():
            field.set_text(str_of(field.parameter.default))  # refused text as well
        self._configuration.reset_parameters()

    def _on_source_clicked(self) -> None:
        path = catalogue.source_path(self._configuration.scenario.name)
        self.source_requested.emit(str(path), 0)


def escape(text: str) -> str:
    """For labels that understand mark-up."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;").replace("\n", " ")

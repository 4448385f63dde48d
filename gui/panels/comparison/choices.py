"""What is to be compared: backends, worker counts, interpreters, repeats of the workload that Run would start."""

from typing import Any

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QCheckBox, QLabel, QLineEdit, QScrollArea, QSpinBox, QVBoxLayout, QWidget

from engine.backends import registry
from engine.comparison.plan import DEFAULT_REPEATS, MOST_REPEATS, admitted_by, default_workers
from gui.bridges.interpreter_list import InterpreterList
from gui.state.run_configuration import RunConfiguration
from gui.widgets.elided_check_box import ElidedCheckBox
from gui.widgets.parameter_field import FieldRow

MOST_COUNTS = 8
MOST_WORKERS = 256
OF_PROGRAM = (
    "A program of your own makes its threads and processes itself, so there are no backends to run it on. Choose a"
    " scenario or the custom workload to compare."
)


class Choices(QScrollArea):
    """Follows the run configuration; what is chosen here is asked for when a comparison starts."""

    changed = Signal()

    def __init__(
        self,
        configuration: RunConfiguration,
        interpreters: InterpreterList,
        remembered: dict[str, Any],
        parent: QWidget | None = None,
    ) -> None:
        """`remembered`: what `to_data` gave the last time."""
        super().__init__(parent)
        self._configuration = configuration
        self._interpreters = interpreters
        self._unwanted_backends = set(_texts(remembered.get("unwanted_backends")))
        self._wanted_pythons = set(_texts(remembered.get("pythons")) or [""])
        self._chose_pythons = bool(remembered.get("pythons"))
        self._custom_shape = (1, 0)  # groups and queues of the custom workload
        self.setWidgetResizable(True)
        body = QWidget(self)
        layout = QVBoxLayout(body)
        layout.setContentsMargins(12, 8, 12, 12)
        layout.setSpacing(4)
        self.what = QLabel(body)
        self.what.setWordWrap(True)
        self.what.setProperty("role", "title")
        self.remark = QLabel(body)
        self.remark.setWordWrap(True)
        self.remark.setProperty("role", "dim")
        self.workers = QLineEdit(body)
        self._suggested = _listed(default_workers())  # followed until something else is written there
        self.workers.setText(str(remembered.get("workers") or self._suggested))
        self.workers.setFixedWidth(120)
        self.workers.textChanged.connect(self._on_edited)
        self.repeats = QSpinBox(body)
        self.repeats.setRange(1, MOST_REPEATS)
        self.repeats.setAlignment(Qt.AlignmentFlag.AlignRight)
        self.repeats.lineEdit().setTextMargins(6, 0, 6, 0)
        kept = remembered.get("repeats")
        self.repeats.setValue(kept if isinstance(kept, int) else DEFAULT_REPEATS)
        self.repeats.valueChanged.connect(self._on_edited)
        self.workers_row = FieldRow("Worker counts", self.workers)
        self.repeats_row = FieldRow(
            "Trials of each", self.repeats, remark="After one warm-up that does not count; more of runs under a second."
        )
        self.backends: dict[str, QCheckBox] = {}
        self.pythons: dict[str, QCheckBox] = {}
        self._backend_column, self._python_column = QVBoxLayout(), QVBoxLayout()
        for part in (self.what, self.remark):
            layout.addWidget(part)
        self.asked = self._make_asked(body)
        layout.addWidget(self.asked)
        layout.addStretch(1)
        self.setWidget(body)
        configuration.changed.connect(self._show)
        interpreters.changed.connect(self._show_pythons)
        self._show()
        self._show_pythons()

    def _make_asked(self, body: QWidget) -> QWidget:
        """The fields, which only what can be compared has a use for."""
        asked = QWidget(body)
        layout = QVBoxLayout(asked)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(4)
        layout.addWidget(_heading("Backends", asked))
        layout.addLayout(self._backend_column)
        layout.addSpacing(8)
        layout.addWidget(self.workers_row)
        layout.addWidget(self.repeats_row)
        layout.addWidget(_heading("Interpreters", asked))
        layout.addLayout(self._python_column)
        return asked

    def show_custom(self, groups: int, queues: int) -> None:
        """The custom workload has so many of them now."""
        self._custom_shape = (groups, queues)
        self._show()

    @property
    def comparable(self) -> bool:
        """Whether what is chosen can run on several backends, and has a speed: it is not meant to hang or to fail."""
        chosen = self._configuration
        return not chosen.runs_program and (chosen.custom or chosen.scenario.expects == "finish")

    def fault(self) -> str:
        """Why nothing can be compared as chosen, in one line; empty when it can. Marks the field."""
        self.workers_row.show_error(self._worker_fault())
        if self._configuration.runs_program:
            return f"{self._configuration.program} can't be compared: it makes its own threads and processes."
        if not self.comparable:
            return f"{self._configuration.scenario.title} is meant to {self._configuration.scenario.expects}."
        if self.workers_row.error:
            return self.workers_row.error
        if not self.chosen_backends():
            return "Choose at least one backend."
        return "" if self.chosen_pythons() else "Choose at least one interpreter."

    def lead_to(self, fault: str) -> bool:
        """Whether that stands at a field already, which gets the keyboard then."""
        stands = bool(fault) and fault == self.workers_row.error
        if stands:
            self.ensureWidgetVisible(self.workers_row)
            self.workers.setFocus(Qt.FocusReason.OtherFocusReason)
        return stands

    def chosen_backends(self) -> list[str]:
        """Those ticked, in the order of the scenario."""
        return [name for name, box in self.backends.items() if box.isChecked()]

    def chosen_pythons(self) -> list[str]:
        """Paths; "" is Lanescope's own."""
        return [path for path, box in self.pythons.items() if box.isChecked()]

    def worker_counts(self) -> list[int]:
        """ValueError when the text is no list of numbers."""
        return [int(part) for part in self.workers.text().split(",") if part.strip()]

    def to_data(self) -> dict[str, Any]:
        """What is to be remembered."""
        return {
            "unwanted_backends": sorted(self._unwanted_backends),
            "pythons": sorted(self._wanted_pythons) if self._chose_pythons else [],
            "workers": "" if self.workers.text() == self._suggested else self.workers.text(),
            "repeats": self.repeats.value(),
        }

    def _worker_fault(self) -> str:
        try:
            counts = self.worker_counts()
        except ValueError:
            return "Numbers with commas between, such as 1, 2, 4."
        if not counts or len(counts) > MOST_COUNTS:
            return f"From 1 to {MOST_COUNTS} numbers."
        low, high = self._limits()
        wrong = [count for count in counts if not low <= count <= high]
        return f"Workers must be from {low} to {high}, not {wrong[0]}." if wrong else ""

    def _limits(self) -> tuple[int, int]:
        """The fewest and the most workers of the chosen workload."""
        if self._configuration.custom:
            return max(self._custom_shape[0], 1), MOST_WORKERS
        return self._configuration.scenario.min_workers, self._configuration.scenario.max_workers

    def _suggest_workers(self) -> None:
        """The usual counts as far as the workload admits them, unless others were asked for."""
        if self.workers.text() == self._suggested:
            low, high = self._limits()
            self._suggested = _listed([count for count in default_workers() if low <= count <= high] or [low])
            self.workers.setText(self._suggested)

    def _show(self) -> None:
        chosen, scenario = self._configuration, self._configuration.scenario
        custom = chosen.custom
        if chosen.runs_program:
            what, remark = chosen.program, OF_PROGRAM
        elif custom:
            what = "Custom workload"
            remark = "Its groups run together on each backend, with so many workers in all."
        else:
            what, remark = scenario.title, "With the parameters of the Workload panel."
            if not self.comparable:
                remark = f"It is meant to {scenario.expects}: there is no speed to compare. Choose another scenario."
        self.what.setText(what)
        self.remark.setText(remark)
        self.asked.setVisible(self.comparable)
        names = admitted_by(*self._custom_shape) if custom else scenario.backends
        if tuple(self.backends) != tuple(names):
            _clear(self._backend_column)
            self.backends = {}
            for name in names:
                backend = registry.get(name)
                box = self._box(backend.title, backend.explanation, name not in self._unwanted_backends)
                box.toggled.connect(lambda wanted, name=name: self._on_backend(name, wanted))
                self._backend_column.addWidget(box)
                self.backends[name] = box
        self._suggest_workers()
        self._on_edited()

    def _show_pythons(self) -> None:
        if not self._chose_pythons:  # as the ladder has it: a GIL, and none
            free = next((entry.path for entry in self._interpreters.entries if entry.free_threaded), None)
            self._wanted_pythons = {"", *([free] if free else [])}
        choices = self._interpreters.choices()
        if list(self.pythons) != [path for path, _ in choices]:
            _clear(self._python_column)
            self.pythons = {}
            for path, title in choices:
                tip = f"{title}\n{self._interpreters.describe(path)}"
                box = self._box(title.removeprefix("Python "), tip, path in self._wanted_pythons)
                box.clicked.connect(self._on_pythons)
                self._python_column.addWidget(box)
                self.pythons[path] = box
            if not any(entry.free_threaded for entry in self._interpreters.entries):
                missing = QLabel("No free-threaded Python was found; one can be added in the Workload panel.")
                missing.setWordWrap(True)
                missing.setProperty("role", "small")
                self._python_column.addWidget(missing)
        self._on_edited()

    def _box(self, text: str, tip: str, checked: bool) -> QCheckBox:
        box = ElidedCheckBox(text, self.widget())
        box.setToolTip(tip)
        box.setChecked(checked)
        return box

    def _on_backend(self, name: str, wanted: bool) -> None:
        (self._unwanted_backends.discard if wanted else self._unwanted_backends.add)(name)
        self._on_edited()

    def _on_pythons(self) -> None:
        self._chose_pythons = True
        self._wanted_pythons = set(self.chosen_pythons())
        self._on_edited()

    def _on_edited(self) -> None:
        self.workers_row.show_error(self._worker_fault())
        self.changed.emit()


def _heading(text: str, parent: QWidget) -> QLabel:
    label = QLabel(text, parent)
    label.setProperty("role", "dim")
    return label


def _listed(counts: list[int]) -> str:
    return ", ".join(map(str, counts))


def _texts(value: object) -> list[str]:
    return [part for part in value if isinstance(part, str)] if isinstance(value, list) else []


def _clear(column: QVBoxLayout) -> None:
    while (entry := column.takeAt(0)) is not None:
        if (widget := entry.widget()) is not None:
            widget.hide()
            widget.deleteLater()

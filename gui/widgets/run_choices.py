"""Controls for how workers run, each bound to the run configuration: the same ones in tool bar and workload panel."""

from collections.abc import Callable

from PySide6.QtCore import QModelIndex, QPersistentModelIndex, QSignalBlocker, Qt
from PySide6.QtGui import QKeyEvent, QPaintEvent, QStandardItem, QStandardItemModel
from PySide6.QtWidgets import (
    QComboBox,
    QSpinBox,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionComboBox,
    QStyleOptionViewItem,
    QStylePainter,
    QToolTip,
    QWidget,
)

from engine.backends import registry
from gui.bridges.interpreter_list import InterpreterList
from gui.state.run_configuration import RunConfiguration
from gui.widgets.style import set_property

BY_DEFAULT = ("", "default start")
MOST_TYPED = 999_999
ENABLED_ROLE = Qt.ItemDataRole.UserRole - 1  # of entries of a combo box: 0, not to be chosen
WIDEST = 280  # px, of the choice of interpreters


class ChoiceBox(QComboBox):
    """A combo box whose entries carry a value; `pick` is called for choices of the user only."""

    def __init__(self, name: str, tip: str, pick: Callable[[str], object], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAccessibleName(name)
        self.setToolTip(tip)
        self.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        self.activated.connect(lambda number: pick(str(self.itemData(number))))

    def paintEvent(self, _event: QPaintEvent) -> None:
        """As every combo box, but what does not fit is left out for an ellipsis."""
        painter, option = QStylePainter(self), QStyleOptionComboBox()
        self.initStyleOption(option)
        painter.drawComplexControl(QStyle.ComplexControl.CC_ComboBox, option)
        field = self.style().subControlRect(
            QStyle.ComplexControl.CC_ComboBox, option, QStyle.SubControl.SC_ComboBoxEditField, self
        )
        words, room = self.currentText(), field.width() - 4
        if self.fontMetrics().horizontalAdvance(words) > room:
            words = self.shortened(words)
        option.currentText = self.fontMetrics().elidedText(words, Qt.TextElideMode.ElideRight, room)
        painter.drawControl(QStyle.ControlElement.CE_ComboBoxLabel, option)

    def shortened(self, text: str) -> str:
        """What says as much of an entry that does not fit."""
        return text

    def wheelEvent(self, event: object) -> None:
        """Scrolling past a control must not change what is run."""
        event.ignore()  # type: ignore[attr-defined]

    def show_choices(self, choices: list[tuple[str, str]], value: str) -> None:
        """Entries as (value, text); an entry whose value is None-like heads a group."""
        if [(self.itemData(i), self.itemText(i)) for i in range(self.count())] != choices:
            with QSignalBlocker(self):
                self.clear()
                for data, text in choices:
                    self.addItem(text, data)
                self.view().setMinimumWidth(self.view().sizeHintForColumn(0) + 24)
        self.setCurrentIndex(max(0, self.findData(value)))


class ScenarioBox(ChoiceBox):
    """What Run starts: all scenarios under the headings of their groups, and what is the user's own."""

    PROGRAM = "\0program"

    def __init__(self, configuration: RunConfiguration, parent: QWidget | None = None) -> None:
        super().__init__("Scenario", "What Run starts", self._pick, parent)
        self._configuration = configuration
        self.setMinimumContentsLength(14)
        self.setMaxVisibleItems(30)
        entries = QStandardItemModel(self)
        group = ""
        for scenario in configuration.scenarios.values():
            if scenario.group != group:
                group = scenario.group
                entries.appendRow(_heading(group))
            entries.appendRow(_entry(scenario.title, scenario.name, scenario.summary))
        entries.appendRow(_heading("Your own"))
        entries.appendRow(_entry("Custom workload", "", "Worker groups, locks and queues of your own"))
        self._program = _entry("", self.PROGRAM, "A program of your own: see Run program…")
        self._entries = entries
        self.setModel(entries)
        self.setItemDelegate(_BelowHeadings(self))
        configuration.changed.connect(self._show)
        self._show()

    def _pick(self, name: str) -> None:
        if name == self.PROGRAM:
            self._configuration.choose_program()
        elif name:
            self._configuration.choose(name)
        else:
            self._configuration.choose_custom(True)

    def _show(self) -> None:
        chosen = self._configuration
        if chosen.program:
            self._program.setText(chosen.program)
            if self._program.row() < 0:
                self._entries.appendRow(self._program)
        wanted = self.PROGRAM if chosen.runs_program else "" if chosen.custom else chosen.scenario.name
        for number in range(self.count()):
            if self.itemData(number) == wanted:
                self.setCurrentIndex(number)


class BackendBox(ChoiceBox):
    """The backends that the chosen scenario admits."""

    def __init__(self, configuration: RunConfiguration, parent: QWidget | None = None) -> None:
        super().__init__("Backend", "How the workers run", configuration.set_backend, parent)
        self._configuration = configuration
        self.setMinimumContentsLength(9)
        configuration.changed.connect(self._show)
        self._show()

    def _show(self) -> None:
        choices = [(name, registry.get(name).title) for name in self._configuration.scenario.backends]
        self.show_choices(choices, self._configuration.backend)
        for number, name in enumerate(self._configuration.scenario.backends):
            self.setItemData(number, registry.get(name).explanation, Qt.ItemDataRole.ToolTipRole)
        self.setEnabled(not self._configuration.custom and len(choices) > 1)


class StartMethodBox(ChoiceBox):
    """How multiprocessing starts its processes; of use only where the backend starts any."""

    def __init__(self, configuration: RunConfiguration, parent: QWidget | None = None) -> None:
        tip = "How processes are started, in all that is run; by default as the interpreter does it"
        super().__init__("Start method", tip, configuration.set_start_method, parent)
        self._configuration = configuration
        self.setMinimumContentsLength(8)
        configuration.changed.connect(self._show)
        self._show()

    def shortened(self, text: str) -> str:
        return text.removesuffix(" start")

    def _show(self) -> None:
        admitted = self._configuration.start_methods
        choices = [BY_DEFAULT, *((method, method) for method in registry.START_METHODS if method in admitted)]
        self.show_choices(choices, self._configuration.start_method)
        self.setEnabled(len(choices) > 1)


class WorkersBox(QSpinBox):
    """How many workers. A number the scenario doesn't admit stays, marked, with the reason as its tip."""

    def __init__(self, configuration: RunConfiguration, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._configuration = configuration
        self.setAccessibleName("Workers")
        self.setRange(0, MOST_TYPED)
        self.setFixedWidth(64)
        self.setAlignment(Qt.AlignmentFlag.AlignRight)  # as numbers stand in the fields beside it
        self.lineEdit().setTextMargins(6, 0, 6, 0)  # a spin box takes no padding from the style sheet
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.valueChanged.connect(self._on_value_changed)
        configuration.changed.connect(self._show)
        self._show()

    def wheelEvent(self, event: object) -> None:
        """Scrolling past a control must not change what is run."""
        event.ignore()  # type: ignore[attr-defined]

    def stepBy(self, steps: int) -> None:
        """Arrows stay within what is admitted."""
        self._configuration.set_workers(self.value() + steps)

    def _on_value_changed(self, workers: int) -> None:
        self._configuration.offer_workers(workers)
        if self._configuration.workers_fault and self.hasFocus():
            QToolTip.showText(self.mapToGlobal(self.rect().bottomLeft()), self.toolTip(), self)

    def _show(self) -> None:
        scenario, fault = self._configuration.scenario, self._configuration.workers_fault
        with QSignalBlocker(self):
            self.setValue(self._configuration.workers_shown)
        self.setToolTip(fault or f"How many workers ({scenario.min_workers} to {scenario.max_workers})")
        self.setAccessibleDescription(self.toolTip())
        set_property(self, "invalid", bool(fault))
        self.setEnabled(not self._configuration.custom)


class InterpreterBox(ChoiceBox):
    """The interpreters that were found; the last entry asks for another one."""

    ADD, MISSING = "\0add", "\0missing"

    def __init__(
        self,
        configuration: RunConfiguration,
        interpreters: InterpreterList,
        add: Callable[[], object],
        parent: QWidget | None = None,
    ) -> None:
        """`add` is called when the user wants to point to another interpreter."""
        super().__init__("Interpreter", "The Python that runs the workload", self._pick, parent)
        self._configuration = configuration
        self._interpreters = interpreters
        self._add = add
        self.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToContents)  # where there is room
        self.setMinimumContentsLength(14)
        self.setMaximumWidth(WIDEST)
        interpreters.changed.connect(self._show)
        configuration.changed.connect(self._show)
        self._show()

    def shortened(self, text: str) -> str:
        """All of them are Pythons."""
        return text.removeprefix("Python ")

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Whoever steps from one to the next by keys comes to no entry that does something: that is in the list."""
        last = self.count() - 1
        self.setItemData(last, 0, ENABLED_ROLE)
        super().keyPressEvent(event)
        self.setItemData(last, None, ENABLED_ROLE)

    def _pick(self, path: str) -> None:
        if path == self.ADD:
            self._show()
            self._add()
        else:
            self._configuration.set_interpreter(path)

    def _show(self) -> None:
        missing = self._interpreters.missing()
        self.show_choices(
            [
                *self._interpreters.choices(),
                *((f"{self.MISSING}{number}", text) for number, (text, _) in enumerate(missing)),
                (self.ADD, "Add interpreter…"),
            ],
            self._configuration.interpreter,
        )
        for number, (_, why) in enumerate(missing, len(self._interpreters.entries)):
            self.setItemData(number, why, Qt.ItemDataRole.ToolTipRole)
            self.setItemData(number, 0, ENABLED_ROLE)
        for number, entry in enumerate(self._interpreters.entries):
            self.setItemData(number, entry.tip, Qt.ItemDataRole.ToolTipRole)
        self.view().setMinimumWidth(self.view().sizeHintForColumn(0) + 24)
        self.setToolTip(self._interpreters.describe(self._configuration.interpreter))


class _BelowHeadings(QStyledItemDelegate):
    """Headings are bold, what can be chosen is indented: spaces in its text would be in the way of whoever types."""

    def initStyleOption(self, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex) -> None:
        super().initStyleOption(option, index)
        if index.flags() & Qt.ItemFlag.ItemIsEnabled:
            option.text = f"  {option.text}"
        else:
            option.font.setBold(True)


def _heading(text: str) -> QStandardItem:
    item = QStandardItem(text)
    item.setFlags(Qt.ItemFlag.NoItemFlags)
    item.setData("\0heading", Qt.ItemDataRole.UserRole)
    return item


def _entry(title: str, value: str, tip: str) -> QStandardItem:
    item = QStandardItem(title)
    item.setData(value, Qt.ItemDataRole.UserRole)
    item.setToolTip(tip)
    return item

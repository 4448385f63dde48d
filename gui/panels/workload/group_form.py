"""Every field of one worker group, and of its locks and the queues, with its fault beside it."""

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

from PySide6.QtWidgets import QComboBox, QHBoxLayout, QLabel, QLineEdit, QToolButton, QVBoxLayout, QWidget

from engine.backends import registry as backends
from engine.tasks import registry as tasks
from engine.tasks.parameters import Parameter
from engine.tasks.workload_rules import CAPACITY, HOLD_MS, ITERATIONS, WORKERS
from gui.panels.workload.custom_data import CustomData
from gui.theme import ActiveTheme
from gui.widgets.buttons import IconButton
from gui.widgets.parameter_field import FieldRow, ParameterField, remark, str_of

NAME_WIDTH = 160


class Form(QWidget):
    """Fields by their path in the workload's data. Faults are shown at the field, or at the nearest one above it."""

    def __init__(self, custom: CustomData, themes: ActiveTheme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.custom = custom
        self.themes = themes
        self.fields: dict[str, FieldRow] = {}
        self.box = QVBoxLayout(self)
        self.box.setContentsMargins(0, 0, 0, 0)
        self.box.setSpacing(4)

    def show_errors(self, errors: Mapping[str, str]) -> None:
        """Marks the fields that have a fault; a field whose text is no value at all keeps its own reason."""
        for path, field in self.fields.items():
            own = isinstance(field, ParameterField) and field.check() is None
            if not own:
                field.show_error(errors.get(path, ""))

    def faulty(self) -> bool:
        """Whether some field holds text that is no value."""
        return any(isinstance(field, ParameterField) and field.check() is None for field in self.fields.values())

    def add_text(self, path: str, label: str, text: str, put: Callable[[str], object]) -> QLineEdit:
        line = QLineEdit(text)
        line.setFixedWidth(NAME_WIDTH)
        line.textEdited.connect(put)
        self._add(path, FieldRow(label, line))
        return line

    def add_parameter(self, path: str, parameter: Parameter, target: dict[str, Any]) -> None:
        field = ParameterField(parameter)
        value = target.get(parameter.name, parameter.default)
        field.set_text(str_of(value) if isinstance(value, (int, float, str, bool)) else str(value))

        def write() -> None:
            typed = field.value()  # text that is no value stays as it is until it has been put right
            self.custom.put(target, parameter.name, field.text() if typed is None else typed)

        field.edited.connect(write)
        self._add(path, field)

    def add_choice(
        self, path: str, label: str, choices: list[tuple[Any, str]], value: Any, put: Callable[[Any], object]
    ) -> None:
        box = QComboBox()
        box.setFixedWidth(NAME_WIDTH)
        for data, text in choices:
            box.addItem(text, data)
        box.setCurrentIndex(max(0, [data for data, _ in choices].index(value) if value in dict(choices) else 0))
        box.activated.connect(lambda number: put(choices[number][0]))
        self._add(path, FieldRow(label, box))

    def add_heading(self, text: str, *buttons: QToolButton) -> None:
        line = QWidget(self)
        inner = QHBoxLayout(line)
        inner.setContentsMargins(0, 8, 0, 0)
        inner.setSpacing(2)
        label = QLabel(text, line)
        label.setProperty("role", "heading")
        inner.addWidget(label, 1)
        for button in buttons:
            inner.addWidget(button)
        self.box.addWidget(line)

    def button(self, sign: str, tip: str, do: Callable[[], object]) -> QToolButton:
        return IconButton(self.themes, sign, tip, do, self)

    def _add(self, path: str, field: FieldRow) -> None:
        self.fields[path] = field
        self.box.addWidget(field)


class GroupForm(Form):
    """The group at `place`."""

    def __init__(self, custom: CustomData, place: int, themes: ActiveTheme, parent: QWidget | None = None) -> None:
        super().__init__(custom, themes, parent)
        group = custom.groups[place]
        path = f"groups[{place}]"
        put = custom.put
        self.name = self.add_text(f"{path}.name", "Name", str(group["name"]), lambda text: put(group, "name", text))
        self.add_parameter(f"{path}.workers", WORKERS, group)
        kinds = [(name, backend.title) for name, backend in backends.BACKENDS.items() if backend.shares_locks]
        self.add_choice(f"{path}.backend", "Backend", kinds, group["backend"], lambda name: put(group, "backend", name))
        types = [(name, task.title) for name, task in tasks.TASKS.items()]
        self.add_choice(f"{path}.task", "Task", types, group["task"], lambda name: self._change_task(group, name))
        task = tasks.TASKS.get(str(group["task"]))
        for parameter in task.parameters if task else ():
            self.add_parameter(f"{path}.parameters.{parameter.name}", parameter, group["parameters"])
        self.add_parameter(f"{path}.iterations", ITERATIONS, group)
        self._show_iterations(path, group["drains"])
        self._add_locks(place, group, path)
        names = [(None, "none")] + [(queue["name"], str(queue["name"])) for queue in custom.queues]
        self.add_choice(
            f"{path}.drains",
            "Takes items from queue",
            names,
            group["drains"],
            lambda name: self._drain(group, path, name),
        )
        self.add_choice(
            f"{path}.feeds", "Puts items into queue", names, group["feeds"], lambda name: put(group, "feeds", name)
        )

    def _add_locks(self, place: int, group: dict[str, Any], path: str) -> None:
        add = self.button("add", "Add a lock", lambda: self.custom.add_lock(place))
        self.add_heading("Locks, in the order taken", add)
        for number, lock in enumerate(group["locks"]):
            up = self.button("up", "Take this lock earlier", partial(self.custom.move, group["locks"], number, -1))
            down = self.button("down", "Take this lock later", partial(self.custom.move, group["locks"], number, 1))
            remove = self.button("remove", "Remove this lock", partial(self.custom.remove_lock, place, number))
            self.add_heading(f"{number + 1}.", up, down, remove)
            here = f"{path}.locks[{number}]"
            self.add_text(f"{here}.name", "Lock", str(lock["name"]), partial(self.custom.put, lock, "name"))
            self.add_parameter(f"{here}.hold_ms", HOLD_MS, lock)

    def _drain(self, group: dict[str, Any], path: str, queue: str | None) -> None:
        self.custom.put(group, "drains", queue)
        self._show_iterations(path, queue)

    def _show_iterations(self, path: str, drained: str | None) -> None:
        field = self.fields[f"{path}.iterations"]
        assert isinstance(field, ParameterField)
        field.editor.setEnabled(drained is None)
        field.explain(remark(field.parameter) if drained is None else f"One for each item taken from {drained}.")

    def _change_task(self, group: dict[str, Any], name: str) -> None:
        group["parameters"] = {}
        group["task"] = name
        self.custom.structure_changed.emit()


class QueuesForm(Form):
    """All queues."""

    def __init__(self, custom: CustomData, themes: ActiveTheme, parent: QWidget | None = None) -> None:
        super().__init__(custom, themes, parent)
        self.add_heading("Queues", self.button("add", "Add a queue", custom.add_queue))
        for number, queue in enumerate(custom.queues):
            remove = self.button("remove", "Remove this queue", partial(custom.remove_queue, number))
            self.add_heading(f"{number + 1}.", remove)
            rename = partial(custom.rename_queue, number)
            self.add_text(f"queues[{number}].name", "Queue", str(queue["name"]), rename)
            self.add_parameter(f"queues[{number}].capacity", CAPACITY, queue)

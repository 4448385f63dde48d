"""The custom workload: a table of worker groups, the fields of the chosen one, queues; load, save, run."""

import json
from pathlib import Path
from typing import Any

from PySide6.QtCore import Qt, QTimer, Signal
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import (
    QAbstractItemView,
    QFileDialog,
    QHBoxLayout,
    QHeaderView,
    QLabel,
    QScrollArea,
    QTableWidget,
    QTableWidgetItem,
    QVBoxLayout,
    QWidget,
)

from engine.tasks import workload
from engine.tasks.workload import InvalidWorkload
from engine.tasks.workload_rules import FieldError
from gui.panels.workload.custom_data import CustomData
from gui.panels.workload.group_form import Form, GroupForm, QueuesForm
from gui.theme import ActiveTheme
from gui.widgets.buttons import IconButton
from gui.widgets.dress_when_seen import DressWhenSeen
from gui.widgets.style import set_property

PATTERN = "Workloads (*.json);;All files (*)"
COLUMNS = ("Group", "Locks", "Workers", "Backend", "Task")
WIDE = 440  # px, room for all of them
TABLE_HEIGHT = 148


class GroupTable(QTableWidget):
    """The worker groups; where there is no room for all columns the last ones are left out: the form tells them."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(0, len(COLUMNS), parent)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setWordWrap(False)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Has the columns fit."""
        for name in ("Backend", "Task"):
            self.setColumnHidden(COLUMNS.index(name), event.size().width() < WIDE)
        super().resizeEvent(event)


class CustomPage(QWidget):
    """Edits a `CustomData`. Every fault is shown at its field and marks the group's row."""

    edited = Signal()

    def __init__(self, custom: CustomData, themes: ActiveTheme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.custom = custom
        self._themes = themes
        self._place = 0
        self.form: Form | None = None
        self.queues: Form | None = None
        self.table = self._make_table()
        self.message = QLabel(self)
        self.message.setWordWrap(True)
        self.message.hide()
        self._fields = QWidget(self)
        self._fields_layout = QVBoxLayout(self._fields)
        self._fields_layout.setContentsMargins(12, 4, 12, 12)
        self.area = QScrollArea(self)
        self.area.setWidgetResizable(True)
        self.area.setObjectName("custom-page")
        self.area.setAccessibleName("Custom workload")
        self.area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.area.setWidget(self._fields)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 8, 0, 0)
        layout.setSpacing(4)
        layout.addLayout(self._make_bar())
        layout.addWidget(self.table)
        layout.addWidget(self.area, 1)
        layout.addWidget(self.message)  # below: what is being edited stays where it is
        custom.structure_changed.connect(self._rebuild_later)
        custom.value_changed.connect(self._on_value_changed)
        self._rebuild_timer = QTimer(self)
        self._rebuild_timer.setSingleShot(True)
        self._rebuild_timer.timeout.connect(self.rebuild)
        DressWhenSeen(self, themes, lambda: self._show_errors(self.custom.errors()))
        self.rebuild()

    def data(self) -> dict[str, Any] | None:
        """The workload; None, with the faults marked, while it can't be run."""
        errors = self.custom.errors()
        unreadable = any(form is not None and form.faulty() for form in (self.form, self.queues))
        self._show_errors(errors)
        if errors:
            here = f"groups[{self._place}]."
            self._go_to(next((error for error in errors if error.path.startswith(here)), errors[0]))
        return None if errors or unreadable else self.custom.data

    def first_fault(self) -> str:
        """Why the workload can't be run, in one line; "" when it can."""
        if self.data() is not None:
            return ""
        fields = [field for form in (self.form, self.queues) if form is not None for field in form.fields.values()]
        shown = next((field.error for field in fields if field.error), "")
        return shown or next((error.message for error in self.custom.errors()), "")

    def load(self, path: Path) -> bool:
        """Shows a workload from a file; False, with the reason in the page, when the file holds none."""
        try:
            loaded = workload.load(path)
        except OSError as error:
            return self._say(f"{path} could not be read: {error.strerror or error}.", "error")
        except InvalidWorkload as error:
            return self._say(f"{path.name} holds no workload that can run: {error}.", "error")
        self._place = 0
        self.custom.replace(json.loads(json.dumps(workload.to_data(loaded))))
        self._say(f"Loaded {path.name}.", "dim")
        return True

    def save(self, path: Path) -> bool:
        """Writes the workload; False, with the reason in the page, when that is not possible."""
        if self.data() is None:
            return self._say("This workload can't be saved before the marked fields are put right.", "error")
        target = path if path.suffix else path.with_suffix(".json")
        try:
            workload.save(workload.from_data(self.custom.data), target)
        except OSError as error:
            return self._say(f"{target} could not be written: {error.strerror or error}.", "error")
        self._say(f"Saved as {target.name}.", "dim")
        return True

    def rebuild(self) -> None:
        """Makes table and forms anew."""
        self._rebuild_timer.stop()
        self._place = max(0, min(self._place, len(self.custom.groups) - 1))
        self._fill_table()
        for former in (self.form, self.queues):
            if former is not None:
                self._fields_layout.removeWidget(former)
                former.hide()
                former.deleteLater()
        self.form = GroupForm(self.custom, self._place, self._themes, self._fields)
        self.queues = QueuesForm(self.custom, self._themes, self._fields)
        self._fields_layout.insertWidget(0, self.form)
        self._fields_layout.insertWidget(1, self.queues)
        if self._fields_layout.count() == 2:
            self._fields_layout.addStretch(1)
        self._show_errors(self.custom.errors())

    def choose_group(self, place: int) -> None:
        if place != self._place and 0 <= place < len(self.custom.groups):
            self._place = place
            self.rebuild()

    def _make_table(self) -> QTableWidget:
        table = GroupTable(self)
        table.setAccessibleName("Worker groups")
        table.setHorizontalHeaderLabels(COLUMNS)
        table.verticalHeader().hide()
        table.verticalHeader().setDefaultSectionSize(24)
        table.setShowGrid(False)
        table.setFixedHeight(TABLE_HEIGHT)
        table.setTabKeyNavigation(False)
        table.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        table.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        table.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        header = table.horizontalHeader()
        header.setMinimumSectionSize(36)
        header.setDefaultAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
        header.setHighlightSections(False)
        header.setSectionResizeMode(QHeaderView.ResizeMode.ResizeToContents)
        header.setSectionResizeMode(COLUMNS.index("Locks"), QHeaderView.ResizeMode.Stretch)
        table.currentCellChanged.connect(lambda row, *_: self.choose_group(row))
        return table

    def _make_bar(self) -> QHBoxLayout:
        bar = QHBoxLayout()
        bar.setContentsMargins(8, 0, 8, 0)
        bar.setSpacing(2)
        custom = self.custom
        for sign, tip, do in (
            ("add", "Add a group", lambda: self._move_to(custom.add_group())),
            ("duplicate", "Duplicate this group", lambda: self._move_to(custom.duplicate_group(self._place))),
            ("remove", "Remove this group", lambda: self._move_to(custom.remove_group(self._place))),
            ("up", "Move this group up", lambda: self._move_to(custom.move(custom.groups, self._place, -1))),
            ("down", "Move this group down", lambda: self._move_to(custom.move(custom.groups, self._place, 1))),
        ):
            bar.addWidget(IconButton(self._themes, sign, tip, do, self))
        bar.addStretch(1)
        bar.addWidget(IconButton(self._themes, "open", "Load a workload from a file", self._ask_and_load, self))
        bar.addWidget(IconButton(self._themes, "save", "Save this workload to a file", self._ask_and_save, self))
        return bar

    def _move_to(self, place: int) -> None:
        self._place = place
        self._rebuild_later()

    def _rebuild_later(self) -> None:
        """Once the signal of a button that will be gone has been dealt with."""
        self.message.hide()
        self._rebuild_timer.start(0)
        self.edited.emit()

    def _on_value_changed(self) -> None:
        self.message.hide()
        self._fill_table()
        self._show_errors(self.custom.errors())
        self.edited.emit()

    def _fill_table(self) -> None:
        self.table.blockSignals(True)
        self.table.setRowCount(len(self.custom.groups))
        for row, group in enumerate(self.custom.groups):
            locks = " → ".join(str(lock["name"]) for lock in group["locks"])
            texts = (group["name"], locks, group["workers"], group["backend"], group["task"])
            for column, text in enumerate(texts):  # as typed, be it a value or not
                item = QTableWidgetItem(str(text))
                item.setToolTip(str(text))
                self.table.setItem(row, column, item)
        self.table.setCurrentCell(self._place, 0)
        self.table.blockSignals(False)

    def _show_errors(self, errors: list[FieldError]) -> None:
        by_path: dict[str, str] = {}
        for error in errors:
            by_path.setdefault(error.path, error.message)
        for form in (self.form, self.queues):
            if form is not None:
                form.show_errors(by_path)
        danger = self._themes.current.color("danger")
        for row in range(self.table.rowCount()):
            own = [error.message for error in errors if error.path.startswith(f"groups[{row}]")]
            item = self.table.item(row, 0)
            if item is not None:
                group = self.custom.groups[row]
                item.setToolTip("\n".join(own) or f"{item.text()}: {group['task']} on {group['backend']}")
                item.setForeground(danger if own else self._themes.current.color("text"))

    def _go_to(self, error: FieldError) -> None:
        if error.path.startswith("groups["):
            self.choose_group(int(error.path[len("groups[") :].partition("]")[0]))
        for form in (self.form, self.queues):
            field = form.fields.get(error.path) if form is not None else None
            if field is not None:
                self.area.ensureWidgetVisible(field)
                field.editor.setFocus()

    def _say(self, text: str, role: str) -> bool:
        set_property(self.message, "role", role)
        self.message.setText(text)
        self.message.setContentsMargins(12, 0, 12, 0)
        self.message.show()
        return False

    def _ask_and_load(self) -> None:
        chosen, _ = QFileDialog.getOpenFileName(self, "Load workload", "", PATTERN)
        if chosen:
            self.load(Path(chosen))

    def _ask_and_save(self) -> None:
        chosen, _ = QFileDialog.getSaveFileName(self, "Save workload as", "workload.json", PATTERN)
        if chosen:
            self.save(Path(chosen))

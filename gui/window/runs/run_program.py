"""Running a program of the user's own: a script or a module, with which arguments, where, on which interpreter."""

import os
import shlex
from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QComboBox, QFileDialog, QHBoxLayout, QLabel, QLineEdit, QPushButton, QVBoxLayout, QWidget

from gui.bridges.interpreter_list import InterpreterList
from gui.settings import Settings
from gui.state.run_configuration import RunConfiguration
from gui.widgets.interpreter_field import InterpreterField
from gui.widgets.parameter_field import FieldRow
from gui.window.overlays.overlay import Overlay

ARGUMENTS = "As in a shell. Nobody can type into the program: its standard input is empty."
FIELD_WIDTH = 440
MOST_RECENT = 8
KEY = "programs"


@dataclass(frozen=True)
class Program:
    """A program as it was asked for. `folder` may be empty: a script's own, the home folder for a module."""

    target: str
    is_module: bool = False
    arguments: str = ""
    folder: str = ""
    interpreter: str = ""

    @property
    def label(self) -> str:
        """`train.py --fast`"""
        name = f"-m {self.target}" if self.is_module else os.path.basename(self.target)
        return f"{name} {self.arguments}".strip()

    @property
    def words(self) -> list[str]:
        """What the interpreter is given. ValueError when `refusal` has something against the arguments."""
        arguments = shlex.split(self.arguments)
        return ["-m", self.target, *arguments] if self.is_module else [str(self.script), *arguments]

    @property
    def script(self) -> Path:
        return Path(self.target).expanduser().absolute()

    @property
    def place(self) -> Path:
        """The folder it runs in."""
        if self.folder:
            return Path(self.folder).expanduser().absolute()
        return Path.home() if self.is_module else self.script.parent

    def refusal(self) -> tuple[str, str] | None:
        """The field that can't be right, and why."""
        if not self.target:
            return "target", "Name a module." if self.is_module else "Name a script."
        if not self.is_module and not self.script.is_file():
            return "target", f"There is no script {self.target}."
        try:
            shlex.split(self.arguments)
        except ValueError:
            return "arguments", "A quotation mark is not closed."
        return None if self.place.is_dir() else ("folder", f"There is no folder {self.folder}.")


def recent_programs(settings: Settings) -> list[Program]:
    """Those that were run before, the last one first; what is damaged is left out."""
    kept: list[Any] = settings.get(KEY, [])
    names = set(Program.__dataclass_fields__)
    return [Program(**each) for each in kept if isinstance(each, dict) and "target" in each and set(each) <= names]


def project_folders(settings: Settings) -> list[Path]:
    """Where the user's own virtual environments may lie: the working folder, and where programs were run."""
    return [Path.cwd(), *(program.place for program in recent_programs(settings))]


class RunProgram(Overlay):
    """A small form over the window."""

    begun = Signal()  # a program runs

    def __init__(
        self,
        settings: Settings,
        configuration: RunConfiguration,
        interpreters: InterpreterList,
        run: Callable[[Program], tuple[str, str] | None],
        window: QWidget,
    ) -> None:
        """`run` begins the run, or gives a field (`target`, `arguments`, `folder`) and in a plain line why not."""
        super().__init__(window)
        self.setAccessibleName("Run a program")
        self._settings, self._configuration, self._run = settings, configuration, run
        self._interpreters = interpreters
        self._looked_in: set[Path] = set(project_folders(settings))
        self.recent = QComboBox(self)
        self.recent.setFixedWidth(FIELD_WIDTH)
        self.recent.activated.connect(self._on_recent)
        self.recent_row = FieldRow("Recent", self.recent)
        self.kind = QComboBox(self)
        self.kind.addItems(["Script", "Module"])
        self.kind.setAccessibleName("What it is")
        self.kind.currentIndexChanged.connect(self._on_kind)
        self.target, self.arguments, self.folder = self._line(), self._line(), self._line()
        self.arguments.setPlaceholderText("None")
        self.arguments.setFixedWidth(FIELD_WIDTH)
        self._browse = self._button("Browse…", self._on_browse)
        self.rows = {
            "target": FieldRow("Program", self._beside(self.kind, self.target, self._browse)),
            "arguments": FieldRow("Arguments", self.arguments, remark=ARGUMENTS),
            "folder": FieldRow("Folder", self._beside(self.folder, self._button("Browse…", self._on_browse_folder))),
        }
        for name, line in (("target", self.target), ("arguments", self.arguments), ("folder", self.folder)):
            row = self.rows[name]
            row.editor = line
            line.textEdited.connect(lambda _text, row=row: row.show_error(""))  # not what was refused any more
            if line is not self.arguments:
                line.editingFinished.connect(self._find_environments)
        self.target.setAccessibleName("Program")
        self.folder.setAccessibleName("Folder")
        self.interpreter = InterpreterField(configuration, interpreters, width=FIELD_WIDTH)
        title = QLabel("Run a program", self)
        title.setProperty("role", "title")
        self.run_button = self._button("Run", self._on_run)
        self.run_button.setProperty("primary", True)
        foot = QHBoxLayout()
        foot.addStretch(1)
        foot.addWidget(self._button("Close", self.dismiss))
        foot.addWidget(self.run_button)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(24, 16, 24, 16)
        layout.setSpacing(8)
        for part in (title, self.recent_row, *self.rows.values(), self.interpreter):
            layout.addWidget(part)
        layout.addLayout(foot)
        self._show_kind()
        for program in recent_programs(settings)[:1]:
            configuration.offer_program(program.label)

    def open(self) -> None:
        """Offers the program of the last time."""
        recent = recent_programs(self._settings)
        self.recent.clear()
        for program in recent:
            self.recent.addItem(program.label)
            self.recent.setItemData(self.recent.count() - 1, str(program.place), Qt.ItemDataRole.ToolTipRole)
        self.recent_row.setVisible(len(recent) > 1)
        self.fill_in(recent[0] if recent else Program(""))
        self.interpreter.leave_path()
        self.pop_up(self.target)
        self.target.selectAll()  # what is typed is another one

    def fill_in(self, program: Program) -> None:
        """Shows this program in the form."""
        self.kind.setCurrentIndex(int(program.is_module))
        self.target.setText(program.target)
        self.arguments.setText(program.arguments)
        self.folder.setText(program.folder)
        if program.interpreter:
            self._configuration.set_interpreter(program.interpreter)
        for row in self.rows.values():
            row.show_error("")

    def _line(self) -> QLineEdit:
        line = QLineEdit(self)
        line.returnPressed.connect(self._on_run)
        return line

    def _button(self, text: str, do: Callable[[], object]) -> QPushButton:
        button = QPushButton(text, self)
        button.clicked.connect(lambda _=False: do())
        return button

    def _beside(self, *parts: QWidget) -> QWidget:
        """In one line."""
        line = QWidget(self)
        line.setFixedWidth(FIELD_WIDTH)
        row = QHBoxLayout(line)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(8)
        for part in parts:
            row.addWidget(part, int(isinstance(part, QLineEdit)))
        return line

    def _on_kind(self) -> None:
        self._show_kind()
        self.rows["target"].show_error("")

    def _show_kind(self) -> None:
        is_module = self.kind.currentIndex() == 1
        self._browse.setVisible(not is_module)
        self.target.setPlaceholderText("A module, as after -m" if is_module else "A Python script")
        self.folder.setPlaceholderText("Your home folder" if is_module else "The script's own")

    def _on_recent(self, index: int) -> None:
        programs = recent_programs(self._settings)
        if index < len(programs):
            self.fill_in(programs[index])

    def _on_browse(self) -> None:
        start = self.target.text() or str(Path.home())
        chosen, _ = QFileDialog.getOpenFileName(self, "Script", start, "Python (*.py *.pyw);;All files (*)")
        if chosen:
            self.target.setText(chosen)
            self.arguments.setFocus()

    def _on_browse_folder(self) -> None:
        chosen = QFileDialog.getExistingDirectory(self, "Folder", self.folder.text() or str(Path.home()))
        if chosen:
            self.folder.setText(chosen)

    def run_again(self, *, interpreter: str | None = None) -> bool:
        """Runs the program of the last time, on that interpreter (default: its own); False when it can't be run.

        Asks then, and when there is none.
        """
        recent = recent_programs(self._settings)
        program = recent[0] if recent else Program("")
        if interpreter is not None:
            program = replace(program, interpreter=interpreter)
        if not recent or self._run(program) is not None:
            self.open()
            if recent:
                self._on_run()  # says why not, at the field
            return False
        self._on_begun(program)
        return True

    def _on_begun(self, program: Program) -> None:
        """It is what Run starts from now on, until something else is chosen."""
        recent, now = recent_programs(self._settings), program.interpreter
        others = [each for each in recent if replace(each, interpreter=now) != program]
        self._settings.put(KEY, [asdict(each) for each in (program, *others)][:MOST_RECENT])
        self._configuration.set_interpreter(program.interpreter)
        self._configuration.offer_program(program.label)
        self._configuration.choose_program()
        self.begun.emit()

    def _program(self) -> Program:
        return Program(
            self.target.text().strip(),
            self.kind.currentIndex() == 1,
            self.arguments.text().strip(),
            self.folder.text().strip(),
            self._configuration.interpreter,
        )

    def _find_environments(self) -> None:
        """Offers the virtual environments of the project that the program is in."""
        program = self._program()
        if program.target and program.place.is_dir() and program.place not in self._looked_in:
            self._looked_in.add(program.place)
            self._interpreters.find(sorted(self._looked_in))

    def _on_run(self) -> None:
        program = self._program()
        refused = self._run(program)
        for name, row in self.rows.items():
            row.show_error(refused[1] if refused is not None and refused[0] == name else "")
        if refused is not None:
            self.rows[refused[0]].editor.setFocus()
        else:
            self.dismiss()
            self._on_begun(program)

"""An editor for one typed parameter: with its unit, its range, its help, and the reason when a value is refused."""

import re

from PySide6.QtCore import QSignalBlocker, Qt, Signal
from PySide6.QtWidgets import QCheckBox, QComboBox, QHBoxLayout, QLabel, QLineEdit, QVBoxLayout, QWidget

from engine.tasks.parameters import Parameter, Value
from gui.widgets.style import set_property

EDITOR_WIDTH = 120
NARROW_SPACE = "\u202f"  # between thousands


class FieldRow(QWidget):
    """A label, an editor, a remark below; an error takes the remark's place and marks the editor."""

    def __init__(
        self, label: str, editor: QWidget, *, unit: str = "", remark: str = "", parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self.editor = editor
        self.error = ""
        self._remark_text = remark
        name = QLabel(label, self)
        name.setBuddy(editor)
        name.setWordWrap(True)
        editor.setAccessibleName(label)
        editor.setAccessibleDescription(remark)
        line = QHBoxLayout()
        line.setSpacing(8)
        line.addWidget(name, 1)
        line.addWidget(editor)
        if unit:
            sign = QLabel(unit, self)
            sign.setProperty("role", "dim")
            line.addWidget(sign)
        self._remark = QLabel(remark, self)
        self._remark.setProperty("role", "small")
        self._remark.setWordWrap(True)
        self._remark.setVisible(bool(remark))
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 4)
        layout.setSpacing(2)
        layout.addLayout(line)
        layout.addWidget(self._remark)

    def explain(self, remark: str) -> None:
        """Another remark."""
        self._remark_text = remark
        if not self.error:
            self._remark.setText(remark)
            self._remark.setVisible(bool(remark))
            self.editor.setAccessibleDescription(remark)

    def show_error(self, reason: str) -> None:
        """Marks the editor and says why; "" takes the mark away."""
        if reason == self.error:
            return
        self.error = reason
        set_property(self.editor, "invalid", bool(reason))
        set_property(self._remark, "role", "error" if reason else "small")
        self._remark.setText(reason or self._remark_text)
        self._remark.setVisible(bool(reason or self._remark_text))
        self.editor.setAccessibleDescription(reason or self._remark_text)


class ParameterField(FieldRow):
    """Edits a `Parameter` as text; `edited` comes with every change of the user, valid or not."""

    edited = Signal()

    def __init__(self, parameter: Parameter, parent: QWidget | None = None) -> None:
        self.parameter = parameter
        super().__init__(
            parameter.label, self._make_editor(parameter), unit=parameter.unit, remark=remark(parameter), parent=parent
        )
        self.set_text(str_of(parameter.default))

    def text(self) -> str:
        """What stands in the editor; a number without the spaces between its thousands."""
        if isinstance(self.editor, QCheckBox):
            return "yes" if self.editor.isChecked() else "no"
        if isinstance(self.editor, QComboBox):
            return self.editor.currentText()
        assert isinstance(self.editor, QLineEdit)
        return re.sub(r"(?<=\d)\s(?=\d{3}(\D|$))", "", self.editor.text())

    def set_text(self, text: str) -> None:
        """Shows another value, without `edited`."""
        with QSignalBlocker(self.editor):
            if isinstance(self.editor, QCheckBox):
                self.editor.setChecked(text == "yes")
            elif isinstance(self.editor, QComboBox):
                self.editor.setCurrentText(text)
            elif isinstance(self.editor, QLineEdit) and self.text() != text:
                self.editor.setText(re.sub(r"(?<=\d)(?=(\d{3})+$)", NARROW_SPACE, text) if text.isdecimal() else text)
        self.check()

    def value(self) -> Value | None:
        """The value; None, with the reason at the editor, when what stands there is refused."""
        return self.check()

    def check(self) -> Value | None:
        """Marks or unmarks the editor according to what stands in it."""
        try:
            value = self.parameter.parse(self.text())
        except ValueError as error:
            self.show_error(reason(self.parameter, str(error)))
            return None
        self.show_error("")
        return value

    def _make_editor(self, parameter: Parameter) -> QWidget:
        if parameter.kind == "bool":
            box = QCheckBox()
            box.toggled.connect(self._on_edited)
            return box
        if parameter.kind == "choice":
            choices = QComboBox()
            choices.addItems(list(parameter.choices))
            choices.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
            choices.currentTextChanged.connect(self._on_edited)
            return choices
        line = QLineEdit()
        line.setFixedWidth(EDITOR_WIDTH)
        line.setAlignment(Qt.AlignmentFlag.AlignRight)
        line.textEdited.connect(self._on_edited)
        return line

    def _on_edited(self) -> None:
        self.check()
        self.edited.emit()


def remark(parameter: Parameter) -> str:
    """Range and help in one line."""
    low, high = parameter.minimum, parameter.maximum
    unit = f" {parameter.unit}" if parameter.unit else ""
    if low is not None and high is not None:
        reach = f"{plain(low)} to {plain(high)}{unit}."
    elif low is not None:
        reach = f"At least {plain(low)}{unit}."
    else:
        reach = f"At most {plain(high)}{unit}." if high is not None else ""
    return " ".join(part for part in (reach, parameter.help) if part)


def plain(number: float) -> str:
    """5 000 000, 0.5: never with an exponent."""
    text = f"{number:,.0f}" if number == int(number) else f"{number:g}"
    return text.replace(",", NARROW_SPACE)


def reason(parameter: Parameter, message: str) -> str:
    """The engine's reason, beginning with the field's label in place of its name."""
    named = message.replace(parameter.name, parameter.label, 1) if message.startswith(parameter.name) else message
    return re.sub(r"(?<=\d),(?=\d{3})", NARROW_SPACE, named)


def str_of(value: Value) -> str:
    """The text that parses to this value."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    return f"{value:g}" if isinstance(value, float) else str(value)

"""Preferences: theme, colours of the states, where recordings are kept."""

from pathlib import Path

from PySide6.QtWidgets import QComboBox, QFileDialog, QHBoxLayout, QLabel, QLineEdit, QPushButton, QVBoxLayout, QWidget

from engine.session import DEFAULT_HZ
from gui.settings import Settings
from gui.theme import ActiveTheme, StatePalette
from gui.widgets.parameter_field import FieldRow
from gui.window.overlays.overlay import Overlay

THEMES = (("dark", True), ("light", False))
PATH_WIDTH = 280
SAMPLE_RATE_KEY = "sample_hz"
SAMPLE_RATES = (25, 50, 100, 200, 400, 800)  # a second


class Preferences(Overlay):
    """Everything takes effect at once."""

    def __init__(self, settings: Settings, themes: ActiveTheme, recordings_folder: Path, window: QWidget) -> None:
        """`recordings_folder` is where recordings go as long as the user has chosen no other folder."""
        super().__init__(window)
        self.setAccessibleName("Preferences")
        self._settings = settings
        self._themes = themes
        self.theme = QComboBox(self)
        self.theme.addItems([name for name, _ in THEMES])
        self.theme.activated.connect(lambda number: themes.choose(dark=THEMES[number][1]))
        self.palette_choice = QComboBox(self)
        self.palette_choice.addItems([palette.value for palette in StatePalette])
        self.palette_choice.activated.connect(lambda number: themes.choose(palette=list(StatePalette)[number]))
        self.sample_rate = QComboBox(self)
        self.sample_rate.addItems([f"{rate} a second" for rate in SAMPLE_RATES])
        self.sample_rate.activated.connect(lambda number: settings.put(SAMPLE_RATE_KEY, float(SAMPLE_RATES[number])))
        self.folder = QLineEdit(self)
        self.folder.setPlaceholderText(str(recordings_folder))
        self.folder.setMinimumWidth(PATH_WIDTH)
        self.folder.editingFinished.connect(self._on_folder_edited)
        browse = QPushButton("Browse…", self)
        browse.clicked.connect(self._on_browse_clicked)
        close = QPushButton("Close", self)
        close.clicked.connect(self.dismiss)
        line = QWidget(self)
        inner = QHBoxLayout(line)
        inner.setContentsMargins(0, 0, 0, 0)
        inner.addWidget(self.folder)
        inner.addWidget(browse)
        self.folder_row = FieldRow(
            "Recordings folder", line, remark="Every run is recorded here. Empty: the ordinary place."
        )
        self.folder_row.editor = self.folder
        self.folder.setAccessibleName("Recordings folder")
        layout = QVBoxLayout(self)
        layout.setContentsMargins(24, 16, 24, 16)
        layout.setSpacing(8)
        title = QLabel("Preferences", self)
        title.setProperty("role", "title")
        layout.addWidget(title)
        layout.addWidget(FieldRow("Theme", self.theme))
        layout.addWidget(FieldRow("Colours of the states", self.palette_choice))
        layout.addWidget(
            FieldRow(
                "Threads are sampled",
                self.sample_rate,
                remark="Tells GIL wait from I/O. It costs the recorder, not the program; from the next run on.",
            )
        )
        layout.addWidget(self.folder_row)
        foot = QHBoxLayout()
        foot.addStretch(1)
        foot.addWidget(close)
        layout.addLayout(foot)

    def open(self) -> None:
        """Shows what holds now."""
        theme = self._themes.current
        self.theme.setCurrentIndex(0 if theme.dark else 1)
        self.palette_choice.setCurrentText(theme.state_palette.value)
        self.folder.setText(self._settings.get("recordings_folder", ""))
        rate = self._settings.get(SAMPLE_RATE_KEY, DEFAULT_HZ)
        nearest = min(range(len(SAMPLE_RATES)), key=lambda number: abs(SAMPLE_RATES[number] - rate))
        self.sample_rate.setCurrentIndex(nearest)
        self.pop_up(self.theme)

    def _on_folder_edited(self) -> None:
        text = self.folder.text().strip()
        if text and not Path(text).is_dir():
            self.folder_row.show_error(f"{text} is not a folder; choose one that exists.")
            return
        self.folder_row.show_error("")
        self._settings.put("recordings_folder", text)

    def _on_browse_clicked(self) -> None:
        chosen = QFileDialog.getExistingDirectory(self, "Recordings folder", self.folder.text())
        if chosen:
            self.folder.setText(chosen)
            self._on_folder_edited()

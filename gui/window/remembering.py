"""What the window remembers of what is chosen in it: kept in the settings as it changes."""

from PySide6.QtCore import QObject, QTimer

from gui.panels.workload.panel import WorkloadPanel
from gui.settings import Settings
from gui.state.arrangement import Arrangement
from gui.state.filters import Filters
from gui.state.run_configuration import RunConfiguration
from gui.theme import ActiveTheme
from gui.widgets.messages import Message, Messages


class Remembering(QObject):
    """Owned by the window. What one event changes is written once, after it."""

    def __init__(
        self,
        settings: Settings,
        configuration: RunConfiguration,
        workload: WorkloadPanel,
        arrangement: Arrangement,
        filters: Filters,
        themes: ActiveTheme,
        messages: Messages,
        parent: QObject,
    ) -> None:
        super().__init__(parent)
        self._settings, self._configuration, self._custom = settings, configuration, workload.custom.custom
        self._arrangement, self._filters, self._themes, self._messages = arrangement, filters, themes, messages
        self._saving = QTimer(self)
        self._saving.setSingleShot(True)
        self._saving.timeout.connect(self.save)
        settings.on_change = self._saving.start
        for edited in (configuration.changed, workload.custom.edited):
            edited.connect(self._on_edited)
        for arranged in (arrangement.changed, filters.changed):
            arranged.connect(self._on_arranged)
        themes.changed.connect(self.keep_theme)

    def save(self) -> None:
        """Writes the settings now."""
        failed = self._settings.save()
        if failed:
            self._messages.show_message(Message("settings", failed, "warning"))

    def stop(self) -> None:
        """From now on nothing is written unless `save` is called."""
        self._settings.on_change = lambda: None

    def keep_theme(self) -> None:
        """Theme and palette as they are."""
        self._settings.put("dark", self._themes.current.dark)
        self._settings.put("palette", self._themes.current.state_palette.value)

    def _on_edited(self) -> None:
        self._settings.put("run", self._configuration.as_json())
        if not self._custom.errors():  # what can't run is not taken back at the next launch
            self._settings.put("custom", self._custom.data)

    def _on_arranged(self) -> None:
        self._settings.put("timeline", {**self._arrangement.as_json(), "sort": self._filters.sort.name})

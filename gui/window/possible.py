"""Which actions are possible at the moment: nothing that would do nothing can be chosen."""

from PySide6.QtCore import QEvent, QObject

from gui.action_table import When
from gui.timeline.input import conditions
from gui.window.frame import WindowFrame


class Possible(QObject):
    """Follows everything that the conditions of the table of actions speak of."""

    def __init__(self, window: WindowFrame) -> None:
        super().__init__(window)
        self._window, self._canvas = window, window.timeline.canvas
        self._holding: frozenset[When] | None = None
        for changing in (
            window.bridge.run_state_changed,
            window.pages.currentChanged,
            window.view.changed,
            window.view.follow_changed,
            window.selection.changed,
            window.filters.changed,
            self._canvas.rows_changed,
        ):
            changing.connect(self.refresh)
        for shown_or_not in (window.banner, window.messages):
            shown_or_not.installEventFilter(self)
        self.refresh()

    def refresh(self, *_: object) -> None:
        """Something may be possible now that was not, or the other way round."""
        holding = frozenset(self._of_window() | (conditions.holding(self._canvas) if self._lanes_shown else set()))
        if holding != self._holding:
            self._holding = holding
            self._window.acts.update_enabled(holding)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """A message or the banner has come or gone."""
        if event.type() in (QEvent.Type.ShowToParent, QEvent.Type.HideToParent):
            self.refresh()
        return super().eventFilter(watched, event)

    @property
    def _lanes_shown(self) -> bool:
        """Not on the page of comparisons; the first page gives way as soon as there is a recording."""
        return self._window.pages.currentWidget() in (self._window.welcome, self._window.centre_split)

    def _of_window(self) -> set[When]:
        window, running = self._window, self._window.bridge.running
        holds = {
            When.RUNNING: running,
            When.READY: not running,
            When.SAVEABLE: self._lanes_shown and window.bridge.model is not None and not running,
            When.DEADLOCK: window.banner.finding is not None,
            When.MESSAGE: not (window.banner.isHidden() and window.messages.isHidden()),
        }
        return {when for when, held in holds.items() if held}

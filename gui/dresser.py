"""Dresses an application in a theme: all of it at the start, and again step by step when the theme changes."""

import time
from collections.abc import Callable

from PySide6.QtCore import QCoreApplication, QDir, QEvent, QObject, QTimer
from PySide6.QtWidgets import QApplication, QWidget
from shiboken6 import isValid

from gui.theme import ICONS, THEMED_ICONS, ActiveTheme, qt_palette, stylesheet, text_on, ui_font

STEP_S = 0.002  # thread CPU time that a step may take
_DRESSED = "dressed"  # property of an application that has its style and font


class Dresser(QObject):
    """Follows `themes` for as long as they live.

    Setting a stylesheet anew has Qt polish every widget once for each of its ancestors. So the stylesheet names roles
    of the palette, which Qt reads when it polishes a widget: a change of theme is another palette, after which each
    widget is polished once. What can be seen comes first and appears all at once; what is hidden follows.
    """

    def __init__(
        self,
        application: QApplication,
        themes: ActiveTheme,
        *,
        thread_time: Callable[[], float] = time.thread_time,
        late: bool = False,
    ) -> None:
        """`late`: the stylesheet is put on when asked for."""
        super().__init__(themes)
        self._application, self._themes, self._thread_time = application, themes, thread_time
        self._waiting: list[QWidget] | None = []  # to be polished; None: not yet collected
        self._held: list[QWidget] = []  # windows that are not painted until all that can be seen is done
        self._next = QTimer(self)
        self._next.setInterval(0)
        self._next.timeout.connect(self.step)
        themes.changed.connect(self._on_changed)
        self._take_palette()
        if not application.property(_DRESSED):
            application.setProperty(_DRESSED, True)
            application.setStyle("Fusion")
            application.setFont(ui_font())
        if not late:
            self.put_on_stylesheet()

    def put_on_stylesheet(self) -> None:
        """Once per application. Were it there while a window is made, Qt would polish its widgets over and over."""
        if not self._application.styleSheet():
            self._application.setStyleSheet(stylesheet())

    @property
    def busy(self) -> bool:
        """Whether some widgets have still to be polished."""
        return self._waiting != []

    def step(self) -> None:
        """Polishes some more widgets, those that can be seen before the others."""
        begun = self._thread_time()
        if self._waiting is None:
            self._waiting = QApplication.allWidgets()
            return
        waiting = self._waiting = sorted(filter(isValid, self._waiting), key=QWidget.isVisible)
        while waiting:
            widget = waiting.pop()
            style = widget.style()
            style.unpolish(widget)
            style.polish(widget)
            if self._thread_time() - begun >= STEP_S:
                break
        if not waiting or not waiting[-1].isVisible():
            self._release()
        if not waiting:
            self._next.stop()

    def _on_changed(self) -> None:
        self._release()
        self._take_palette()
        self._held = [each for each in QApplication.topLevelWidgets() if each.isVisible() and each.updatesEnabled()]
        for window in self._held:
            window.setUpdatesEnabled(False)
        self._waiting = None
        self._next.start()

    def _release(self) -> None:
        for window in filter(isValid, self._held):
            window.setUpdatesEnabled(True)
            # A repaint that was due when they were held has been lost, and Qt would wait for it for ever.
            QCoreApplication.postEvent(window, QEvent(QEvent.Type.UpdateRequest))
        self._held = []

    def _take_palette(self) -> None:
        theme = self._themes.current
        ground = "on-dark" if text_on(theme.surfaces.accent) == "#ffffff" else "on-light"
        QDir.setSearchPaths(THEMED_ICONS, [str(ICONS / ground)])
        self._application.setPalette(qt_palette(theme))

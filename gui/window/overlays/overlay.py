"""What lies over the window for a moment: the base of all of it. Esc takes it away."""

from PySide6.QtCore import QEvent, Qt
from PySide6.QtGui import QKeyEvent, QKeySequence, QPalette, QResizeEvent
from PySide6.QtWidgets import QAbstractButton, QFrame, QWidget

from gui.widgets.tab_stops import move_focus, stops_in

WIDTH = 560
ENTER = (Qt.Key.Key_Return, Qt.Key.Key_Enter)
ROUNDING = 3  # px from the edge that rounded corners leave free
NATIVE = QKeySequence.SequenceFormat.NativeText


class Overlay(QFrame):
    """A frame in the middle of the window's upper part."""

    preferred_height = 0  # px; 0: as much as its contents ask for

    def __init__(self, window: QWidget) -> None:
        super().__init__(window)
        self._window = window
        self._former: QWidget | None = None
        self.setObjectName("overlay")
        # Opaque, as the rounded frame is not: a paint of what lies below leaves alone what lies on it.
        self._ground = QWidget(self)
        self._ground.setBackgroundRole(QPalette.ColorRole.Button)
        self._ground.setAutoFillBackground(True)
        self.hide()

    def pop_up(self, focused: QWidget) -> None:
        """Shows it and gives it the keyboard; dismissing gives the keyboard back."""
        self._former = self._window.window().focusWidget()
        self.adjustSize()
        self._lay_over()
        self.show()
        self.raise_()
        focused.setFocus(Qt.FocusReason.PopupFocusReason)

    def event(self, event: QEvent) -> bool:
        """What needs more room while it is shown, an error say, gets it."""
        done = super().event(event)
        if event.type() == QEvent.Type.LayoutRequest and self.isVisible():
            self._lay_over()
        return done

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._ground.setGeometry(self.rect().adjusted(ROUNDING, ROUNDING, -ROUNDING, -ROUNDING))

    def focusNextPrevChild(self, forward: bool) -> bool:
        """Tab and arrows go round in it: what lies below has the keyboard again when it is dismissed."""
        return move_focus(list(stops_in(self)), forward=forward)

    def lay_out(self) -> None:
        """Beforehand, so that it need not be done when it is shown."""
        self.ensurePolished()
        self.adjustSize()

    def _lay_over(self) -> None:
        window = self._window
        width = min(max(WIDTH, self.sizeHint().width()), window.width() - 64)
        height = min(self.preferred_height or self.sizeHint().height(), window.height() - 96)
        self.setGeometry((window.width() - width) // 2, 64, width, height)

    def dismiss(self) -> None:
        """First gives the keyboard back: when it is hidden with it, Qt would give that to the next in the window."""
        if self._former is not None and self._former.isVisible():
            self._former.setFocus(Qt.FocusReason.PopupFocusReason)
        self.hide()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Esc dismisses. Enter presses the button that has the keyboard: Qt lets it do so in dialogs only."""
        focused = self._window.window().focusWidget()
        if event.key() == Qt.Key.Key_Escape:
            self.dismiss()
        elif event.key() in ENTER and isinstance(focused, QAbstractButton) and self.isAncestorOf(focused):
            focused.click()
        else:
            super().keyPressEvent(event)

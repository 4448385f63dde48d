"""Where the window's parts stand: their first sizes, how they follow the window's, and what is kept of it."""

from PySide6.QtCore import QByteArray, QSize, Qt
from PySide6.QtGui import QResizeEvent, QShowEvent
from PySide6.QtWidgets import QStyle

from gui.widgets.tab_stops import move_focus
from gui.window.layout.tab_order import tab_stops
from gui.window.parts import NARROWEST, SMALLEST, WindowParts

FIRST_SIZE = QSize(1600, 960)
EDGE_PX = 8  # of what the window manager puts beside the window and below it
LOWEST = 120  # px, of the panels at the bottom
LOW = 800  # px; a window lower than this leaves the plots out and gives the timeline what it can


class WindowFrame(WindowParts):
    """The parts in their places, not yet connected."""

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._place_plots()

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        if not event.spontaneous():
            self.soon.put(self.docks.bring_floating)

    def focusNextPrevChild(self, forward: bool) -> bool:
        """Tab goes through the window as it is laid out."""
        return move_focus(tab_stops(self), forward=forward)

    def restore_places(self) -> None:
        """Geometry, docks and splitter as they were; as designed at the first launch."""
        self.resize(FIRST_SIZE.boundedTo(self.screen().availableSize()))
        geometry = self.settings.get_bytes("geometry")
        if geometry:
            self.restoreGeometry(QByteArray(geometry))
        self._fit_on_screen()
        if not self.docks.restore(self.settings.get_bytes("layout")):
            self.docks.arrange()
            self.size_parts()
        self._place_plots()

    def _fit_on_screen(self) -> None:
        """Also with what the window manager will put round the window: what is kept may be of a larger screen."""
        if not self.windowState() & (Qt.WindowState.WindowMaximized | Qt.WindowState.WindowFullScreen):
            beside = QSize(EDGE_PX, EDGE_PX + self.style().pixelMetric(QStyle.PixelMetric.PM_TitleBarHeight))
            room = self.screen().availableSize() - beside
            self.setMinimumHeight(min(SMALLEST.height(), room.height()))  # a full HD screen at twice its scale is lower
            self.resize(self.size().boundedTo(room))

    def show_plots(self, shown: bool) -> None:
        """Shows or hides the plots below the timeline."""
        self.settings.put("plots", shown)
        self._place_plots()

    def _place_plots(self) -> None:
        """As chosen; until then, shown where the window is high enough."""
        shown = self.settings.get("plots", self.height() >= LOW)
        if shown and self.plots.isHidden():
            self.plots.show()
            self.centre_split.place()
        self.plots.setVisible(shown)
        self.acts["plots"].setChecked(shown)

    def size_parts(self) -> None:
        """The first sizes: the timeline gets the space, in a low window still more of it."""
        width, height = self.width(), self.height()
        low = height < LOW
        self.docks.resize(
            {"workload": max(NARROWEST, width // 5), "details": max(NARROWEST, width // 5)}, Qt.Orientation.Horizontal
        )
        self.docks.resize({"findings": LOWEST if low else max(LOWEST, height // 5)}, Qt.Orientation.Vertical)
        self.docks.resize({"details": height // 2, "wait-for": height // 2}, Qt.Orientation.Vertical)

    def remember_places(self) -> None:
        """Puts into the settings where everything stands."""
        self.settings.put_bytes("geometry", bytes(self.saveGeometry().data()))
        self.settings.put_bytes("layout", self.docks.save())

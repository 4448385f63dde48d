"""Where the panels stand: docks that can be moved, closed and are remembered."""

from collections.abc import Collection, Iterator

from PySide6.QtCore import Qt
from PySide6.QtGui import QAction, QKeySequence
from PySide6.QtWidgets import QDockWidget, QMainWindow, QTabBar, QTabWidget, QWidget

from gui.widgets.tab_stops import stops_in

Area = Qt.DockWidgetArea
LAYOUT_VERSION = 2


class Docks:
    """All docks of a window by name, with actions that lead to them and close them."""

    def __init__(self, window: QMainWindow) -> None:
        self._window = window
        self._arranging = False
        self._docks: dict[str, QDockWidget] = {}
        self._starts: dict[str, QWidget] = {}
        self._go_actions: dict[str, QAction] = {}
        self._toggle_actions: dict[str, QAction] = {}
        self._places: list[tuple[QDockWidget, Area, QDockWidget | None, bool]] = []
        window.setDockNestingEnabled(True)
        window.setAnimated(False)  # what is put back while it moves stays where it was, over the timeline
        window.setCorner(Qt.Corner.BottomLeftCorner, Area.LeftDockWidgetArea)
        window.setCorner(Qt.Corner.BottomRightCorner, Area.BottomDockWidgetArea)
        window.setTabPosition(Area.AllDockWidgetAreas, QTabWidget.TabPosition.North)

    def add(
        self,
        name: str,
        title: str,
        body: QWidget,
        area: Area,
        *,
        beside: str = "",
        below: str = "",
        start: QWidget | None = None,
    ) -> QDockWidget:
        """Adds a dock; `beside`: as a tab of that one, `below`: under that one. `start`: what the keyboard comes to
        first, where that is not what stands first.
        """
        dock = QDockWidget(title, self._window)
        dock.setObjectName(f"dock-{name}")
        dock.setWidget(body)
        dock.setAllowedAreas(Area.AllDockWidgetAreas)
        self._docks[name] = dock
        if start is not None:
            self._starts[name] = start
        neighbour = self._docks.get(beside or below)
        self._places.append((dock, area, neighbour, bool(beside)))
        if beside:
            self._slim(dock)
            self._slim(self._docks[beside])
        self._make_actions(name, title)
        return dock

    def _make_actions(self, name: str, title: str) -> None:
        """Qt's own would close a panel behind another tab when somebody wants to see it."""
        go, toggle = QAction(title, self._window), QAction(title, self._window)
        go.triggered.connect(lambda: self._go(name))
        self._window.addAction(go)
        toggle.setCheckable(True)
        toggle.setChecked(True)
        toggle.triggered.connect(lambda: self._toggle(name))
        self._docks[name].toggleViewAction().toggled.connect(toggle.setChecked)
        if len(self._docks) <= 9:
            go.setShortcut(QKeySequence(f"Ctrl+{len(self._docks)}"))
            toggle.setText(f"{title}\t{go.shortcut().toString(QKeySequence.SequenceFormat.NativeText)}")
        self._go_actions[name], self._toggle_actions[name] = go, toggle

    def _go(self, name: str) -> None:
        """Brings a panel up with the keyboard; closes one that has it already."""
        body = self._docks[name].widget()
        if self.shown(name) and body.isAncestorOf(self._window.focusWidget()):
            self._docks[name].close()
        else:
            self.bring_up(name)
            start = self._starts.get(name)
            start = start if start is not None and start.isVisible() else next(stops_in(body), body)
            (body.focusWidget() or start).setFocus(Qt.FocusReason.ShortcutFocusReason)

    def _toggle(self, name: str) -> None:
        """Closes a panel that can be seen; brings up any other."""
        if self.shown(name):
            self._docks[name].close()
        else:
            self.bring_up(name)
        self._toggle_actions[name].setChecked(not self._docks[name].isHidden())

    def _slim(self, dock: QDockWidget) -> None:
        """Its tab names it already: a title bar only while it floats."""
        if dock.titleBarWidget() is None:
            bare = QWidget(dock)
            dock.setTitleBarWidget(bare)
            dock.topLevelChanged.connect(lambda floating: _show_title_bar(dock, floating))

    def __iter__(self) -> Iterator[QDockWidget]:
        return iter(self._docks.values())

    def __getitem__(self, name: str) -> QDockWidget:
        return self._docks[name]

    def go_actions(self) -> list[QAction]:
        """One a dock, with its key; its text is the title that the dock was added with."""
        return list(self._go_actions.values())

    def toggle_actions(self) -> list[QAction]:
        """For a menu: one a dock, checked while it is open."""
        return list(self._toggle_actions.values())

    def shown(self, name: str) -> bool:
        """Whether the dock's body can be seen: neither closed nor behind another tab."""
        return not self._docks[name].visibleRegion().isEmpty()

    def bring_up(self, name: str) -> None:
        """Shows a dock in front of its neighbours; the focus stays where it is."""
        dock = self._docks[name]
        if dock.isHidden():
            dock.show()
        bar, number = self._tab_of(dock)
        if bar is not None:
            bar.setCurrentIndex(number)
        else:
            dock.raise_()  # which paints the whole window anew

    def take_focus_along(self, name: str) -> None:
        """To a dock that came in front of one with the focus: keys act on what can be seen."""
        front, focused = self._docks[name], self._window.focusWidget()
        if focused is not None and any(each.isAncestorOf(focused) for each in self._window.tabifiedDockWidgets(front)):
            next(stops_in(front.widget()), front.widget()).setFocus()

    def bring_floating(self) -> None:
        """Docks that float come over their window: those shown before it lie behind it."""
        for dock in self._floating():
            dock.hide()
            dock.show()

    def hide_floating(self) -> None:
        """With their window, which does not take them along."""
        for dock in self._floating():
            dock.hide()

    def _floating(self) -> list[QDockWidget]:
        return [dock for dock in self._docks.values() if dock.isFloating() and dock.isVisible()]

    def _tab_of(self, dock: QDockWidget) -> tuple[QTabBar | None, int]:
        """The bar of tabs that a dock is in, and its place there."""
        if self._window.tabifiedDockWidgets(dock):
            for bar in self._tab_bars():
                for number in range(bar.count() if bar.count() > 1 else 0):  # Qt keeps bars that it has no use for
                    if bar.tabText(number) == dock.windowTitle():
                        return bar, number
        return None, 0

    def _tab_bars(self) -> list[QTabBar]:
        """Those of the docks; looking through all there is in the window takes 2 ms."""
        return self._window.findChildren(QTabBar, options=Qt.FindChildOption.FindDirectChildrenOnly)

    def show_only(self, names: Collection[str]) -> None:
        """Hides all other docks for now; `restore` of what `save` gave before brings them back."""
        for name, dock in self._docks.items():
            if name not in names:
                dock.hide()

    def arrange(self) -> None:
        """Puts every dock in its first place. What can be seen already is laid out once, when this is over."""
        layout = self._window.layout()
        if layout is not None and self._window.isVisible():
            layout.setEnabled(False)
        self._arranging = True
        try:
            self._put_in_places()
        finally:
            self._arranging = False
            if layout is not None:
                layout.setEnabled(True)
        self.tidy_tabs()

    def _put_in_places(self) -> None:
        for dock in self._docks.values():
            self._window.removeDockWidget(dock)
        for dock, area, neighbour, as_tab in self._places:
            if neighbour is None:
                self._window.addDockWidget(area, dock)
            elif as_tab:
                self._window.tabifyDockWidget(neighbour, dock)
            else:
                self._window.splitDockWidget(neighbour, dock, Qt.Orientation.Vertical)
            dock.setFloating(False)
            dock.show()
        for dock, _, neighbour, as_tab in self._places:
            if neighbour is None or not as_tab:
                dock.raise_()

    def tidy_tabs(self) -> None:
        """Tabs tell their whole names. Qt makes new tab bars whenever docks are moved together."""
        if self._arranging:
            return  # once at the end will do
        for bar in self._tab_bars():
            if bar.elideMode() != Qt.TextElideMode.ElideNone:  # else the whole window would be laid out anew
                bar.setElideMode(Qt.TextElideMode.ElideNone)
                bar.setUsesScrollButtons(True)
            if not bar.accessibleName():
                bar.setAccessibleName("Panels")

    def resize(self, sizes: dict[str, int], orientation: Qt.Orientation) -> None:
        """Widths or heights in px."""
        self._window.resizeDocks([self._docks[name] for name in sizes], list(sizes.values()), orientation)

    def save(self) -> bytes:
        return bytes(self._window.saveState(LAYOUT_VERSION).data())

    def restore(self, state: bytes) -> bool:
        """False when the state is of another version or damaged; nothing has changed then."""
        restored = bool(state) and self._window.restoreState(state, LAYOUT_VERSION)
        self.tidy_tabs()
        return restored


def _show_title_bar(dock: QDockWidget, shown: bool) -> None:
    """Qt's own title bar, or none."""
    dock.setTitleBarWidget(None if shown else QWidget(dock))  # type: ignore[arg-type]

"""A repaint of much of the window is cut into pieces: what takes long to paint takes turns, an event each."""

import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field

from PySide6.QtCore import QCoreApplication, QEvent, QObject, QPoint, QRect, QSize, Qt, QTimer
from PySide6.QtGui import QColor, QGuiApplication, QImage, QPainter, QPaintEvent, QResizeEvent, QWindow
from PySide6.QtWidgets import QWidget
from shiboken6 import isValid

from gui.window.veil import Veil, on_screen, picture_of, place_of

LIMIT_S = 0.0035  # thread CPU time of a repaint, after which whatever takes long waits for its turn;
FIRST_LIMIT_S = 0.0015  # the same for what has the next turn then, which takes longest
EXPECTED_S = 0.002  # that a widget takes, until it has been measured
TURN_S = 0.003  # that a turn takes, unless a single widget takes longer
LATEST_S = 0.1  # wall time, after which a turn waits for no other repaint, and is not put off for one
SMALL = 3  # a part of a widget smaller than one in so many is painted at once
# Where what has been painted stays in one image in memory until it is painted over.
KEEPING_PLATFORMS = ("xcb", "offscreen", "windows")
_OPAQUE = Qt.WidgetAttribute.WA_OpaquePaintEvent
_OVER = QEvent.Type(QEvent.registerEventType())


@dataclass(eq=False)
class _Follower:
    """A widget that can wait for its turn."""

    widget: QWidget
    ground: bool  # whether its background is to be painted for it
    first: bool  # waits only if it comes late in a repaint, and has the next turn then
    cost_s: float = EXPECTED_S  # thread CPU time of painting it
    place: QRect | None = None  # in the window, as painted last
    picture: QImage | None = None  # of it, from before it was moved or the window resized
    lost: bool = False  # the window does not hold its picture any more
    painted_on: QColor | None = None  # its background's colour then
    since: float | None = None  # wall time since when it waits
    owed: QRect = field(default_factory=QRect)  # of it, as long as it waits

    def paint_stand_in(self, area: QRect) -> None:
        """Until its turn comes: what it showed last."""
        if not self.lost:
            return
        self.lost = False
        painter = QPainter(self.widget)
        self.paint_ground(painter, area)
        if self.picture is not None:
            painter.drawImage(QPoint(0, 0), self.picture)

    def on_painted(self, area: QRect) -> None:
        """Waits no longer, if that was all that it waited for."""
        self.lost, self.picture, self.painted_on = False, None, self.ground_colour
        if area.contains(self.owed):
            self.since, self.owed = None, QRect()

    @property
    def ground_colour(self) -> QColor:
        return self.widget.palette().color(self.widget.backgroundRole())

    def paint_ground(self, painter: QPainter, area: QRect) -> None:
        painter.fillRect(area, self.ground_colour)

    def drop_picture(self) -> None:
        """It is of another theme: rather nothing until its turn comes, but in the right colour."""
        self.lost, self.picture, self.painted_on = True, None, self.ground_colour


class PaintTurns(QObject):
    """Watches how a window is repainted. Widgets given to `add` are painted within it as long as it has taken little.

    The others keep what they show, and are painted in events of their own, so that input is handled in between. For
    that they are made opaque: Qt does not erase them, and the window holds their picture until they paint over it. When
    the window gets another size it does not, and a copy stands in. On other platforms everything is painted at once.
    """

    def __init__(
        self,
        window: QWidget,
        *,
        thread_time: Callable[[], float] = time.thread_time,
        now: Callable[[], float] = time.monotonic,
    ) -> None:
        super().__init__(window)
        self._window, self._thread_time, self._now = window, thread_time, now
        self._followers: dict[QObject, _Follower] = {}
        self._veils: dict[QObject, Veil] = {}  # by the parts that they lie over
        self._waiting: deque[_Follower | Veil] = deque()
        self._turn: _Follower | None = None  # that is being painted
        self._begun: float | None = None  # thread time at which the repaint that is going on began
        self._painting: tuple[_Follower, float] | None = None  # what is being painted, and thread time when it began
        self._asked = False  # Qt, for the widget whose turn it is
        self._resized = False  # a follower, since the last repaint
        self._due = False  # a repaint has been asked for
        self._next = QTimer(self)
        self._next.setSingleShot(True)
        self._next.setInterval(0)
        self._next.timeout.connect(self._take_turns)
        self._works = QGuiApplication.platformName() in KEEPING_PLATFORMS
        if self._works:
            window.installEventFilter(self)

    @property
    def busy(self) -> bool:
        """Whether some widgets have still to be painted."""
        return bool(self._waiting)

    def add(self, widget: QWidget, *, first: bool = False) -> None:
        """Lets a widget wait, which must paint all of itself. `first`: waits only if it comes late in a repaint."""
        if not self._works or widget in self._followers:
            return
        ground = not widget.testAttribute(_OPAQUE)
        widget.setAttribute(_OPAQUE)
        self._followers[widget] = _Follower(widget, ground, first)
        widget.destroyed.connect(lambda: self._followers.pop(widget, None))
        widget.installEventFilter(self)

    def add_part(self, part: QWidget) -> None:
        """Lets a part of the window wait, with all that is in it, when it has another size or place."""
        if self._works:
            self._veils[part] = Veil(part)
            part.destroyed.connect(lambda: self._veils.pop(part, None))
            part.installEventFilter(self)

    def expect_repaint(self) -> None:
        """A repaint is going to come by itself: what waits does not make it longer."""
        self._due = True

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        kind = event.type()
        if kind is QEvent.Type.Paint:
            follower = self._followers.get(watched)
            return follower is not None and isinstance(event, QPaintEvent) and self._put_off(follower, event.rect())
        if kind in (QEvent.Type.Resize, QEvent.Type.Show):
            self._resized = True
            if isinstance(watched, QWindow) and isinstance(event, QResizeEvent):
                self._begin(event.size())  # Qt repaints within this event
            elif kind is QEvent.Type.Show and watched is self._window:
                handle = self._window.windowHandle()
                handle.removeEventFilter(self)
                handle.installEventFilter(self)
        elif kind is QEvent.Type.Hide:
            self._forget_place(watched)
        elif kind in (QEvent.Type.UpdateRequest, QEvent.Type.Expose) and watched not in self._veils:
            self._begin()
        return False

    def event(self, event: QEvent) -> bool:
        if event.type() == _OVER:
            self._begun = None
            return True
        return super().event(event)

    def _begin(self, size: QSize | None = None) -> None:
        """A repaint begins, the window having that size. It is over when its event has been handled."""
        self._begun = self._thread_time()
        QCoreApplication.postEvent(self, QEvent(_OVER), Qt.EventPriority.HighEventPriority.value)
        self._painting = None
        self._due = False
        if self._resized:
            self._resized = False
            self._keep_pictures(size or self._window.size())

    def _keep_pictures(self, size: QSize) -> None:
        """Of the widgets that have another place now, or of all when the window's picture is going to be made anew."""
        store = self._window.backingStore()
        if store is None:
            return
        painted = not store.size().isEmpty()
        anew = store.size() != size
        for veil in self._veils.values():
            self._lay(veil, painted=painted, anew=anew)
        for follower in self._followers.values() if painted else ():
            place = follower.place
            if place is None or not follower.widget.isVisible() or not (anew or place != place_of(follower.widget)):
                continue
            follower.lost = True
            if follower.picture is None:
                follower.picture = picture_of(self._window, place)

    def _forget_place(self, hidden: QObject) -> None:
        """Something else is painted there now, which must not stand in for it when it is shown again."""
        waits = self._followers.get(hidden) or self._veils.get(hidden)
        if waits is not None:
            waits.place, waits.picture = None, None

    def _lay(self, veil: Veil, *, painted: bool, anew: bool) -> None:
        """Over a part that has another size or place; nothing has been painted at all unless `painted`."""
        visible = veil.part.isVisible() and veil.part.window() is self._window
        before, veil.place = veil.place, place_of(veil.part) if visible else None
        if not visible or not painted or not (anew or veil.place != before):
            return
        if before is not None and veil.since is None:
            veil.picture = picture_of(self._window, before)
        veil.lay(self._now())
        if veil not in self._waiting:
            self._waiting.append(veil)
        self._next.start()

    def _put_off(self, follower: _Follower, area: QRect) -> bool:
        """Whether a widget is not painted now, although Qt asks for it."""
        widget = follower.widget
        if widget.window() is self._window and self._on_screen(widget):
            place = place_of(widget)
            follower.lost |= place != follower.place
            follower.place = place
            if follower.painted_on not in (None, follower.ground_colour):
                follower.drop_picture()
            erased = not widget.testAttribute(_OPAQUE)
            widget.setAttribute(_OPAQUE)  # style sheets take that away
            small = area.width() * area.height() * SMALL < widget.width() * widget.height() and not follower.lost
            if not small and not erased and self._has_to_wait(follower, area):
                follower.paint_stand_in(area)
                return True
            if not small:
                follower.on_painted(area)
                self._painting = follower, self._thread_time()
        if follower.ground:
            follower.paint_ground(QPainter(widget), area)
        return False

    def _has_to_wait(self, follower: _Follower, area: QRect) -> bool:
        """Whether this repaint has taken too long for it; then it gets another turn."""
        if self._begun is None:
            return False
        begun = self._thread_time()
        self._measure(begun)
        mine = follower is self._turn
        self._asked |= mine
        expected_s = 0.0 if mine or follower.first else follower.cost_s
        limit_s = FIRST_LIMIT_S if follower.first and not mine else LIMIT_S
        late = mine and follower.since is not None and follower.since <= self._now() - LATEST_S
        if late or begun - self._begun + expected_s <= limit_s:
            return False
        if follower.since is None:  # though it may still have a place among them from before it was painted last
            follower.since = self._now()
        if follower not in self._waiting:
            (self._waiting.appendleft if follower.first else self._waiting.append)(follower)
        follower.owed = follower.owed.united(area)
        self._next.start()
        return True

    @staticmethod
    def _on_screen(widget: QWidget) -> bool:
        painter = QPainter(widget)
        try:
            return on_screen(widget, painter)
        finally:
            painter.end()

    def _measure(self, now: float) -> None:
        """What was being painted, if anything, has been."""
        if self._painting is not None:
            follower, begun = self._painting
            follower.cost_s = now - begun
            self._painting = None

    def _take_turns(self) -> None:
        """Paints those that wait, as many as a short event has time for."""
        begun = self._thread_time()
        due, self._due, painted = self._due, False, False
        for _ in range(len(self._waiting)):
            next_ = self._waiting[0]
            if due and (next_.since or 0.0) > self._now() - LATEST_S:
                break
            expected_s = EXPECTED_S if isinstance(next_, Veil) else next_.cost_s
            if painted and self._thread_time() - begun + expected_s > TURN_S:
                break
            self._waiting.popleft()
            if isinstance(next_, Veil):
                self._paint_part(next_)
            else:
                self._paint(next_)
            painted = True
        if self._waiting:
            self._next.start()

    def _paint(self, follower: _Follower) -> None:
        if follower.since is None or not isValid(follower.widget):
            return  # painted meanwhile
        self._turn, self._asked = follower, False
        follower.widget.repaint()
        self._measure(self._thread_time())
        self._turn = None
        if not self._asked:  # it cannot be seen
            follower.since, follower.owed = None, QRect()

    def _paint_part(self, veil: Veil) -> None:
        if isValid(veil):
            veil.lift()
            self._begin()
            veil.part.repaint()
            self._begun = None

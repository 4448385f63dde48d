"""What the keyboard does in the timeline. W, A, S and D are taken by their place, not by their letter."""

import sys
from collections.abc import Callable
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt
from PySide6.QtGui import QKeyEvent

from gui.timeline.input.measuring import follow_slice
from gui.timeline.input.navigation import (
    focus_selection,
    follow_hand_off,
    select_row_beside,
    step_alike,
    step_slice,
    toggle_group,
)

if TYPE_CHECKING:
    from gui.timeline.canvas import Canvas

ZOOM_STEP = 1.25
PAN_STEP = 0.1  # of the view
PAGE = 0.9

_Key = Qt.Key
# Scan codes of the keys where a US keyboard has W, A, S, D: evdev + 8 under X11 and Wayland, set 1 on Windows.
_PHYSICAL = {
    "linux": {25: _Key.Key_W, 38: _Key.Key_A, 39: _Key.Key_S, 40: _Key.Key_D},
    "win32": {17: _Key.Key_W, 30: _Key.Key_A, 31: _Key.Key_S, 32: _Key.Key_D},
}
# With Shift these give other letters on every keyboard.
_SHIFTED = {"linux": {60: _Key.Key_Period, 59: _Key.Key_Comma}, "win32": {52: _Key.Key_Period, 51: _Key.Key_Comma}}
_SHIFTED_LETTERS = {_Key.Key_Greater.value: _Key.Key_Period, _Key.Key_Less.value: _Key.Key_Comma}
_PHYSICAL_MAC = {13: _Key.Key_W, 0: _Key.Key_A, 1: _Key.Key_S, 2: _Key.Key_D}  # virtual key codes


def physical_key(event: QKeyEvent) -> int:
    """The key by its place for W, A, S, D, by its letter where no place is known and for all other keys."""
    if sys.platform == "darwin":
        # 0 is a key here, so a made-up event (no text from the keyboard) cannot be told from A by its code alone.
        by_place = _PHYSICAL_MAC.get(event.nativeVirtualKey()) if event.nativeScanCode() else None
    else:
        by_place = _PHYSICAL.get(sys.platform, {}).get(event.nativeScanCode())
    return by_place.value if by_place is not None else event.key()


def shifted_key(event: QKeyEvent) -> int:
    """The key that was pressed together with Shift, as it is without: `.` for `>`."""
    by_place = _SHIFTED.get(sys.platform, {}).get(event.nativeScanCode())
    found = by_place or _SHIFTED_LETTERS.get(event.key())
    return found.value if found is not None else physical_key(event)


class Keys:
    """The timeline's own keys; those with Ctrl and F belong to the window's actions too, and mean the same."""

    def __init__(self, canvas: "Canvas") -> None:
        self._canvas = canvas
        view = canvas.view
        self._plain: dict[int, Callable[[], object]] = {
            _Key.Key_W.value: lambda: self._zoom(1 / ZOOM_STEP),
            _Key.Key_S.value: lambda: self._zoom(ZOOM_STEP),
            _Key.Key_Plus.value: lambda: self._zoom(1 / ZOOM_STEP),
            _Key.Key_Equal.value: lambda: self._zoom(1 / ZOOM_STEP),
            _Key.Key_Minus.value: lambda: self._zoom(ZOOM_STEP),
            _Key.Key_A.value: lambda: view.pan(-view.span_ns * PAN_STEP),
            _Key.Key_D.value: lambda: view.pan(view.span_ns * PAN_STEP),
            _Key.Key_Left.value: lambda: view.pan(-view.span_ns * PAN_STEP),
            _Key.Key_Right.value: lambda: view.pan(view.span_ns * PAN_STEP),
            _Key.Key_Up.value: lambda: select_row_beside(canvas, -1),
            _Key.Key_Down.value: lambda: select_row_beside(canvas, 1),
            _Key.Key_PageUp.value: lambda: self._page(-1),
            _Key.Key_PageDown.value: lambda: self._page(1),
            _Key.Key_Home.value: view.fit_all,
            _Key.Key_End.value: view.resume_following,
            _Key.Key_F.value: lambda: focus_selection(canvas),
            _Key.Key_Period.value: lambda: self._step(1),
            _Key.Key_Comma.value: lambda: self._step(-1),
            _Key.Key_BracketRight.value: lambda: follow_hand_off(canvas, 1),
            _Key.Key_BracketLeft.value: lambda: follow_hand_off(canvas, -1),
            _Key.Key_Return.value: lambda: toggle_group(canvas),
            _Key.Key_Enter.value: lambda: toggle_group(canvas),
            _Key.Key_Space.value: lambda: toggle_group(canvas),
            _Key.Key_Escape.value: self._escape,
        }
        self._shifted: dict[int, Callable[[], object]] = {
            **self._plain,
            _Key.Key_Period.value: lambda: step_alike(canvas, 1),
            _Key.Key_Comma.value: lambda: step_alike(canvas, -1),
            _Key.Key_Left.value: lambda: view.pan(-view.span_ns * PAGE),
            _Key.Key_Right.value: lambda: view.pan(view.span_ns * PAGE),
        }

    def press(self, event: QKeyEvent) -> bool:
        """Does what a key stands for. Returns False for keys that mean nothing here."""
        modifiers = event.modifiers() & ~Qt.KeyboardModifier.KeypadModifier
        if event.key() == _Key.Key_Z.value and modifiers & Qt.KeyboardModifier.ControlModifier:
            self._go(forward=bool(modifiers & Qt.KeyboardModifier.ShiftModifier))
            return True
        if modifiers & ~Qt.KeyboardModifier.ShiftModifier != Qt.KeyboardModifier.NoModifier:
            return False
        shift = bool(modifiers & Qt.KeyboardModifier.ShiftModifier)
        does = self._shifted.get(shifted_key(event)) if shift else self._plain.get(physical_key(event))
        if does is None or self._canvas.model is None:
            return False
        does()
        return True

    def _go(self, *, forward: bool) -> None:
        view = self._canvas.view
        if not (view.go_forward() if forward else view.go_back()):
            self._canvas.remarked.emit(f"There is no {'further' if forward else 'earlier'} view to go to.")

    def _zoom(self, factor: float) -> None:
        """Around the pointer when it is over the lanes, else around the middle."""
        self._canvas.view.zoom(factor, self._canvas.hit.time_ns)

    def _page(self, direction: int) -> None:
        rows = round(self._canvas.geometry_now().whole_rows * PAGE)
        self._canvas.scroll_to(self._canvas.first_row + direction * max(rows, 1))

    def _step(self, direction: int) -> None:
        step_slice(self._canvas, direction)
        follow_slice(self._canvas)

    def _escape(self) -> None:
        """Clears one thing after the other: the ruler, the selection, the state filter."""
        canvas = self._canvas
        if canvas.measure.marks is not None:
            canvas.measure.clear()
        elif not canvas.selection.empty:
            canvas.selection.clear()
        else:
            canvas.filters.show_states(())

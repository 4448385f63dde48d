"""A key event as a keyboard of another layout sends it."""

from PySide6.QtCore import Qt


class KeyOfLayout:
    """`key` is what the layout has there, `scan` where the key is on the keyboard (0: not told)."""

    def __init__(self, key: Qt.Key, scan: int) -> None:
        self._key, self._scan = key, scan

    def key(self) -> int:
        return self._key.value

    def nativeScanCode(self) -> int:
        return self._scan

    def nativeVirtualKey(self) -> int:
        return 0

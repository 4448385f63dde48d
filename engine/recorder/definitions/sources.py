"""The source files of the traced program, as they are during the run: to find names in and to keep."""

import re
from pathlib import Path

LARGEST_FILE = 2 << 20  # bytes; nobody wrote a larger one by hand
KEPT_FILE = 256 << 10  # a recording keeps files up to this size,
KEPT_IN_ALL = 4 << 20  # and this much of them
INSTALLED = re.compile(r"/(site|dist)-packages/")
_STANDARD_LIBRARY = re.compile(r"/lib(64)?/python3\.\d+t?/(?!site-packages/|dist-packages/)")


class Sources:
    """Reads each file once. What cannot be read, or is no text in UTF-8, is None."""

    def __init__(self) -> None:
        self.own: list[str] = []  # the program's: those that it has told of and that are not of the standard library
        self._judged: set[str] = set()
        self._texts: dict[str, str | None] = {}
        self._kept: set[str] = set()
        self._left = KEPT_IN_ALL

    def text(self, file: str, *, by_chance: bool = False) -> str | None:
        """The whole file. `by_chance`: a sample has hit it, which makes an installed one none of the program's."""
        if file not in self._texts:
            self._texts[file] = _read(file)
        text = self._texts[file]
        if file not in self._judged and not (by_chance and INSTALLED.search(file)):
            self._judged.add(file)
            if text is not None and _STANDARD_LIBRARY.search(file) is None:
                self.own.append(file)
        return text

    def to_keep(self, file: str, *, by_chance: bool = False) -> str | None:
        """The file's text at the first call for it, when the recording has room for it; None afterwards."""
        text = self.text(file, by_chance=by_chance)
        if file in self._kept:
            return None
        self._kept.add(file)
        size = len(text.encode()) if text else 0
        if not text or size > min(KEPT_FILE, self._left):
            return None
        self._left -= size
        return text


def _read(file: str) -> str | None:
    path = Path(file)
    try:
        if not path.is_file() or path.stat().st_size > LARGEST_FILE:
            return None
        return path.read_text(encoding="utf-8")
    except (OSError, ValueError):
        return None

"""Colours Python code: keywords, names being defined, strings, numbers, comments."""

import builtins
import keyword
import re

from PySide6.QtGui import QColor, QFont, QSyntaxHighlighter, QTextCharFormat, QTextDocument

from engine.recording.schema import State
from gui.theme import Theme

_TOKENS = re.compile(
    r"(?P<comment>#.*)"
    r"|(?P<string>(?:\b[rbfuRBFU]{1,2})?(?:\"(?:\\.|[^\"\\])*\"?|'(?:\\.|[^'\\])*'?))"
    r"|(?P<decorator>@[\w.]+)"
    r"|(?P<definition>(?<=\bdef )\w+|(?<=\bclass )\w+)"
    r"|(?P<number>\b\d[\w.]*)"
    r"|(?P<word>\b[A-Za-z_]\w*)"
)
_TRIPLE = re.compile(r"\"\"\"|'''")
_BUILTINS = frozenset(name for name in dir(builtins) if not name.startswith("_"))
_IN_DOUBLE, _IN_SINGLE = 1, 2


class PythonHighlighter(QSyntaxHighlighter):
    """Works line by line; only strings in triple quotes reach over lines."""

    def __init__(self, document: QTextDocument, theme: Theme) -> None:
        super().__init__(document)
        self._formats: dict[str, QTextCharFormat] = {}
        self._choose_colours(theme)

    def dress(self, theme: Theme) -> None:
        """Colours everything anew."""
        self._choose_colours(theme)
        self.rehighlight()

    def highlightBlock(self, text: str) -> None:
        start = 0
        state = self.previousBlockState()
        if state in (_IN_DOUBLE, _IN_SINGLE):
            end = text.find('"""' if state == _IN_DOUBLE else "'''")
            if end < 0:
                self.setFormat(0, len(text), self._formats["string"])
                self.setCurrentBlockState(state)
                return
            start = end + 3
            self.setFormat(0, start, self._formats["string"])
        self.setCurrentBlockState(0)
        while True:
            triple = self._first_triple(text, start)
            self._colour_tokens(text, start, triple.start() if triple else len(text))
            if triple is None:
                return
            end = text.find(triple.group(), triple.end())
            if end < 0:
                self.setFormat(triple.start(), len(text) - triple.start(), self._formats["string"])
                self.setCurrentBlockState(_IN_DOUBLE if triple.group() == '"""' else _IN_SINGLE)
                return
            start = end + 3
            self.setFormat(triple.start(), start - triple.start(), self._formats["string"])

    @staticmethod
    def _first_triple(text: str, start: int) -> "re.Match[str] | None":
        comment = text.find("#", start)
        found = _TRIPLE.search(text, start)
        return found if found is not None and (comment < 0 or found.start() < comment) else None

    def _colour_tokens(self, text: str, start: int, end: int) -> None:
        for token in _TOKENS.finditer(text, start, end):
            kind = token.lastgroup or ""
            if kind == "word":
                word = token.group()
                kind = "keyword" if keyword.iskeyword(word) else "builtin" if word in _BUILTINS else ""
            if kind:
                self.setFormat(token.start(), token.end() - token.start(), self._formats[kind])

    def _choose_colours(self, theme: Theme) -> None:
        surfaces = theme.surfaces
        violet = QColor(theme.states[State.GIL_WAIT])
        colours = {
            "comment": QColor(surfaces.text_dim),
            "string": QColor(surfaces.good),
            "decorator": QColor(surfaces.warning),
            "definition": QColor(surfaces.accent),
            "number": QColor(surfaces.warning),
            "keyword": violet.lighter(150) if theme.dark else violet.darker(125),
            "builtin": QColor(surfaces.accent),
        }
        for kind, colour in colours.items():
            made = QTextCharFormat()
            made.setForeground(colour)
            if kind == "comment":
                made.setFontItalic(True)
            if kind in ("keyword", "definition"):
                made.setFontWeight(QFont.Weight.DemiBold)
            self._formats[kind] = made

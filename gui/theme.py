"""Every colour, size and font of the window: dark and light, three palettes of states, the stylesheet."""

from dataclasses import dataclass
from enum import Enum
from functools import cache, cached_property
from pathlib import Path
from string import Template

from PySide6.QtCore import QObject, Signal
from PySide6.QtGui import QColor, QFont, QFontDatabase, QPalette

from engine.recording.schema import State
from gui.one_by_one import OneByOne

GRID = 8  # px; margins and heights are multiples or halves of it
FONT_SMALL_PX = 11
FONT_PX = 13
FONT_TITLE_PX = 15
FONT_LARGE_PX = 22
STYLESHEET = Path(__file__).parent.parent / "resources" / "themes" / "application.qss"
ICONS = STYLESHEET.parents[1] / "icons"
THEMED_ICONS = "themed"  # Qt's search path for icons that suit the theme's accent
_Role = QPalette.ColorRole
# For each surface that the stylesheet uses: the stylesheet's word for a role of the palette, and the roles that have
# this colour. Four roles that nothing else reads carry what Qt has no role for.
ROLES = {
    "window": ("window", (_Role.Window,)),
    "panel": ("base", (_Role.Base,)),
    "raised": ("button", (_Role.Button,)),
    "hovered": ("light", (_Role.Light,)),
    "canvas": ("shadow", (_Role.Shadow,)),
    "lane": ("alternate-base", (_Role.AlternateBase,)),
    "border": ("mid", (_Role.Mid,)),
    "border_strong": ("dark", (_Role.Dark,)),
    "text": ("text", (_Role.Text, _Role.WindowText, _Role.ButtonText)),
    "text_off": ("tooltip-text", (_Role.ToolTipText,)),
    "text_dim": ("placeholder-text", (_Role.PlaceholderText,)),
    "accent": ("highlight", (_Role.Highlight, _Role.Link, _Role.Accent)),
    "accent_text": ("highlighted-text", (_Role.HighlightedText,)),
    "accent_soft": ("midlight", (_Role.Midlight,)),
    "danger": ("bright-text", (_Role.BrightText,)),
    "danger_soft": ("link-visited", (_Role.LinkVisited,)),
    "warning": ("tooltip-base", (_Role.ToolTipBase,)),
}

STATE_NAMES = {state: state.words for state in State}


class StatePalette(Enum):
    """Sets of state colours, for different eyes."""

    STANDARD = "standard"
    COLOUR_BLIND = "colour-blind safe"
    HIGH_CONTRAST = "high contrast"


@dataclass(frozen=True)
class Surfaces:
    """Colours of everything that is not a state, as #rrggbb. The stylesheet's placeholders are some of these fields."""

    window: str
    panel: str
    raised: str
    hovered: str
    canvas: str
    lane: str
    group: str
    border: str
    border_strong: str
    text: str
    text_dim: str
    text_off: str  # of what cannot be used now
    accent: str
    accent_text: str
    accent_soft: str
    good: str
    warning: str
    danger: str
    danger_soft: str


@dataclass(frozen=True)
class Theme:
    """One look. Colours are #rrggbb strings; `color` makes them QColors."""

    dark: bool
    state_palette: StatePalette
    surfaces: Surfaces
    states: dict[State, str]
    hold: str
    deadlock: str
    deadlock_stripe: str

    @cached_property
    def name(self) -> str:
        return f"{'dark' if self.dark else 'light'}, {self.state_palette.value}"

    def color(self, field: str) -> QColor:
        """A surface colour by the name of its field."""
        return QColor(getattr(self.surfaces, field))

    def state_color(self, state: State) -> QColor:
        return QColor(self.states[state])

    def state_text(self, state: State) -> QColor:
        """The colour of text that stands on a slice of this state."""
        return QColor(text_on(self.states[state]))


_DARK = Surfaces(
    window="#15181d", panel="#1a1e25", raised="#242a33", hovered="#2c343f", canvas="#111419", lane="#171b21",
    group="#1f252d", border="#2b323c", border_strong="#465160", text="#e4e8ee", text_dim="#9ba6b5", text_off="#465160",
    accent="#62a8ff", accent_text="#08131f", accent_soft="#1d3350", good="#5cc98b", warning="#e6b04a",
    danger="#ff7b7b", danger_soft="#4a1f24",
)  # fmt: skip
_LIGHT = Surfaces(
    window="#eef1f4", panel="#f8f9fb", raised="#ffffff", hovered="#e6ebf1", canvas="#ffffff", lane="#f6f7f9",
    group="#e9edf2", border="#d5dbe2", border_strong="#9aa6b4", text="#1a2029", text_dim="#566170", text_off="#9aa6b4",
    accent="#0a62c9", accent_text="#ffffff", accent_soft="#d5e6fb", good="#146c3f", warning="#7d5200",
    danger="#b3202b", danger_soft="#fbe0e2",
)  # fmt: skip
_DARK_HIGH = Surfaces(
    window="#000000", panel="#000000", raised="#141414", hovered="#262626", canvas="#000000", lane="#0a0a0a",
    group="#181818", border="#6a6a6a", border_strong="#c8c8c8", text="#ffffff", text_dim="#d2d2d2", text_off="#8a8a8a",
    accent="#7cc0ff", accent_text="#000000", accent_soft="#0d3a63", good="#74f0a4", warning="#ffd24d",
    danger="#ff9a9a", danger_soft="#5c0f16",
)  # fmt: skip
_LIGHT_HIGH = Surfaces(
    window="#ffffff", panel="#ffffff", raised="#ffffff", hovered="#e4e4e4", canvas="#ffffff", lane="#f7f7f7",
    group="#e8e8e8", border="#707070", border_strong="#202020", text="#000000", text_dim="#333333", text_off="#767676",
    accent="#003f91", accent_text="#ffffff", accent_soft="#cfe2fb", good="#00522a", warning="#5c3b00",
    danger="#8e0010", danger_soft="#ffdcdf",
)  # fmt: skip

_STATES = {
    (StatePalette.STANDARD, True): {
        State.RUNNING: "#2f9e68", State.LOCK_WAIT: "#cf3d46", State.WAIT: "#e08aa6", State.GIL_WAIT: "#7f57c9",
        State.CORE_WAIT: "#2fb3c6", State.IO: "#3f7fd6", State.SLEEP: "#43536a", State.IDLE: "#5b6067",
        State.UNKNOWN: "#7d8794", State.ENDED: "#171b21",
    },
    (StatePalette.STANDARD, False): {
        State.RUNNING: "#3aa76d", State.LOCK_WAIT: "#d63c46", State.WAIT: "#e58ca8", State.GIL_WAIT: "#8258cf",
        State.CORE_WAIT: "#21a5b8", State.IO: "#3d7fdb", State.SLEEP: "#8298b8", State.IDLE: "#b9bec5",
        State.UNKNOWN: "#7a8088", State.ENDED: "#f6f7f9",
    },
    # After Okabe and Ito, "Color Universal Design", 2008: told apart under protanopia, deuteranopia and tritanopia.
    (StatePalette.COLOUR_BLIND, True): {
        State.RUNNING: "#009e73", State.LOCK_WAIT: "#d55e00", State.WAIT: "#e0b4cb", State.GIL_WAIT: "#a35c9c",
        State.CORE_WAIT: "#7fc8f0", State.IO: "#0374bf", State.SLEEP: "#47546d", State.IDLE: "#686163",
        State.UNKNOWN: "#8b919c", State.ENDED: "#171b21",
    },
    (StatePalette.COLOUR_BLIND, False): {
        State.RUNNING: "#009e73", State.LOCK_WAIT: "#d55e00", State.WAIT: "#d87dad", State.GIL_WAIT: "#93478c",
        State.CORE_WAIT: "#56b4e9", State.IO: "#0072b2", State.SLEEP: "#647387", State.IDLE: "#bdbdbd",
        State.UNKNOWN: "#706d6d", State.ENDED: "#f6f7f9",
    },
    (StatePalette.HIGH_CONTRAST, True): {
        State.RUNNING: "#00d96b", State.LOCK_WAIT: "#ff3d3d", State.WAIT: "#ff9ccb", State.GIL_WAIT: "#b98cff",
        State.CORE_WAIT: "#00e5ff", State.IO: "#4d9dff", State.SLEEP: "#7d8ea6", State.IDLE: "#8f8f8f",
        State.UNKNOWN: "#c4c4c4", State.ENDED: "#0a0a0a",
    },
    (StatePalette.HIGH_CONTRAST, False): {
        State.RUNNING: "#007a3c", State.LOCK_WAIT: "#c40012", State.WAIT: "#b8336f", State.GIL_WAIT: "#5a22b8",
        State.CORE_WAIT: "#006f80", State.IO: "#0047b3", State.SLEEP: "#6f86a6", State.IDLE: "#7a7a7a",
        State.UNKNOWN: "#4d4d4d", State.ENDED: "#f7f7f7",
    },
}  # fmt: skip
_HOLDS = {StatePalette.STANDARD: "#e6a328", StatePalette.COLOUR_BLIND: "#f0e442", StatePalette.HIGH_CONTRAST: "#ffc400"}
_HOLDS_LIGHT = {
    StatePalette.STANDARD: "#d98e04",
    StatePalette.COLOUR_BLIND: "#b59b00",
    StatePalette.HIGH_CONTRAST: "#a86b00",
}


def make_theme(dark: bool, palette: StatePalette = StatePalette.STANDARD) -> Theme:
    """The theme of this brightness and state palette."""
    high = palette is StatePalette.HIGH_CONTRAST
    surfaces = (_DARK_HIGH if high else _DARK) if dark else (_LIGHT_HIGH if high else _LIGHT)
    return Theme(
        dark=dark,
        state_palette=palette,
        surfaces=surfaces,
        states=_STATES[palette, dark],
        hold=(_HOLDS if dark else _HOLDS_LIGHT)[palette],
        deadlock="#ff2d3f" if dark else "#c80018",
        deadlock_stripe="#ffe04a" if dark else "#ffd400",
    )


class ActiveTheme(QObject):
    """The theme that is in use, and the news that it has changed. One per application, handed to whoever paints.

    Who has much to do then does it through `followers`.
    """

    changed = Signal()

    def __init__(
        self, dark: bool = True, palette: StatePalette = StatePalette.STANDARD, parent: QObject | None = None
    ) -> None:
        super().__init__(parent)
        self.followers = OneByOne(self)
        self._current = make_theme(dark, palette)

    @property
    def current(self) -> Theme:
        return self._current

    def choose(self, *, dark: bool | None = None, palette: StatePalette | None = None) -> None:
        """Changes brightness, state palette or both; None leaves it as it is."""
        now = self._current
        chosen = make_theme(now.dark if dark is None else dark, now.state_palette if palette is None else palette)
        if chosen != now:
            self._current = chosen
            self.changed.emit()


def ui_font(size_px: int = FONT_PX, *, bold: bool = False) -> QFont:
    """The system's own font in one of the sizes above."""
    font = QFont(_system_font(QFontDatabase.SystemFont.GeneralFont))
    font.setPixelSize(size_px)
    font.setBold(bold)
    return font


def code_font(size_px: int = FONT_PX - 1) -> QFont:
    """The system's own fixed-width font."""
    font = QFont(_system_font(QFontDatabase.SystemFont.FixedFont))
    font.setPixelSize(size_px)
    return font


@cache
def _system_font(which: QFontDatabase.SystemFont) -> QFont:
    """Painting asks for it many times a frame."""
    return QFontDatabase.systemFont(which)


def stylesheet() -> str:
    """The application's stylesheet, the same for every theme: instead of colours it names roles of `qt_palette`."""
    colours = {surface: f"palette({ROLES[surface][0]})" for surface in ROLES}
    sizes = {"font_small": f"{FONT_SMALL_PX}px", "font_title": f"{FONT_TITLE_PX}px", "font_large": f"{FONT_LARGE_PX}px"}
    text = Template(STYLESHEET.read_text(encoding="utf-8"))
    return text.substitute(colours, icons=ICONS.as_posix(), themed=THEMED_ICONS, **sizes)


def qt_palette(theme: Theme) -> QPalette:
    """The palette for the stylesheet, and for widgets and delegates that draw themselves."""
    palette = QPalette()
    for surface, (_, roles) in ROLES.items():
        for role in roles:
            palette.setColor(role, theme.color(surface))
    for role in (_Role.WindowText, _Role.Text, _Role.ButtonText):
        palette.setColor(QPalette.ColorGroup.Disabled, role, theme.color("text_off"))
    return palette


def luminance(colour: str) -> float:
    """Relative luminance of #rrggbb, 0 to 1 (WCAG 2.2)."""
    channels = (int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5))
    linear = [value / 12.92 if value <= 0.04045 else ((value + 0.055) / 1.055) ** 2.4 for value in channels]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: str, other: str) -> float:
    """Contrast ratio of two colours, 1 to 21 (WCAG 2.2)."""
    light, dark = sorted((luminance(one), luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def text_on(background: str) -> str:
    """Black or white, whichever reads better on this background; never below 4.5:1."""
    return max("#0b0e12", "#ffffff", key=lambda text: contrast(text, background))


def mix(one: str, other: str, share: float) -> str:
    """`one` with `share` (0 to 1) of `other` in it."""
    parts = (
        round(int(one[place : place + 2], 16) * (1 - share) + int(other[place : place + 2], 16) * share)
        for place in (1, 3, 5)
    )
    return "#" + "".join(f"{part:02x}" for part in parts)

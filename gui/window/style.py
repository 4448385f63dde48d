"""The stylesheet of the window's own pieces, in the colours of the theme."""

from dataclasses import asdict
from pathlib import Path
from string import Template

from gui.theme import FONT_LARGE_PX, FONT_SMALL_PX, FONT_TITLE_PX, Theme
from gui.widgets.icons import FOLDER

STYLESHEET = Path(__file__).parents[2] / "resources" / "themes" / "window.qss"


def window_stylesheet(theme: Theme) -> str:
    """`resources/themes/window.qss` with this theme's colours filled in."""
    sizes = {"font_small": FONT_SMALL_PX, "font_title": FONT_TITLE_PX, "font_large": FONT_LARGE_PX}
    values = {
        **asdict(theme.surfaces),
        **{name: f"{size}px" for name, size in sizes.items()},
        "icons": FOLDER.as_posix(),
    }
    return Template(STYLESHEET.read_text(encoding="utf-8")).substitute(values)

"""States can be told apart: by colour, in the palette for it also by colour-blind eyes, and never by hue alone."""

from itertools import combinations, product

import numpy as np
import pytest
from PySide6.QtGui import QImage
from pytestqt.qtbot import QtBot

from engine.recording.schema import State
from gui.panels.legend.entries import swatch
from gui.theme import StatePalette, Theme, contrast, make_theme
from gui.timeline.pixels.raster import Raster

# G. M. Machado, M. M. Oliveira, L. A. F. Fernandes, "A Physiologically-based Model for Simulation of Color Vision
# Deficiency", 2009, table for severity 1.0; on linear RGB.
EYES = {
    "ordinary": np.eye(3),
    "protanopia": np.array(
        [[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216], [-0.003882, -0.048116, 1.051998]]
    ),
    "deuteranopia": np.array(
        [[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413], [-0.011820, 0.042940, 0.968881]]
    ),
    "tritanopia": np.array(
        [[1.255528, -0.076749, -0.178779], [-0.078411, 0.930809, 0.147602], [0.004733, 0.691367, 0.303900]]
    ),
}
TO_XYZ = np.array(
    [[0.4124564, 0.3575761, 0.1804375], [0.2126729, 0.7151522, 0.0721750], [0.0193339, 0.1191920, 0.9503041]]
)
WHITE = np.array([0.95047, 1.0, 1.08883])
APART = 10.0  # CIE 1976 difference that nobody overlooks in areas of a few pixels; 2.3 can just be noticed
APART_FOR_ALL = 8.0
STATES = [state for state in State if state is not State.ENDED]
THEMES = [make_theme(dark, palette) for dark, palette in product((True, False), StatePalette)]


def seen(colour: str, eyes: str) -> np.ndarray:
    """CIE L*a*b* of #rrggbb as these eyes see it."""
    value = np.array([int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5)])
    linear = np.where(value <= 0.04045, value / 12.92, ((value + 0.055) / 1.055) ** 2.4)
    xyz = TO_XYZ @ np.clip(EYES[eyes] @ linear, 0, 1) / WHITE
    f = np.where(xyz > 216 / 24389, np.cbrt(xyz), (24389 / 27 * xyz + 16) / 116)
    return np.array([116 * f[1] - 16, 500 * (f[0] - f[1]), 200 * (f[1] - f[2])])


def too_close(theme: Theme, eyes: str, apart: float) -> list[tuple[str, str, float]]:
    looks = {state: seen(theme.states[state], eyes) for state in STATES}
    pairs = ((a, b, float(np.linalg.norm(looks[a] - looks[b]))) for a, b in combinations(STATES, 2))
    return [(a.name, b.name, round(away, 1)) for a, b, away in pairs if away < apart]


def shape(theme: Theme, state: State) -> np.ndarray:
    """A swatch without its hue: how far each pixel is from the empty lane, 0 to 1."""
    image = swatch(Raster(theme), int(state), 0, 0).convertToFormat(QImage.Format.Format_RGB32)
    pixels = np.array(
        [[image.pixelColor(x, y).getRgb()[:3] for x in range(image.width())] for y in range(image.height())], float
    )
    lane = np.array(theme.color("lane").getRgb()[:3], float)
    away = np.linalg.norm(pixels - lane, axis=2)
    return np.asarray(away / max(away.max(), 1.0))


@pytest.mark.parametrize("theme", THEMES, ids=lambda theme: theme.name)
def test_every_two_states_differ_in_colour(theme: Theme) -> None:
    assert too_close(theme, "ordinary", APART) == []


@pytest.mark.parametrize("eyes", EYES)
@pytest.mark.parametrize("dark", [True, False])
def test_the_palette_for_colour_blind_eyes_holds_what_it_says(dark: bool, eyes: str) -> None:
    assert too_close(make_theme(dark, StatePalette.COLOUR_BLIND), eyes, APART_FOR_ALL) == []


@pytest.mark.parametrize("theme", THEMES, ids=lambda theme: theme.name)
def test_states_that_some_eyes_confuse_differ_in_height_or_pattern(theme: Theme, qtbot: QtBot) -> None:
    confused = {pair[:2] for eyes in EYES for pair in too_close(theme, eyes, APART)}
    shapes = {state.name: shape(theme, state) for state in STATES}
    alike = [(a, b) for a, b in confused if (np.abs(shapes[a] - shapes[b]) > 0.25).mean() < 0.1]
    assert alike == []


@pytest.mark.parametrize("dark", [True, False])
def test_high_contrast_keeps_its_promise(dark: bool) -> None:
    """WCAG 2.2, 1.4.11: graphics that matter have 3:1 at least."""
    theme = make_theme(dark, StatePalette.HIGH_CONTRAST)
    faint = {state.name for state in STATES if contrast(theme.states[state], theme.surfaces.lane) < 3}
    assert faint == set()
    assert contrast(theme.hold, theme.surfaces.lane) >= 3

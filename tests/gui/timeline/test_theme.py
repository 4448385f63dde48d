"""Every text can be read in every theme, and all standard widgets get dressed."""

import re
from itertools import product

import pytest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from engine.recording.schema import State
from gui.theme import ROLES, ActiveTheme, StatePalette, Theme, contrast, make_theme, qt_palette, stylesheet, text_on

READABLE = 4.5  # WCAG 2.2, level AA
TEXTS = ("text", "text_dim", "accent", "good", "warning", "danger")
GROUNDS = ("window", "panel", "raised", "hovered", "canvas", "lane", "group", "accent_soft", "danger_soft")
THEMES = [make_theme(dark, palette) for dark, palette in product((True, False), StatePalette)]


@pytest.fixture(params=THEMES, ids=lambda theme: theme.name)
def theme(request: pytest.FixtureRequest) -> Theme:
    found = request.param
    assert isinstance(found, Theme)
    return found


def test_texts_can_be_read_on_every_surface(theme: Theme) -> None:
    surfaces = theme.surfaces
    poor = {
        (text, ground): round(ratio, 2)
        for text, ground in product(TEXTS, GROUNDS)
        if (ratio := contrast(getattr(surfaces, text), getattr(surfaces, ground))) < READABLE
    }
    assert poor == {}
    assert contrast(surfaces.accent_text, surfaces.accent) >= READABLE


def test_what_cannot_be_used_looks_so(theme: Theme) -> None:
    surfaces = theme.surfaces
    assert contrast(surfaces.text_off, surfaces.text) >= 3
    assert contrast(surfaces.text_off, surfaces.window) >= (
        READABLE if theme.state_palette is StatePalette.HIGH_CONTRAST else 2
    )


def test_labels_can_be_read_on_every_state(theme: Theme) -> None:
    assert {state for state, colour in theme.states.items() if contrast(text_on(colour), colour) < READABLE} == set()


def test_states_differ_from_one_another_and_from_an_empty_lane(theme: Theme) -> None:
    shown = [theme.states[state] for state in State if state is not State.ENDED]
    assert len(set(shown)) == len(shown)
    assert theme.surfaces.lane not in shown


def test_contrast_is_that_of_the_guidelines() -> None:
    assert contrast("#000000", "#ffffff") == pytest.approx(21)
    assert contrast("#777777", "#ffffff") == pytest.approx(4.48, abs=0.01)


def test_the_stylesheet_is_filled_in() -> None:
    text = stylesheet()
    assert "$" not in text
    assert {f"palette({role})" for role, _ in ROLES.values()} == set(re.findall(r"palette\([a-z-]+\)", text))


def test_every_surface_has_a_role_of_its_own(theme: Theme) -> None:
    roles = [role for _, several in ROLES.values() for role in several]
    assert len(set(roles)) == len(roles)
    palette = qt_palette(theme)
    for surface, (_, several) in ROLES.items():
        assert {palette.color(role).name() for role in several} == {getattr(theme.surfaces, surface)}


def test_a_change_of_theme_is_told_once(qtbot: QtBot, qapp: QApplication) -> None:
    themes = ActiveTheme(dark=True)
    told = []
    themes.changed.connect(lambda: told.append(themes.current.dark))
    themes.choose(dark=False)
    themes.choose(dark=False)
    assert told == [False]

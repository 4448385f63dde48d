"""The picture of a whole recording: stacked shares of states over time, counted a few lanes at a time."""

from typing import NamedTuple

import numpy as np
from PySide6.QtGui import QImage

from engine.model.model import Model
from engine.recording.schema import State
from gui.timeline.pixels.raster import Pixels, Raster, state_counts

CELLS_AT_ONCE = 25_000  # lanes times columns
LIGHT_CELLS = 6_000  # that many are counted in well under a millisecond


class Strip(NamedTuple):
    """What to draw: so many columns of a time each, so high (px of the image)."""

    start_ns: float
    ns_per_column: float
    columns: int
    height: int

    @property
    def end_ns(self) -> float:
        return self.start_ns + self.columns * self.ns_per_column


class StripPicture:
    """One picture; while the next one is being made, the last one stays."""

    def __init__(self) -> None:
        self.image = QImage()
        self.shown: Strip | None = None  # what the image shows
        self._pixels: Pixels = np.empty((0, 0), np.uint32)
        self._strip: Strip | None = None
        self._waiting = np.zeros(0, np.int64)  # lanes still to be counted
        self._counts = np.zeros((len(State), 0), np.int32)  # of the picture that is being made
        self._shown_counts = self._counts  # of the one that is shown

    @property
    def making(self) -> bool:
        return self._strip is not None

    @property
    def light(self) -> bool:
        """What is still to be counted is so little that hardly a frame lacks the time."""
        return self._strip is not None and len(self._waiting) * self._strip.columns <= LIGHT_CELLS

    def begin(self, model: Model, strip: Strip) -> None:
        """Starts a picture of all lanes but service lanes, of the recording as it is."""
        self._strip = strip
        self._waiting = np.array([lane.id for lane in model.lanes if not lane.internal], np.int64)
        self._counts = np.zeros((len(State), strip.columns), np.int32)

    def step(self, model: Model, raster: Raster) -> None:
        """Counts some more lanes; after the last ones it paints."""
        strip = self._strip
        if strip is None:
            return
        many = max(1, CELLS_AT_ONCE // strip.columns)
        some, self._waiting = self._waiting[:many], self._waiting[many:]
        if len(some):
            codes, _ = model.states.codes(some, *strip[:3])
            self._counts += state_counts(codes)
            return
        self.shown, self._strip, self._shown_counts = strip, None, self._counts
        shape = (strip.height, strip.columns)
        if self._pixels.shape != shape:
            self._pixels = np.empty(shape, np.uint32)
            self.image = QImage(self._pixels.data, shape[1], shape[0], shape[1] * 4, QImage.Format.Format_RGB32)
        self.colour(raster)

    def colour(self, raster: Raster) -> None:
        """Paints what is shown in other colours; one that is being made gets them in the end."""
        if not self.image.isNull():
            raster.fill_strip(self._pixels, self._shown_counts)

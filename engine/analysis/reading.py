"""Reads a whole recording into a model."""

from engine.model.model import Model
from engine.recording.reader import RecordingReader

STEP = 8 << 20  # bytes taken in at a time


def read_model(reader: RecordingReader) -> Model:
    """The model of everything the recording holds now."""
    model = Model(reader.header)
    while batch := reader.poll(STEP):
        model.take_in(batch)
    return model

"""Reads a whole recording: into a model, or just for what the recorder found."""

from typing import Any

from engine.model.model import Model
from engine.recording.reader import RecordingReader

STEP = 8 << 20  # bytes taken in at a time


def read_model(reader: RecordingReader) -> Model:
    """The model of everything the recording holds now."""
    model = Model(reader.header)
    while batch := reader.poll(STEP):
        model.take_in(batch)
    return model


def read_findings(reader: RecordingReader) -> list[dict[str, Any]]:
    """The findings that the recording itself holds, without the time and memory that a model takes."""
    found: dict[int, dict[str, Any]] = {}
    while batch := reader.poll(STEP):
        found.update((text["id"], text) for text in batch.texts if text.get("type") == "finding")
    return list(found.values())

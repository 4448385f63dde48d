"""The notes of a recording, both ways: bookmarks on their way into its file, warnings that stand in it."""

from typing import Any

from engine.model.model import Model
from engine.recording.append import CannotAppend, append_texts
from engine.recording.reader import RecordingReader


class UnwrittenNotes:
    """Bookmarks that the file does not hold, as far as is known. Of one id the last counts."""

    def __init__(self) -> None:
        self._texts: dict[int, dict[str, Any]] = {}

    def __bool__(self) -> bool:
        return bool(self._texts)

    def put(self, bookmark: dict[str, Any]) -> None:
        """A bookmark as in the schema, without its type."""
        self._texts[bookmark["id"]] = {**bookmark, "type": "bookmark"}

    def texts(self) -> list[dict[str, Any]]:
        """As they are to stand in a file."""
        return list(self._texts.values())

    def clear(self) -> None:
        self._texts.clear()

    def write(self, reader: RecordingReader, model: Model) -> str | None:
        """Appends them to a recording that nobody writes any more; one plain line when that can't be done.

        They stand in the model then, and stay here for copies.
        """
        try:
            append_texts(reader, self.texts())
        except CannotAppend as error:
            for text in self.texts():
                model.put_bookmark(text)
            return f"The note is kept in this window only: {error}. A copy that you save will hold it."
        self.clear()
        return None

    def forget_written(self, model: Model) -> None:
        """While a run goes on: lets go of those that have come back in its recording."""
        for number, text in list(self._texts.items()):
            known = model.bookmarks.get(number)
            if (known.text if known is not None else None) == text["text"]:
                del self._texts[number]


class Warnings:
    """The warnings in a recording's notes, each told once."""

    def __init__(self) -> None:
        self._known = 0

    def forget(self) -> None:
        self._known = 0

    def take_new(self, model: Model) -> list[str]:
        """What has come since the last time."""
        new = model.notes[self._known :]
        self._known = len(model.notes)
        return [str(note["text"]) for note in new if note.get("level") == "warning"]

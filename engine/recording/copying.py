"""Saves a recording under another name in a process of its own: `python -m engine.recording.copying SOURCE TARGET`.

Notes that the recording itself does not hold, a JSON list of texts, come by standard input. Prints one JSON object a
line: `{"done": 0…1}`, the share that has been copied, and at the end `{"saved": PATH, "without_notes": REASON | null}`.
Ended by SIGTERM it leaves nothing behind, and what stood under the other name stays.
"""

import json
import signal
import sys
from pathlib import Path
from typing import Any

from engine.recording.append import CannotAppend, append_texts
from engine.recording.library import save_as
from engine.recording.reader import NotARecording, RecordingReader

READ_BYTES = 1 << 22  # of the copy at once


def copy(source: Path, target: Path, notes: list[dict[str, Any]]) -> None:
    """Prints as said above. OSError when the copy cannot be written."""
    saved = save_as(source, target, replace=True, on_progress=lambda share: _say({"done": share}))
    _say({"saved": str(saved), "without_notes": _add_notes(saved, notes) if notes else None})


def _add_notes(saved: Path, notes: list[dict[str, Any]]) -> str | None:
    """Why the notes could not be put into the copy; None when they are in it."""
    try:
        with RecordingReader(saved) as reader:
            while reader.poll(READ_BYTES):
                pass
            append_texts(reader, notes)
    except (CannotAppend, NotARecording) as error:
        return str(error)
    return None


def _say(news: dict[str, Any]) -> None:
    print(json.dumps(news), flush=True)


def main(source: str, target: str) -> int:
    """Returns the exit status: 1, after one line on standard error, when the copy cannot be written."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))  # by way of what tidies up
    try:
        copy(Path(source), Path(target), json.loads(sys.stdin.read() or "[]"))
    except OSError as error:
        print(error.strerror or error, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))

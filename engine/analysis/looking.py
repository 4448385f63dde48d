"""Looks for findings in a process of its own: `python -m engine.analysis.looking FILE.lane`.

Prints one JSON object a line: `{"finding": …}` for each finding that follows from the recording, as soon as it is found
(those that the recording itself holds are left out), and `{"done": 0…1}`, the share of the work, in between.
"""

import json
import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from engine.analysis.findings import STEPS, search
from engine.analysis.reading import read_model
from engine.recording.reader import NotARecording, RecordingReader

READING = 0.5  # share of the work, roughly
NICENESS = 5  # what is being watched comes first


def look(path: Path) -> Iterator[dict[str, Any]]:
    """What is printed, in this order. NotARecording | OSError when there is nothing to read."""
    with RecordingReader(path) as reader:
        model = read_model(reader)
    yield {"done": READING}
    for number, found in enumerate(search(model), 1):
        for finding in found:
            yield {"finding": finding}
        yield {"done": READING + (1 - READING) * number / STEPS}


def main(path: str) -> int:
    """Returns the exit status: 1, after one line on standard error, when the file cannot be read."""
    if hasattr(os, "nice"):
        os.nice(NICENESS)
    try:
        for line in look(Path(path)):
            print(json.dumps(line), flush=True)
    except (NotARecording, OSError) as error:
        print(error, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))

"""What the program prints: shown once, whichever way it comes, and kept no longer than needed."""

import os
import tracemalloc
from typing import Any

from engine.recorder.output import Output


def shown(texts: list[dict[str, Any]]) -> str:
    return "".join(text["text"] for text in texts)


def test_a_line_that_comes_both_ways_is_shown_once() -> None:
    texts: list[dict[str, Any]] = []
    output = Output(texts.append)
    ours, theirs = os.pipe()
    output.add_pipe(ours, 1)
    os.write(theirs, b"announced\nraw\n")
    os.close(theirs)
    output.announce(0, 0, 1, "announced\n", 10)
    output.poll_pipes(0, 20)
    output.settle(0, 20, final=True)
    output.close()
    assert shown(texts) == "announced\nraw\n"


def test_nothing_is_kept_of_what_goes_to_the_terminal() -> None:
    output = Output(lambda _: None)
    tracemalloc.start()
    try:
        for number in range(20_000):
            output.announce(0, 0, 1, f"{number:1000}\n", number)
        size, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert size < 2 << 20

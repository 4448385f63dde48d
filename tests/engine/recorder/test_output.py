"""Output: what threads announce and what comes through the pipes, each line once."""

import os
import tracemalloc
from collections.abc import Iterator
from typing import Any

import pytest

from engine.recorder.output import Output

SECOND = 1_000_000_000


class Printed:
    """An output with one pipe for standard output."""

    def __init__(self) -> None:
        self.told: list[dict[str, Any]] = []
        self.output = Output(self.told.append)
        reader, self.writer = os.pipe()
        self.output.add_pipe(reader, 1)

    def pipe(self, text: str | bytes) -> None:
        os.write(self.writer, text.encode() if isinstance(text, str) else text)

    def poll(self, now_ns: int = 0, *, final: bool = False) -> list[tuple[int | None, str]]:
        self.told.clear()
        self.output.poll_pipes(0, now_ns)
        self.output.settle(0, now_ns, final=final)
        return [(text["lane"], text["text"]) for text in self.told]

    def announce(self, lane: int, text: str, time_ns: int = 0) -> list[tuple[int | None, str]]:
        self.told.clear()
        self.output.announce(0, lane, 1, text, time_ns)
        return [(each["lane"], each["text"]) for each in self.told]


@pytest.fixture
def printed() -> Iterator[Printed]:
    printed = Printed()
    yield printed
    printed.output.close()
    os.close(printed.writer)


def test_a_line_that_was_announced_is_not_told_again(printed: Printed) -> None:
    assert printed.announce(3, "hello\n") == [(3, "hello\n")]
    printed.pipe("hello\n")
    assert printed.poll() == []
    printed.pipe("hello\n")
    assert printed.poll() == [(None, "hello\n")]


def test_pieces_become_lines(printed: Printed) -> None:
    assert printed.announce(3, "hel") == []
    assert printed.announce(4, "other\n") == [(4, "other\n")]
    assert printed.announce(3, "lo\nand") == [(3, "hello\n")]
    printed.pipe("other\nhello\nand")
    assert printed.poll() == []


def test_an_unfinished_line_is_told_after_a_while(printed: Printed) -> None:
    printed.announce(3, "Name? ")
    assert printed.poll(0) == []
    assert printed.poll(SECOND) == [(3, "Name? ")]
    printed.announce(3, "Ada\n")
    printed.pipe("Name? Ada\n")
    assert printed.poll(2 * SECOND) == []


def test_lines_nobody_announced_have_a_process_only(printed: Printed) -> None:
    printed.pipe("Fatal Python error\nno end")
    assert printed.poll() == [(None, "Fatal Python error\n")]
    assert printed.poll(5 * SECOND) == [(None, "no end")]


def test_characters_cut_in_two_arrive_whole(printed: Printed) -> None:
    whole = "grün\n".encode()
    printed.pipe(whole[:3])
    assert printed.poll() == []
    printed.pipe(whole[3:])
    assert printed.poll() == [(None, "grün\n")]


def test_bytes_that_are_no_text_do_no_harm(printed: Printed) -> None:
    printed.pipe(b"\xff\xfe\n")
    assert printed.poll() == [(None, "��\n")]


def test_the_end_tells_what_is_left(printed: Printed) -> None:
    printed.announce(3, "half")
    printed.pipe("quarter")
    assert sorted(printed.poll(final=True), key=str) == [(3, "half"), (None, "quarter")]


def test_nothing_is_kept_of_what_goes_to_the_terminal() -> None:
    output = Output(lambda _: None)
    tracemalloc.start()
    try:
        for number in range(5_000):
            output.announce(0, 0, 1, f"{number:1000}\n", number)
        size, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert size < 1 << 20

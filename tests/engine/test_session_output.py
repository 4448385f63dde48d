"""What a program prints, told by its run's recording: each line once, with the thread that wrote it."""

from tests.engine.running import PATIENCE_S, Start, output, start, texts

__all__ = ["start"]  # a fixture


def test_output_knows_its_lane_and_is_told_once(start: Start) -> None:
    source = """
import os, sys, threading
thread = threading.Thread(target=print, args=("from a thread",), name="printer")
thread.start(); thread.join()
os.write(1, b"from below\\n")
print("no line end", end="")
"""
    session = start(source, until_ready=False)
    session.wait(PATIENCE_S)
    found = texts(session, "output")
    assert sorted(text["text"] for text in found) == ["from a thread\n", "from below\n", "no line end"]
    lanes = {lane["id"]: lane["name"] for lane in texts(session, "lane")}
    by_text = {text["text"]: lanes.get(text["lane"]) for text in found}
    assert by_text["from a thread\n"] == "printer"
    assert by_text["from below\n"] is None


def test_long_lines_and_those_of_both_streams_are_told_once(start: Start) -> None:
    source = """
import sys
print("x" * 9000)
print("\\n".join(f"line {number}" for number in range(1500)))
for number in range(100):
    print("error", number, file=sys.stderr)
"""
    session = start(source, until_ready=False)
    session.wait(PATIENCE_S)
    found = texts(session, "output")
    assert sorted("".join(text["text"] for text in found).splitlines()) == sorted(
        ["x" * 9000, *(f"line {number}" for number in range(1500)), *(f"error {number}" for number in range(100))]
    )
    assert None not in {text["lane"] for text in found}


def test_a_lot_of_output_does_not_stall_the_program(start: Start) -> None:
    session = start("import os\nfor _ in range(300):\n    os.write(1, b'x' * 9999 + b'\\n')", until_ready=False)
    assert session.wait(PATIENCE_S).phase == "finished"
    assert len(output(session)) == 300 * 10_000

"""When there is no room: what is dropped is counted, and the program goes on."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from engine.tracer import layout
from tests.engine.tracer.tracing import environment, read_run, trace, write_program

MANY = """
    import sys
    state = sys.modules["_lanescope.state"].current()
    for n in range(int(sys.argv[1])): state.record(6, 0, 0, n, 1, 1)
    state.count_dropped()
"""


def test_overflow_counts_what_it_drops(tmp_path: Path) -> None:
    """Nobody drains: the ring fills to the brim, and not one record more is missing than counted."""
    written = layout.RECORDS_PER_CHUNK * layout.MAX_CHUNKS + 5000
    (program,) = trace(tmp_path, MANY, str(written))
    dropped = program.cells()[1][layout.CELL_DROPPED]
    assert len(program.records) + dropped == written
    assert len(program.records) == layout.RECORDS_PER_CHUNK * (layout.MAX_CHUNKS - 1)


@pytest.mark.skipif(os.geteuid() != 0, reason="mounting a small file system needs root")
def test_a_full_run_folder_does_not_kill(tmp_path: Path) -> None:
    run = tmp_path / "run"
    run.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=1m", "none", str(run)], capture_output=True, check=False
    )
    if mounted.returncode:
        pytest.skip("mounting is not allowed here")
    try:
        program = write_program(tmp_path, MANY)
        done = subprocess.run(
            [sys.executable, str(program), "100000"], env=environment(run), capture_output=True, text=True, check=False
        )
        assert (done.returncode, done.stderr) == (0, "")
        (process,) = read_run(run)
        assert len(process.records) + process.cells()[1][layout.CELL_DROPPED] == 100_000
    finally:
        subprocess.run(["umount", str(run)], check=True)


def test_who_waits_in_a_crowd_hands_its_chunk_back(tmp_path: Path) -> None:
    (program,) = trace(
        tmp_path,
        """
        import sys, threading, time
        state = sys.modules["_lanescope.state"].current()
        state.ring.is_crowded = True
        with threading.Lock(): pass
        time.sleep(0)
        with threading.Lock(): pass
        assert state.chunks == 2
        """,
    )
    assert [record.kind for record in program.records] == [layout.HOLD, layout.WAIT, layout.HOLD]
    assert program.cells()[1][layout.CELL_DROPPED] == 0

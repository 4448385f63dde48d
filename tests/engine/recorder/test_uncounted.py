"""Depths of queues that nobody can look into are counted."""

from pathlib import Path

import numpy as np
import pytest

from engine.recorder.uncounted import Uncounted
from engine.recording.schema import DEPTH_ROW
from engine.tracer import layout
from tests.engine.tracer.tracing import trace

SOURCE = """
    import multiprocessing, sys
    def put(queue):
        for item in range(3): queue.put(item)
    def main():
        context = multiprocessing.get_context(sys.argv[1])
        queue = context.SimpleQueue()
        child = context.Process(target=put, args=(queue,))
        child.start()
        assert [queue.get() for _ in range(3)] == [0, 1, 2] and queue.empty()
        child.join()
    if __name__ == "__main__": main()
"""


def test_puts_and_gets_are_counted_others_left_as_they_are() -> None:
    unknown, put, get = layout.DEPTH_UNCOUNTED, layout.QUEUE_PUT, layout.QUEUE_GET
    counts = Uncounted()
    told = [(0, 1, 1, unknown, put), (0, 2, 2, 7, put), (0, 1, 3, unknown, put), (1, 1, 4, unknown, get)]
    assert counts.counted(np.array(told, DEPTH_ROW))["depth"].tolist() == [1, 7, 2, 1]
    early = [(1, 1, 5, unknown, get), (1, 1, 6, unknown, get), (0, 1, 5, unknown, put)]
    assert counts.counted(np.array(early, DEPTH_ROW))["depth"].tolist() == [0, 0, 0], "a put is told of later"


@pytest.mark.parametrize("method", ["fork", pytest.param("spawn", marks=pytest.mark.full)])
def test_a_simple_queue_of_processes_tells_puts_gets_and_waits(tmp_path: Path, method: str) -> None:
    processes = trace(tmp_path, SOURCE, method)
    queue = processes[0].primitive("process SimpleQueue")
    told = [
        (process is processes[0], record.detail)
        for process in processes
        for record in process.records
        if (record.kind, record.object) == (layout.DEPTH, queue)
    ]
    assert sorted(told) == [(False, layout.QUEUE_PUT)] * 3 + [(True, layout.QUEUE_GET)] * 3
    assert any((record.kind, record.object) == (layout.WAIT, queue) for record in processes[0].records)
    assert any(queue == number for _, _, number, _ in processes[0].texts("got"))

"""What recording costs the traced program, as estimated from its records."""

import numpy as np

from engine.recorder.costs import cost_ns
from engine.tracer import layout

PYTHON_3_11, PYTHON_3_14, PYTHON_3_99 = 0x030B07F0, 0x030E00F0, 0x036300F0


def kinds(*kinds: int) -> np.ndarray:
    return np.array(kinds, np.uint16)


def test_cost_follows_kind_and_interpreter() -> None:
    hold = cost_ns(kinds(layout.HOLD), PYTHON_3_11, free_threaded=False)
    assert cost_ns(kinds(), PYTHON_3_11, free_threaded=False) == 0
    assert cost_ns(kinds(*[layout.HOLD] * 1000), PYTHON_3_11, free_threaded=False) == 1000 * hold
    assert hold < cost_ns(kinds(layout.DEPTH), PYTHON_3_11, free_threaded=False)
    assert cost_ns(kinds(layout.DEPTH), PYTHON_3_11, free_threaded=False) < cost_ns(
        kinds(layout.WAIT), PYTHON_3_11, free_threaded=False
    )
    assert cost_ns(kinds(layout.HOLD), PYTHON_3_14, free_threaded=False) < hold
    assert cost_ns(kinds(layout.HOLD), PYTHON_3_14, free_threaded=True) > cost_ns(
        kinds(layout.HOLD), PYTHON_3_14, free_threaded=False
    )


def test_interpreters_and_kinds_of_the_future() -> None:
    assert cost_ns(kinds(layout.HOLD), PYTHON_3_99, free_threaded=False) == cost_ns(
        kinds(layout.HOLD), PYTHON_3_14, free_threaded=False
    )
    assert cost_ns(kinds(65535), PYTHON_3_11, free_threaded=False) > 0

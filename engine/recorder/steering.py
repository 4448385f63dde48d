"""How a program is told to steer its threads into a deadlock (see engine.tracer.steering)."""

from collections.abc import Sequence

from engine.tracer import layout

Place = tuple[str, int]  # file, line


def environment(pause_ms: int, steps: Sequence[Sequence[Place]]) -> dict[str, str]:
    """What the program's environment needs. A step: where the held lock was made and taken, the same of the wanted."""
    lines = ["\t".join(f"{file}\t{line}" for file, line in step) for step in steps]
    return {layout.STEERING_VARIABLE: "\n".join([str(pause_ms), *lines])}

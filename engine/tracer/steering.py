"""Makes a predicted deadlock happen, if it can: holds threads back where each has its first lock and wants its second.

Active testing after Joshi, Park, Sen, Naik: "A Randomized Dynamic Program Analysis Technique for Detecting Real
Deadlocks", PLDI 2009 (DeadlockFuzzer). A thread that is about to take a step of the plan pauses before it until the
others are at theirs, with the locks that close the circle; then all go on, into a real deadlock. A pause is bounded,
and so are all pauses at a step together, for what is held back may be just what the others wait for.

The plan comes in an environment variable that the program does not see; without one nothing is done. Where its steps
are taken by several processes, nobody sees all of them, and the length of the pauses alone has to make them meet.
"""

from __future__ import annotations

import os

from . import children, layout, primitives
from .locks import TracedLock
from .nesting import steer
from .originals import allocate_lock, clock, sleep
from .reporter import mark
from .rlocks import TracedRLock
from .semlocks import ProcessLock
from .sites import place_of, place_of_site, user_frame, user_site
from .waits import begin, finish

TYPE_CHECKING = False
if TYPE_CHECKING:
    from types import FrameType
    from typing import Any

    from .holds import TracedBase
    from .state import ThreadState

LOOK_S = 0.001
MARK = "held back to prove a deadlock"

Place = tuple[str, int]  # file, line
Step = tuple[Place, Place, Place, Place]  # where the held lock was made and taken, where the wanted one


def install() -> None:
    """To be called before the program runs."""
    data: dict[bytes, bytes] = os.environ._data  # type: ignore[attr-defined]
    plan = data.pop(os.fsencode(layout.STEERING_VARIABLE), None)
    if plan is None:
        return
    children.inherited[os.fsencode(layout.STEERING_VARIABLE)] = plan
    steering = Steering(os.fsdecode(plan))
    primitives.write_definition = steering.noting_origins(primitives.write_definition)
    steer((TracedLock, TracedRLock, ProcessLock), steering.before)


class Pause:
    """One thread that is held back."""

    __slots__ = ("is_over", "state", "step", "wanted")

    def __init__(self, step: int, state: ThreadState, wanted: TracedBase) -> None:
        self.step = step
        self.state = state
        self.wanted = wanted
        self.is_over = False


class Steering:
    """The plan, and who is held back at which of its steps."""

    def __init__(self, plan: str) -> None:
        """`plan`: as `layout.STEERING_VARIABLE` says. ValueError when it is something else."""
        pause_ms, *lines = plan.split("\n")
        self.steps = [parse_step(line) for line in lines]
        self.left = [int(pause_ms) * 2_000_000 for _ in self.steps]  # ns that may still be spent at each
        self.origins: dict[int, Place] = {}  # by number: where a primitive was made
        self.pauses: list[Pause] = []
        self.guard = allocate_lock()

    def noting_origins(self, original: Any) -> Any:
        """What stands for `primitives.write_definition`."""

        def write_definition(number: int, kind: str, frame: FrameType | None, **details: Any) -> None:
            maker = user_frame(frame)
            if maker is not None:
                self.origins[number] = place_of(maker)
            original(number, kind, frame, **details)

        return write_definition

    def made_at(self, lock: TracedBase, place: Place) -> bool:
        """Whether it was made there, as far as is known."""
        return (self.origins.get(lock.number) or primitives.origin(lock.number) or place) == place

    def before(self, lock: TracedBase, outer: list[TracedBase], state: ThreadState, frame: FrameType) -> None:
        """The thread holds `outer` and is about to take `lock` at `frame`."""
        here = user_frame(frame)
        if here is None:
            return
        for number, (held_made, held_taken, wanted_made, wanted_taken) in enumerate(self.steps):
            if (
                wanted_taken == place_of(here)
                and self.made_at(lock, wanted_made)
                and self.left[number] > 0
                and any(self.made_at(held, held_made) and place_of_site(held.site) == held_taken for held in outer)
                and all(pause.state is not state for pause in self.pauses)
            ):
                self.hold_back(Pause(number, state, lock), frame)

    def hold_back(self, pause: Pause, frame: FrameType) -> None:
        """Until the circle is closed, or for half of the time that is left for this step."""
        began = clock()
        deadline = began + self.left[pause.step] // 2
        with self.guard:
            self.pauses.append(pause)
        mark(MARK)
        outer = begin(pause.state, 0, layout.WAIT_SLEEP | layout.WAIT_TIMED, user_site(frame))
        try:
            while not pause.is_over and not self.close(pause) and clock() < deadline:
                sleep(LOOK_S)
        finally:
            finish(pause.state, outer)
            with self.guard:
                self.pauses.remove(pause)
                self.left[pause.step] -= max(clock() - began, 1_000_000)

    def close(self, first: Pause) -> bool:
        """Let all go on if each wants what the next one holds, and the last one what the first holds."""
        with self.guard:
            circle = [first]
            while len(circle) <= len(self.steps):
                holder = circle[-1].wanted.owner
                if holder is first.state:
                    break
                following = next((pause for pause in self.pauses if pause.state is holder), None)
                if following is None:
                    return False
                circle.append(following)
            if {pause.step for pause in circle} != set(range(len(self.steps))):
                return False
            for pause in circle:
                pause.is_over = True
            return True


def parse_step(line: str) -> Step:
    """One line of the plan."""
    files_and_lines = line.split("\t")
    made, taken, wanted_made, wanted_taken = (
        (file, int(number)) for file, number in zip(files_and_lines[::2], files_and_lines[1::2], strict=True)
    )
    return made, taken, wanted_made, wanted_taken

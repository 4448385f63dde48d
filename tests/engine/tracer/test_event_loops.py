"""What threads ask event loops to do."""

from pathlib import Path

from tests.engine.test_recorded_programs import record_source

PROGRAM = """
import asyncio, inspect, threading
loop = asyncio.new_event_loop()
thread = threading.Thread(target=loop.run_forever, name="loop")
thread.start()
async def double(number):
    await asyncio.sleep(0.01)
    return 2 * number
def ask(number):
    future = asyncio.run_coroutine_threadsafe(double(number), loop)  # line 10
    assert future.result() == 2 * number
    assert "_lanescope_loop" not in vars(future)
for number in range(3): ask(number)
try: asyncio.run_coroutine_threadsafe(1, loop)
except TypeError as error: assert "coroutine" in str(error)
assert list(inspect.signature(asyncio.run_coroutine_threadsafe).parameters) == ["coro", "loop"]
loop.call_soon_threadsafe(loop.stop)
thread.join()
loop.close()
"""


def test_what_one_place_asks_of_a_loop_again_and_again_is_one_primitive(tmp_path: Path) -> None:
    model = record_source(tmp_path, PROGRAM).model
    assert model.program_end is not None
    assert model.program_end["exit_status"] == 0, "".join(entry["text"] for entry in model.output)
    (future,) = (each for each in model.primitives.values() if each.kind == "Future")
    assert (future.line, future.internal) == (10, False)

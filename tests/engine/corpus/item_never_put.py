"""A task waits for an item that nobody puts, and a worker process, which has inherited what wakes the loop, for a word.

verdict: deadlock
cause: condition
participants: MainThread, worker
methods: fork
"""

import asyncio
import multiprocessing
import sys
from multiprocessing.synchronize import Event


async def main(context: multiprocessing.context.ForkContext, word: Event) -> None:
    worker = context.Process(target=word.wait, name="worker")
    worker.start()
    items: asyncio.Queue[int] = asyncio.Queue()
    await items.get()
    word.set()
    await asyncio.to_thread(worker.join)


if __name__ == "__main__":
    context = multiprocessing.get_context(sys.argv[1])
    asyncio.run(main(context, context.Event()))

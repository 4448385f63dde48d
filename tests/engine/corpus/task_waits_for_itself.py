"""A task takes an asyncio.Lock twice: nobody is left to wake the event loop.

verdict: deadlock
cause: condition
participants: MainThread
"""

import asyncio


async def main() -> None:
    turn = asyncio.Lock()
    async with turn, turn:
        pass


asyncio.run(main())

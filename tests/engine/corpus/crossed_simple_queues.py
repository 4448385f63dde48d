"""As crossed queues, with SimpleQueue, and the main thread is one of the two.

verdict: deadlock
cause: queue
participants: MainThread, answerer
"""

import queue
import threading

questions: queue.SimpleQueue[int] = queue.SimpleQueue()
answers: queue.SimpleQueue[int] = queue.SimpleQueue()


def answer() -> None:
    answers.put(questions.get() + 1)


threading.Thread(target=answer, name="answerer").start()
answers.get()

"""Every thread waits: one of them, a Timer, not for long.

verdict: clean
"""

import threading

opened = threading.Event()
threading.Timer(0.3, opened.set).start()
opened.wait()

"""Lanescope's window: it shows what recordings hold and drives one session; it starts no threads.

    app → main_window → window → panels → timeline → widgets, bridges → state, theme

`bridges` has work done by other processes; `bridges.session` is the only owner of a session and its reader. Panels
never import panels: they meet through the observable objects in `state`. `frame_clock` is the only timer that takes in
data and paints.
"""

import os
import sys

_HUGE_PAGES = "NUMPY_MADVISE_HUGEPAGE"

if "numpy" not in sys.modules:
    # The first touch of a huge page can take 7 ms of a frame (on a virtual machine, until its host has given the
    # memory), that of a small one 0.02 ms. numpy looks at this when it is imported; the programs that are run never do.
    _former = os.environ.get(_HUGE_PAGES)
    os.environ[_HUGE_PAGES] = _former or "0"
    import numpy  # noqa: F401

    if _former is None:
        del os.environ[_HUGE_PAGES]

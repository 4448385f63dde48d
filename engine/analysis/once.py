"""Locks that cost others something once: whoever came first made what all want, and who came later found it made.

That is how what is read through a cache is made (double-checked locking: Schmidt, Harrison, 1997); nobody would have
had it sooner without the lock. It is a matter of harm, not of order: one long hold among many that come to nothing.
Where somebody waited for LONG_NS or more it is told all the same: a person would notice that (Nielsen,
"Usability Engineering", 1993), and what was made could have been made before others came to need it.
"""

MAX_REST = 0.05  # of what the one hold cost, for all others
LONG_NS = 1_000_000_000


def is_harmless(most: int, whole: int, longest_wait_ns: int) -> bool:
    """Whether a lock's holds, of which one is as bad as `most` and all as `whole`, cost others something but once.
    `longest_wait_ns`: that for the lock.
    """
    return whole - most < MAX_REST * most and longest_wait_ns < LONG_NS

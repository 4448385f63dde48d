"""What is done elsewhere for the window: runs, comparisons, proofs, searches, copies, each by a process of its own.

A bridge starts such a process, looks at it without ever waiting, and tells in signals what has come of it.
"""

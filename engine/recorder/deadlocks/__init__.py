"""Deadlocks and long waits while the program runs: who could end which wait, and whether anybody will."""

"""Detectors: a file each, `find` gives what it found in a model."""

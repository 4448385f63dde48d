"""Runs and recordings in the window: what starts them, opens them, proves and compares, and what is told of them."""

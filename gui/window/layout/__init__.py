"""Where the window's parts stand: docks, the order in which Tab goes through them, when they have been moved."""

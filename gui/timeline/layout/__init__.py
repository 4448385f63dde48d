"""Where things are in the timeline: rows, times, areas; what one frame shows."""

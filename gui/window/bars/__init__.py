"""The strips round the timeline: tool bar, search, deadlock banner, status."""

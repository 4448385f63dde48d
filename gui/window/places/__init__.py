"""Places in a recording: going to them, marking them, keeping them as bookmarks."""

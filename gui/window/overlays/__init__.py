"""What lies over the window for a moment: lines that find something, texts, keys, preferences."""

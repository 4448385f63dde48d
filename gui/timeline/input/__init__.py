"""What pointer, wheel, keys and actions do in the timeline, and what it says of what they are on."""

"""What is on the timeline, taken elsewhere: `copying` says what, `table_text` and `pictures` make it without delay."""

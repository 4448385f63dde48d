"""What is drawn: lanes, labels, names, ruler, and what lies over them."""

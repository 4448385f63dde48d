"""The processes of a run: which there are, what they leave behind, and how they are killed."""

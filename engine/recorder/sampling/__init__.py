"""What the system and the interpreter's memory say of the traced program, look by look."""

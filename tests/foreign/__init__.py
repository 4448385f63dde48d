"""Programs of others, run for real: their outcome must not depend on being recorded."""

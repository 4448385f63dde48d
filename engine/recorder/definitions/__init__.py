"""What the numbers in the rings mean: processes, lanes, primitives and sites, as the tracer tells of them."""

"""What the benchmark makes of its numbers."""

"""Benchmarks: measurements side by side, on cases that anyone can run again."""

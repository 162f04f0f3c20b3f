"""Forecasters: what is expected, from what is known at a time and nothing else."""

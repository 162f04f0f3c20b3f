"""Whole studies: cut into windows, joined, with a proven bound; coarse steps."""

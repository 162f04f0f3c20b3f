"""Tariffs: the terms of each in a problem and its lines on a bill, from one description."""

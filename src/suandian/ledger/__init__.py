"""Append-only, chained, double-entry bookings of a run, in SQLite."""

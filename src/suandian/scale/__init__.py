"""Fan-out: where independent work runs."""

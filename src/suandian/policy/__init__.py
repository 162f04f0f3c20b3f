"""Policies: from what is known to a Plan."""

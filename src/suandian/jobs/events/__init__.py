"""The kernel of events: jobs from submission to end, one event after the other."""

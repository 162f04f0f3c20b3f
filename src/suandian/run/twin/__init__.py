"""The Twin: a World on actual values, for studies. One file a concern: services, jobs, dispatch."""

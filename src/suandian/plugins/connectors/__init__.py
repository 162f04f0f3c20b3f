"""Connectors: meters, devices and schedulers that a gateway reads and tells."""

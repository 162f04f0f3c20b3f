"""The words of the field as data: units, time, system, workloads, issues and ports. No I/O, no
solver, no clock.
"""

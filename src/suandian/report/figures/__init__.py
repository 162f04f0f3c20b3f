"""Figures of a report, one file per subject, each with `figure` (plotly) and `caption` (one
sentence with numbers).
"""

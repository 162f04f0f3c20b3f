"""The figures of merit of a run, one concept a file; `report.kpis` puts them together."""

"""`bench million` on a few jobs: the run it measures is whole."""

from suandian.bench import million


def test_a_run_from_parquet_to_parquet_is_measured() -> None:
    made = {r["figure"]: r["value"] for r in million.rows(2000, 1, 1)}
    assert made["jobs_completed of the run"] == made["rows of jobs.parquet"] == 2000
    assert made["jobs_late of the run"] == 0
    assert made["CPU"] > 0.5
    assert made["peak memory"] > 50
